"""The front door, and the only composer of rooms: one module a command, heavy imports inside it."""
