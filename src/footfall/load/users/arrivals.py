"""The open model inside Locust: arrivals begin when they are meant to, and whoever of the users is free takes the next one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import gevent
from gevent.lock import Semaphore

from footfall.load.users.alarm import Alarm

Meant = tuple[float, Any]
"""When an arrival is meant to begin, in seconds from the start, and what is to be done then (None: a task of the user's)."""

_AT_A_TIME = 100


class Dispatcher:
    """Hands out arrivals in their order; one that nobody took within `patience_s` is dropped, and `drop` is told."""

    def __init__(self, meant: Iterator[Meant], patience_s: float, drop: Callable[[], None]) -> None:
        self._meant = meant
        self._patience_s = patience_s
        self._drop = drop
        self._due: deque[Meant] = deque()
        self._ready = Semaphore(0)
        self._greenlet: gevent.Greenlet | None = None

    def start(self) -> None:
        """Begin now."""
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """No more arrivals; those that wait and could still have been in time are forgotten."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
        self._expire()
        self._due.clear()

    def take(self) -> tuple[float, Any]:
        """Wait for the next arrival; returns how late it is in ms, and what is to be done."""
        while True:
            self._ready.acquire()
            self._expire()
            if self._due:
                due, what = self._due.popleft()
                return max(0.0, (time.perf_counter() - due) * 1000), what

    def _run(self) -> None:
        begun, alarm = time.perf_counter(), Alarm()
        try:
            for number, (moment, what) in enumerate(self._meant):
                if begun + moment > time.perf_counter():
                    alarm.wait_until(begun + moment)
                elif number % _AT_A_TIME == 0:
                    # More come than this process can count: its users, its recorder and Ctrl-C have their turn all the same.
                    gevent.sleep(0)
                self._expire()
                self._due.append((begun + moment, what))
                self._ready.release()
        finally:
            alarm.close()

    def _expire(self) -> None:
        oldest = time.perf_counter() - self._patience_s
        while self._due and self._due[0][0] < oldest:
            self._due.popleft()
            self._ready.acquire(blocking=False)  # or one user wakes up for nothing, and waits again
            self._drop()
