"""What one generator process saw in one second, how several are merged, and how it all becomes records.

Pure: the recorder inside Locust fills these, workers send them, the master merges them. Histograms are merged exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from footfall.metrics import Source
from footfall.samples import HistogramWindow, Record, Sample
from footfall.stats import Histogram

LATE_S = 10
"""How long a second is kept open for a worker that has not told it yet."""


class Tally:
    """Requests of one name, counted.

    How many, how many of them failed or were turned away by the site's rate limiting (429), bytes received, the latencies in ms of
    those that were sent, and in an open profile their response times, from the intended start.
    """

    __slots__ = ("failed", "latency", "limited", "received", "response", "total")

    def __init__(self) -> None:
        self.total = 0
        self.failed = 0
        self.limited = 0
        self.received = 0
        self.latency = Histogram()
        self.response: Histogram | None = None

    def count(self, latency_ms: float | None, *, failed: bool, received: int = 0, late_ms: float | None = None) -> None:
        """Count a request; `latency_ms` is None for one that was never sent, `late_ms` is how late it began (open profiles)."""
        self.total += 1
        self.failed += failed
        self.received += received
        if latency_ms is None:
            return
        self.latency.record(latency_ms)
        if late_ms is not None:
            self.response = self.response or Histogram()
            self.response.record(latency_ms + late_ms)

    def add(self, other: Tally) -> None:
        """Add all that `other` counted."""
        self.total += other.total
        self.failed += other.failed
        self.limited += other.limited
        self.received += other.received
        self.latency.add(other.latency)
        if other.response is not None:
            self.response = self.response or Histogram()
            self.response.add(other.response)

    def to_wire(self) -> list[Any]:
        """Return plain values that `from_wire` reads."""
        response = self.response and self.response.encode()
        return [self.total, self.failed, self.limited, self.received, self.latency.encode(), response]

    @classmethod
    def from_wire(cls, plain: list[Any]) -> Self:
        """Read what `to_wire` wrote. Raises ValueError."""
        tally = cls()
        tally.total, tally.failed, tally.limited, tally.received = plain[:4]
        tally.latency = Histogram.decode(plain[4])
        tally.response = plain[5] and Histogram.decode(plain[5])
        return tally


@dataclass
class Health:
    """How the generator itself did in a second: share of a core, lateness of its event loop in ms, iterations that it could not start."""

    cpu: float = 0.0
    lag: Histogram = field(default_factory=Histogram)
    dropped: int = 0


@dataclass
class Slice:
    """One process's second: `at` in whole seconds since 1970, tallies by request name, users running at its end.

    `health` is None for a second that a stall ran together with the next one: its health is told there.
    """

    at: int
    tallies: dict[str, Tally]
    users: int
    health: Health | None

    def to_wire(self) -> dict[str, Any]:
        """Return plain values that `from_wire` reads."""
        health = self.health and [self.health.cpu, self.health.lag.encode(), self.health.dropped]
        return {"at": self.at, "tallies": {part: t.to_wire() for part, t in self.tallies.items()}, "users": self.users, "health": health}

    @classmethod
    def from_wire(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `to_wire` wrote. Raises ValueError."""
        tallies = {part: Tally.from_wire(tally) for part, tally in plain["tallies"].items()}
        health = plain["health"] and Health(plain["health"][0], Histogram.decode(plain["health"][1]), plain["health"][2])
        return cls(plain["at"], tallies, plain["users"], health)


@dataclass
class Second:
    """A second over all generator processes; `healths` by worker (`""` where there is only one process)."""

    at: int
    tallies: dict[str, Tally] = field(default_factory=dict)
    users: int = 0
    healths: dict[str, Health] = field(default_factory=dict)

    def add(self, worker: str, told: Slice) -> None:
        """Merge what one worker told."""
        self.users += told.users
        if told.health is not None:
            self.healths[worker] = told.health
        for part, tally in told.tallies.items():
            known = self.tallies.get(part)
            if known is None:
                self.tallies[part] = tally  # nobody else counts in it any more
            else:
                known.add(tally)

    def total(self) -> Tally:
        """Return all requests of the second together."""
        total = Tally()
        for tally in self.tallies.values():
            total.add(tally)
        return total


