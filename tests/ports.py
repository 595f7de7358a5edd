"""Ports for what a test must be able to name before it listens."""

from __future__ import annotations

import random
import socket

_QUIET = range(12_000, 28_000)
"""Below what systems give to whoever does not ask for a port of its own, so that nobody gets one before it is taken."""


def quiet_port() -> int:
    """Return a port of 127.0.0.1 at which nobody listens, and which nobody is given by chance."""
    chance = random.SystemRandom()  # another process of tests draws its own
    while True:
        port = chance.choice(_QUIET)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
