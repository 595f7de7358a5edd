"""What the dashboard shows, as plain values: how it stands now, read from the store."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection

from footfall.metrics import format_quantity
from footfall.monitor.bench import ALIVE_S
from footfall.monitor.dashboard.lately import Lately
from footfall.monitor.dashboard.pictures import Shot, shots
from footfall.monitor.dashboard.spark import spark
from footfall.monitor.dashboard.vitals import Vital, Vitals
from footfall.monitor.judge import MISSING_S
from footfall.monitor.plan import JOURNEY, Plan
from footfall.monitor.score import health_score, phases_of
from footfall.monitor.state import Phase
from footfall.store import incidents, outbox, watch
from footfall.store.incidents import Incident
from footfall.store.watch import Hour, Place, Seen
from footfall.store.writer import Store

UP, SUSPECT, SLOW, MAINTENANCE, DOWN, UNKNOWN = "up", "suspect", "slow", "maintenance", "down", "unknown"
WORST = (DOWN, SUSPECT, SLOW, MAINTENANCE, UP, UNKNOWN)
MOST_ROWS = 300
_DAY = timedelta(hours=24)
_PHASES = frozenset({"dns", "connect", "tls", "ttfb", "answer", "round_trip", "evidence", "idle", "ttl"})


@dataclass(frozen=True)
class Check:
    """What one location saw of a subject last; `uptime` is the share of good checks of the last 24 hours."""

    location: str
    at: datetime
    ok: bool
    latency: str
    problem: str
    uptime: str
    spark: Markup


@dataclass(frozen=True)
class Row:
    """A subject: where it stands, and what each location saw."""

    key: str
    name: str
    source: str
    severity: str
    state: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Component:
    """Subjects that belong together, the worst first."""

    name: str
    state: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Figure:
    """A figure that a probe measures, beside its limit (empty without one)."""

    subject: str
    name: str
    location: str
    value: str
    limit: str
    ok: bool
    at: datetime
    spark: Markup


@dataclass(frozen=True)
class Walk:
    """The newest walk of a journey from one location."""

    journey: str
    location: str
    run: str
    at: datetime
    ok: bool
    duration: str
    vitals: tuple[Vital, ...]
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class Now:
    """How it stands. `tone` is a verdict's word for colour and glyph; `unwatched` says that no location was heard of for a minute.

    `more_rows` were left out of the components, `places` say whether each is alive, `ended` are incidents of the last 24 hours.
    """

    tone: str
    headline: str
    score: int | None
    incidents: tuple[Incident, ...]
    components: tuple[Component, ...]
    more_rows: int
    figures: tuple[Figure, ...]
    walks: tuple[Walk, ...]
    places: tuple[tuple[Place, bool], ...]
    owed: int
    ended: tuple[Incident, ...] = ()
    unwatched: bool = False

    @property
    def locations(self) -> tuple[str, ...]:
        """The names of the locations that any figure is from."""
        return tuple(sorted({check.location for each in self.components for row in each.rows for check in row.checks if check.location}))


@dataclass
class Known:
    """What is read once and kept between looks; all of it can be had from the store again."""

    lately: Lately = field(default_factory=Lately)
    vitals: Vitals = field(default_factory=Vitals)
    hours: tuple[datetime, Mapping[tuple[str, str], str]] | None = None
    shots: dict[str, tuple[Shot, ...]] = field(default_factory=dict)


class Observer:
    """Reads how it stands. `limits` are what `expect.figures` says, by subject and figure; `root` is the suite's folder."""

    def __init__(self, store: Store, plan: Plan, root: Path, limits: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._store, self._plan, self._root, self._limits = store, plan, root, limits or {}
        self._known = Known()

    def look(self, now: datetime) -> Now:
        """Return how it stands now. Raises StoreError."""
        with self._store.reading() as connection:
            return self._look(connection, now)

    def _look(self, connection: Connection, now: datetime) -> Now:
        target = self._plan.target or None
        self._known.lately.read(connection, self._plan.subjects, target)
        plain = watch.load_states(connection, target=target)
        rows = self._rows(connection, plain, now)
        opened = incidents.listed(connection, only_open=True, last=None, target=target)
        ended = [each for each in incidents.listed(connection, since=now - _DAY, last=50, target=target) if each.resolved is not None]
        places = watch.places(connection, target=target)
        unwatched = not any((now - place.seen).total_seconds() <= MISSING_S for place in places)
        tone, headline = verdict_of(opened, rows, unwatched=unwatched)
        shown = sorted(rows, key=lambda row: WORST.index(row.state))[:MOST_ROWS]
        return Now(
            tone,
            headline,
            health_score(self._plan, phases_of(plain)),
            tuple(sorted(opened, key=lambda each: (each.severity, each.acknowledged is not None, each.number))),
            components_of(shown, self._plan),
            len(rows) - len(shown),
            tuple(self._figures()),
            tuple(self._walks(connection)),
            tuple((place, (now - place.seen).total_seconds() <= ALIVE_S) for place in places),
            outbox.owed(connection),
            tuple(ended),
            unwatched,
        )

    def _rows(self, connection: Connection, plain: Mapping[str, Mapping[str, Any]], now: datetime) -> list[Row]:
        phases, uptimes = phases_of(plain), self._uptimes(connection, now)
        beats = watch.beats(connection, target=self._plan.target or None)
        rows = []
        for key, subject in self._plan.subjects.items():
            checks = [_check(found, uptimes.get((key, place), "")) for place, found in self._known.lately.of(key).items()]
            beat = beats.get(subject.name) if key in self._plan.inbound else None
            if beat is not None and not beat.detail.get("expected"):
                checks.append(Check("", beat.seen, beat.ok, "", str(beat.detail.get("problem", "")), "", Markup("")))
            state = self._state(key, phases, now, seen=bool(checks))
            rows.append(Row(key, subject.name, subject.source, subject.severity, state, tuple(checks)))
        return rows

    def _uptimes(self, connection: Connection, now: datetime) -> Mapping[tuple[str, str], str]:
        """Shares of good checks by subject and location; they change slowly, so a look a minute will do."""
        known = self._known.hours
        if known is None or abs(now - known[0]) > timedelta(minutes=1):
            known = self._known.hours = (now, uptimes_of(watch.hours(connection, since=now - _DAY, target=self._plan.target or None)))
        return known[1]

    def _state(self, key: str, states: Mapping[str, Phase], now: datetime, *, seen: bool) -> str:
        if states.get(key) is Phase.DOWN:
            return DOWN
        if self._plan.maintenance(key, now):
            return MAINTENANCE
        if states.get(key) is Phase.SUSPECT:
            return SUSPECT
        if states.get(f"slow:{key}") is Phase.DOWN:
            return SLOW
        return UP if seen or key in states else UNKNOWN

    def _figures(self) -> list[Figure]:
        found = []
        for key, subject in self._plan.subjects.items():
            limits = self._limits.get(key, {})
            for place, results in self._known.lately.of(key).items():
                names = dict.fromkeys(name for seen in results for name, value in seen.figures.items() if _is_figure(name, value))
                found += [_figure(subject.name, name, place, results, limits.get(name, "")) for name in names]
        return found

    def _walks(self, connection: Connection) -> list[Walk]:
        walks = []
        for key, subject in self._plan.subjects.items():
            if subject.source == JOURNEY:
                for place, results in self._known.lately.of(key).items():
                    vitals = self._known.vitals.of(connection, [seen.run for seen in results])
                    last = results[-1]
                    took = format_quantity(last.latency_ms, "ms") if last.latency_ms is not None else ""
                    walks.append(Walk(subject.name, place, last.run, last.at, last.ok, took, vitals, self._shots(last.run)))
        return walks

    def _shots(self, run: str) -> tuple[Shot, ...]:
        """A run that is over gets no more pictures."""
        if run and run not in self._known.shots:
            if len(self._known.shots) > 500:
                self._known.shots.clear()
            self._known.shots[run] = shots(self._store, self._root, run)
        return self._known.shots.get(run, ())


def verdict_of(opened: Sequence[Incident], rows: Sequence[Row], *, unwatched: bool) -> tuple[str, str]:
    """Return a tone and a sentence: what matters most, first."""
    down = any(row.state == DOWN for row in rows)
    if opened or down:
        grave = down or any(each.severity in {"P0", "P1"} for each in opened)
        return ("fail" if grave else "warn"), _counted(opened, rows)
    if unwatched:
        return "learning", "Nobody is watching"
    if any(row.state in {SUSPECT, SLOW} for row in rows):
        return "warn", "Everything works, but something is being looked at again"
    return ("pass", "Everything is working") if any(row.checks for row in rows) else ("learning", "Nothing was measured yet")


def _counted(opened: Sequence[Incident], rows: Sequence[Row]) -> str:
    """How much is not well, and whether somebody looks after it."""
    count = len(opened) or sum(row.state == DOWN for row in rows)
    told = "1 thing is not well" if count == 1 else f"{count} things are not well"
    waiting = sum(each.acknowledged is None for each in opened)
    if waiting == len(opened):
        return told
    return f"{told}, {waiting} of them with nobody to look after it" if waiting else f"{told}, and somebody looks after it"


def components_of(rows: Sequence[Row], plan: Plan) -> tuple[Component, ...]:
    """Group rows by component, what has none by its source; in the order of the configuration."""
    by: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by[plan.subjects[row.key].watched.component or f"{row.source}s".replace("loads", "load tests")].append(row)
    order = {key: n for n, key in enumerate(plan.subjects)}
    groups = [Component(name, min((row.state for row in mine), key=WORST.index), tuple(mine)) for name, mine in by.items()]
    return tuple(sorted(groups, key=lambda group: min(order[row.key] for row in group.rows)))


def uptimes_of(hours: Sequence[Hour]) -> dict[tuple[str, str], str]:
    """Return the shares of good checks by subject and location, as they are shown."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for hour in hours:
        counts = sums[hour.subject, hour.location]
        counts[0] += hour.good
        counts[1] += hour.checks
    return {key: share(good, checks) for key, (good, checks) in sums.items()}


def share(good: int, checks: int) -> str:
    """Write a share of good checks; cut, not rounded, so that 100 % means all of them."""
    return f"{int(10_000 * good / checks) / 100:.2f} %" if checks else ""


def _check(results: Sequence[Seen], uptime: str) -> Check:
    last = results[-1]
    took = format_quantity(last.latency_ms, "ms") if last.latency_ms is not None else ""
    failed = [not seen.ok for seen in results]
    label = f"the last {len(results)} checks from {last.location}, {sum(failed)} of them failed"
    drawn = spark([seen.latency_ms if seen.ok else None for seen in results], failed, label)
    return Check(last.location, last.at, last.ok, took, last.problem, uptime, drawn)


def _is_figure(name: str, value: object) -> bool:
    return name not in _PHASES and isinstance(value, int | float) and math.isfinite(value)


def _figure(subject: str, name: str, place: str, results: Sequence[Seen], limit: str) -> Figure:
    having = [seen for seen in results if _is_figure(name, seen.figures.get(name))]
    values = [float(seen.figures[name]) for seen in having]
    last = having[-1]
    ok = last.ok or name not in last.problem
    shown = format_quantity(values[-1], "ratio") if "%" in limit else f"{values[-1]:,.4g}"
    drawn = spark(values, (), f"{name}, the last {len(values)} checks")
    return Figure(subject, name.replace("_", " "), place, shown, limit, ok, last.at, drawn)
