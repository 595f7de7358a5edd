"""End what takes too long, wherever Python is at the time: in the script or inside a call of Playwright."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import greenlet

from footfall.interrupts import within_import

_AGAIN_S = 0.003
_PATIENCE_S = 2.0
"""How long the alarm is put off where it would do harm: raised while Playwright is at work, it ends the connection, and every later
walk with it."""


class DeadlinePassedError(BaseException):
    """The time is over. Not an Exception, so that a script's `except Exception` does not go on regardless."""


@contextmanager
def deadline(seconds: float, text: str, raising: type[BaseException] = DeadlinePassedError) -> Iterator[None]:
    """Raise `raising(text)` in the block once `seconds` are over.

    Uses the alarm signal, which Playwright (1.65 or later) hands on from its event loop to the call that waits, while the loop is idle.
    Does nothing in threads, and where somebody else's alarm (pytest-timeout's) will ring earlier.
    """
    if threading.current_thread() is not threading.main_thread() or 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= seconds:
        yield
        return

    own, latest = greenlet.getcurrent(), time.monotonic() + seconds + _PATIENCE_S

    def ring(_number: int, frame: FrameType | None) -> None:
        idle = frame is not None and frame.f_globals.get("__name__") == "selectors"
        harmless = (greenlet.getcurrent() is own or idle) and not within_import(frame)
        if harmless or time.monotonic() > latest:
            raise raising(text)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)

    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)
        signal.signal(signal.SIGALRM, before)
