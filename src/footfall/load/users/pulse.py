"""How well this process keeps time: its share of a core, and how late its event loop runs."""

from __future__ import annotations

import time

import gevent

from footfall.load.tally import Health
from footfall.load.users.alarm import Alarm
from footfall.stats import Histogram

INTERVAL_S = 0.01


class Pulse:
    """Wakes a hundred times a second at fixed deadlines; a deadline that a stall swallowed counts as late too."""

    def __init__(self) -> None:
        self._lag = Histogram()
        self._dropped = 0
        self._cpu = time.process_time()
        self._wall = time.perf_counter()
        self._greenlet = gevent.spawn(self._run)

    def _run(self) -> None:
        deadline, alarm = time.perf_counter(), Alarm()
        try:
            while True:
                deadline += INTERVAL_S
                alarm.wait_until(deadline)
                late = max(0.0, time.perf_counter() - deadline)
                self._lag.record(late * 1000)
                while late > INTERVAL_S:
                    late -= INTERVAL_S
                    deadline += INTERVAL_S
                    self._lag.record(late * 1000)
        finally:
            alarm.close()

    def drop(self) -> None:
        """Count an iteration or request that this machine could not start."""
        self._dropped += 1

    def read(self) -> Health:
        """Return how it went since the last reading."""
        cpu, wall = time.process_time(), time.perf_counter()
        health = Health((cpu - self._cpu) / max(wall - self._wall, 1e-6), self._lag, self._dropped)
        self._cpu, self._wall, self._lag, self._dropped = cpu, wall, Histogram(), 0
        return health

    def stop(self) -> None:
        """Stop waking."""
        self._greenlet.kill(block=False)