class Book:
    """Seconds that are still open, because a worker may yet tell its part of them."""

    def __init__(self) -> None:
        self._open: dict[int, Second] = {}
        self._told: dict[str, int] = {}
        self._closed = 0

    def add(self, worker: str, told: Slice) -> bool:
        """Take in a worker's slice; False when its second was closed already and it opens it a second time."""
        self._told[worker] = max(told.at, self._told.get(worker, 0))
        self._open.setdefault(told.at, Second(told.at)).add(worker, told)
        return told.at > self._closed

    def close(self, now: float, workers: Iterable[str]) -> list[Second]:
        """Return, in order, the seconds that all `workers` have told, and those too old to wait for."""
        told = min((self._told.get(worker, 0) for worker in workers), default=int(now) - 1)
        last = max(told, int(now) - LATE_S)
        ready = sorted(at for at in self._open if at <= last)
        self._closed = max([self._closed, *ready])
        return [self._open.pop(at) for at in ready]


@dataclass(frozen=True)
class Writing:
    """What all records of a profile share. `parts` are the names seen so far: their throughput is told when it is 0, too."""

    run: str
    profile: str
    parts: set[str] = field(default_factory=set)

    def records(self, second: Second, labels: Mapping[str, str], aim: int | None = None) -> Iterator[Record]:
        """Yield the records of a second: of all requests together (part ""), of each name, of each generator process.

        `aim` is how many users were asked for, where that is known.
        """
        self.parts.update(second.tallies)
        yield from self._of_tally(second.at, "", second.total(), labels)
        for part in sorted(self.parts):
            yield from self._of_tally(second.at, part, second.tallies.get(part) or Tally(), labels)
        yield self._sample(second.at, "", "users", second.users, labels)
        if aim is not None:
            yield self._sample(second.at, "", "users_aim", aim, labels)
        for worker, health in second.healths.items():
            yield from self._of_health(second.at, health, {**labels, "worker": worker} if worker else labels)

    def _of_tally(self, at: int, part: str, tally: Tally, labels: Mapping[str, str]) -> Iterator[Record]:
        yield self._sample(at, part, "throughput", tally.total, labels)
        if tally.total:
            yield self._sample(at, part, "errors", tally.failed, labels, {"of": tally.total})
        if tally.limited:
            yield self._sample(at, part, "limited", tally.limited, labels, {"of": tally.total})
        if tally.received:
            yield self._sample(at, part, "received_bytes", tally.received, labels)
        if tally.latency.count:
            yield self._histogram(at, part, "latency", tally.latency, labels)
        if tally.response is not None:
            yield self._histogram(at, part, "response", tally.response, labels)

    def _of_health(self, at: int, health: Health, labels: Mapping[str, str]) -> Iterator[Record]:
        yield self._sample(at, "", "generator_cpu", round(health.cpu, 4), labels)
        yield self._sample(at, "", "dropped", health.dropped, labels)
        if health.lag.count:
            yield self._histogram(at, "", "generator_lag", health.lag, labels)

    def _sample(
        self, at: int, part: str, metric: str, value: float, labels: Mapping[str, str], detail: Mapping[str, Any] | None = None
    ) -> Sample:
        moment = datetime.fromtimestamp(at, UTC)
        return Sample(self.run, moment, Source.LOAD, self.profile, part, metric, value, labels=labels, detail=detail or {})

    def _histogram(self, at: int, part: str, metric: str, histogram: Histogram, labels: Mapping[str, str]) -> HistogramWindow:
        moment = datetime.fromtimestamp(at, UTC)
        return HistogramWindow(self.run, moment, 1, Source.LOAD, self.profile, part, metric, histogram.encode(), labels)
