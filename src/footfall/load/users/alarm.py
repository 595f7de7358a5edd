"""Waiting until a moment, to a tenth of a millisecond: an event loop's own timers are up to a whole one late, which is 5 % of 20 ms."""

from __future__ import annotations

import ctypes
import os
import time
from typing import Any

import gevent

# linux/time.h, sys/timerfd.h; Python has them from 3.13 on.
_MONOTONIC, _ABSOLUTE = 1, 1
_READABLE = 1


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("first", _Timespec))


def _descriptor() -> tuple[int, Any]:
    """Return a timer of the kernel's, and the function that sets it; -1 where the kernel has none."""
    try:
        library = ctypes.CDLL(None)
        return int(library.timerfd_create(_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)), library.timerfd_settime
    except (AttributeError, OSError):
        return -1, None


class Alarm:
    """One greenlet's alarm clock. Where the kernel has no timers of its own (macOS), the event loop's must do."""

    def __init__(self) -> None:
        self._fd, self._set = _descriptor()
        self._watcher = gevent.get_hub().loop.io(self._fd, _READABLE) if self._fd >= 0 else None

    def wait_until(self, moment: float) -> None:
        """Return at `moment` of `time.perf_counter`, or after one turn of the event loop when that has passed."""
        early = moment - time.perf_counter()
        if early <= 0 or self._watcher is None:
            gevent.sleep(max(0.0, early))
            return
        seconds = int(moment)
        setting = _Setting(_Timespec(0, 0), _Timespec(seconds, int((moment - seconds) * 1e9)))
        self._set(self._fd, _ABSOLUTE, ctypes.byref(setting), None)
        gevent.get_hub().wait(self._watcher)
        os.read(self._fd, 8)

    def close(self) -> None:
        """Give the timer back."""
        if self._watcher is not None:
            self._watcher.close()
            os.close(self._fd)
            self._watcher, self._fd = None, -1
