"""Write results to stdout, whose reader may leave before the end (`footfall history list | head`)."""

from __future__ import annotations

import os
import sys


def write_out(text: str) -> None:
    """Write text to stdout; once its reader has left, what is written goes nowhere, and the exit code stays the command's own."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def say(line: str) -> None:
    """Write a line to stdout; see `write_out`."""
    write_out(line + "\n")
