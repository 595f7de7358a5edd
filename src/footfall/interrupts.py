"""Where a signal's handler must not raise: what it breaks there stays broken for the rest of the process."""

from __future__ import annotations

from types import FrameType


def within_import(frame: FrameType | None) -> bool:
    """Whether the interpreter was loading a module when the signal came.

    A module written in C cannot be loaded a second time, and one that imports such a module stays half there: whoever needs it later,
    to keep what was measured, gets an error instead.
    """
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
