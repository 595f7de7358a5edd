"""Ctrl-C and SIGTERM: the first one ends the command in order, keeping what was measured; later ones wait for that."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StoppedError(SystemExit):
    """The user or the system ended the command; `code` is 128 plus the signal's number.

    A SystemExit, which libraries on the way up let pass: Typer turns KeyboardInterrupt into a code of its own, and asyncio
    swallows any other BaseException that a signal's handler raises.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


_STOPPING = (signal.SIGINT, signal.SIGTERM)


def _stop(number: int, frame: FrameType | None) -> None:
    del frame
    for each in _STOPPING:
        signal.signal(each, signal.SIG_IGN)  # the clean-up is short and bounded; a second Ctrl-C must not cut it off
    raise StoppedError(number)


@contextmanager
def stopping_in_order() -> Iterator[None]:
    """While the block lasts, SIGINT and SIGTERM raise StoppedError in the main thread, once."""
    before = {number: signal.signal(number, _stop) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
