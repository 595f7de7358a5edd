"""The watch: when to measure, what is broken now, and who is told."""
