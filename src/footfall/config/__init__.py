"""What a team wrote: TOML files in, typed values out, every fault of a file at once with its line."""
