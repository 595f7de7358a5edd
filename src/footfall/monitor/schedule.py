"""When what is due: intervals by a clock that never jumps, cron by the wall clock. Pure but for the dice.

Whatever happens to the clock or to the process, a job runs at most once for all that it missed: nothing is made up for. Jobs
that all fell due while nobody looked (a suspended laptop) are spread over their interval again.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from footfall.config.watch import Watched
from footfall.monitor.plan import trigger

LATE_S = 300.0
"""How late a cron job may still start; one that was missed by more waits for its next time."""
_JUMP_S = 2.0
_REMEMBERED_S = 600.0
"""Intervals from here on resume where they were before a restart."""


@dataclass(frozen=True)
class Job:
    """Something to do again and again."""

    key: str
    watched: Watched


class Schedule:
    """The times of jobs. `monotonic` are seconds that never jump, `now` the wall clock's moment."""

    def __init__(self, jobs: Iterable[Job], monotonic: float, now: datetime, last: Mapping[str, datetime], *, seed: int = 0) -> None:
        self._jobs = {job.key: job for job in jobs}
        self._dice = random.Random(seed)  # noqa: S311  # jitter, not cryptography
        self._queue: list[tuple[float, int, str, float]] = []
        self._crons: dict[str, datetime | None] = {}
        self._order = count()
        self._offset = now.timestamp() - monotonic
        for job in self._jobs.values():
            if job.watched.cron:
                self._crons[job.key] = _next(job, now)
            else:
                self._push(job.key, monotonic + self._first_s(job, now, last.get(job.key)))

    def _push(self, key: str, planned: float, jitter_s: float = 0.0) -> None:
        moved = self._dice.uniform(-jitter_s, jitter_s) / 2 if jitter_s else 0.0
        heapq.heappush(self._queue, (planned + moved, next(self._order), key, planned))

    def _first_s(self, job: Job, now: datetime, last: datetime | None) -> float:
        """Seconds to a job's first start: anywhere in its interval (at most a minute), or where it was before a restart."""
        every = job.watched.every_s
        if last is not None and every >= _REMEMBERED_S:
            return max(self._dice.uniform(0, 5), min(every, (last - now).total_seconds() + every))
        return self._dice.uniform(0, min(every, 60.0))

    def due(self, monotonic: float, now: datetime) -> list[tuple[Job, float]]:
        """Return the jobs to start now, each with how many seconds late it is, and plan their next times."""
        found = []
        while self._queue and self._queue[0][0] <= monotonic:
            moment, _, key, planned = heapq.heappop(self._queue)
            job = self._jobs[key]
            found.append((job, monotonic - moment))
            self._push(key, self._after(job, planned, monotonic), job.watched.jitter_s)
        return found + self._crons_due(monotonic, now)

    def _after(self, job: Job, planned: float, monotonic: float) -> float:
        every = job.watched.every_s
        following = planned + every
        if following <= monotonic:  # it was missed more than once: begin afresh, anywhere in the interval
            following = monotonic + self._dice.uniform(min(1.0, every), every)
        return following

    def _crons_due(self, monotonic: float, now: datetime) -> list[tuple[Job, float]]:
        self._mind_jumps(monotonic, now)
        found = []
        for key, moment in self._crons.items():
            if moment is not None and moment <= now:
                late = (now - moment).total_seconds()
                if late <= LATE_S:
                    found.append((self._jobs[key], late))
                self._crons[key] = self._jittered(self._jobs[key], now)
        return found

    def _mind_jumps(self, monotonic: float, now: datetime) -> None:
        """After the wall clock was set back, times that lie too far ahead are planned anew; nothing runs twice for the same hour."""
        offset = now.timestamp() - monotonic
        if offset < self._offset - _JUMP_S:
            self._crons.update((key, self._jittered(self._jobs[key], now)) for key in self._crons)
        self._offset = offset

    def _jittered(self, job: Job, now: datetime) -> datetime | None:
        following = _next(job, now)
        return following and following + timedelta(seconds=self._dice.uniform(0, job.watched.jitter_s))

    def wait_s(self, monotonic: float, now: datetime) -> float:
        """Return the seconds until something may be due, at most one: the wall clock may jump."""
        waits = [1.0]
        if self._queue:
            waits.append(self._queue[0][0] - monotonic)
        waits += [(moment - now).total_seconds() for moment in self._crons.values() if moment is not None]
        return max(0.0, min(waits))


def _next(job: Job, now: datetime) -> datetime | None:
    """Return a cron job's next time. In the hour that comes twice APScheduler names the one that is over: then ask a little later."""
    for quarter in range(12):
        asked = now + timedelta(microseconds=1, minutes=15 * quarter)
        moment = trigger(job.watched.cron, job.watched.zone).get_next_fire_time(None, asked)
        if moment is None or moment.astimezone(UTC) > now:
            return None if moment is None else moment.astimezone(UTC)
    return now + timedelta(hours=1)
