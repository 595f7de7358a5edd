"""End what takes too long, wherever Python is at the time: in the script or inside a call of Playwright."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class DeadlinePassedError(BaseException):
    """The time is over. Not an Exception, so that a script's `except Exception` does not go on regardless."""


@contextmanager
def deadline(seconds: float, text: str, raising: type[BaseException] = DeadlinePassedError) -> Iterator[None]:
    """Raise `raising(text)` in the block once `seconds` are over.

    Uses the alarm signal, which Playwright (1.65 or later) hands on from its event loop to the call that waits. Does nothing in
    threads, and where somebody else's alarm (pytest-timeout's) will ring earlier.
    """
    if threading.current_thread() is not threading.main_thread() or 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= seconds:
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise raising(text)

    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)
        signal.signal(signal.SIGALRM, before)
