"""Write results to stdout, whose reader may leave before the end (`footfall history list | head`)."""

from __future__ import annotations

import os
import re
import sys

_DRIVING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)", re.MULTILINE)
"""What GitHub's runner takes for a command: `::` at the beginning of a line, and the older `##[` anywhere."""


def visible(text: str) -> str:
    """Return text without what could drive a terminal or reorder a line: what a site or a script named is only ever shown.

    In a GitHub workflow nothing in it is a command either: an error of the site's that begins with `::stop-commands::` is a text.
    """
    shown = _DRIVING.sub("", text)
    return _COMMAND.sub(lambda found: found[0] + " ", shown) if os.environ.get("GITHUB_ACTIONS") == "true" else shown


def write_out(text: str) -> None:
    """Write text to stdout; once its reader has left, what is written goes nowhere, and the exit code stays the command's own."""
    try:
        sys.stdout.write(visible(text))
        sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def say(line: str) -> None:
    """Write a line to stdout; see `write_out`."""
    write_out(line + "\n")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 step`, `2 steps`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
