"""Ways to tell somebody: each takes a letter and returns once the receiver has it."""
