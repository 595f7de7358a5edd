"""What the monitor saw and knows: results, states, hours, locations, jobs, heartbeats. Every function works in the caller's transaction.

All of it belongs to a target: two that are watched with one store have nothing to do with each other. Where a function may be given a
target, None means whatever target there is: right for a store with one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from footfall.samples import Json
from footfall.store.database import batches
from footfall.store.incidents import forget_incidents
from footfall.store.watch_schema import (
    heartbeats,
    incidents,
    outbox,
    watch_hours,
    watch_jobs,
    watch_locations,
    watch_results,
    watch_states,
)

Query = TypeVar("Query", bound=Select[Any])
_HourKey = tuple[str, str, str, datetime]  # target, subject, location, hour
_OF_A_TARGET = (watch_results, watch_states, watch_hours, watch_locations, watch_jobs, heartbeats, incidents)


@dataclass(frozen=True)
class Seen:
    """One check's result as the store keeps it; `id` is the location's own and makes a second delivery none."""

    id: str
    subject: str
    location: str
    at: datetime
    ok: bool
    blind: bool = False
    excused: bool = False
    attempt: int = 0
    round_at: datetime | None = None
    latency_ms: float | None = None
    problem: str = ""
    figures: Json = field(default_factory=dict)
    run: str = ""
    target: str = ""


@dataclass(frozen=True)
class Place:
    """A location: when it was last heard of, whether its own network is down, and whether it judges."""

    name: str
    seen: datetime
    blind: bool
    judge: bool
    machine: str = ""
    detail: Json = field(default_factory=dict)
    target: str = ""


@dataclass(frozen=True)
class Hour:
    """What one location saw of one subject in one hour; excused and blind checks are left out."""

    subject: str
    location: str
    hour: datetime
    checks: int
    good: int
    latency_sum_ms: float
    latency_max_ms: float
    target: str = ""


@dataclass(frozen=True)
class Beat:
    """The last call of a heartbeat, or the last delivery of an inbound webhook."""

    name: str
    seen: datetime
    ok: bool
    detail: Json
    target: str = ""


def _of(query: Query, table: Table, target: str | None) -> Query:
    """The query for one target, or for whatever there is."""
    return query if target is None else query.where(table.c.target == target)


def seen_of(row: Row[Any]) -> Seen:
    """Return the result that stands in a row of `watch_results`."""
    return Seen(*(getattr(row, name) for name in Seen.__dataclass_fields__))


def adopt(connection: Connection, target: str) -> None:
    """Take over what an older footfall kept without a target: the first watch that starts does."""
    for table in _OF_A_TARGET:
        if target and connection.execute(select(func.count()).select_from(table).where(table.c.target == "")).scalar_one():
            connection.execute(update(table).where(table.c.target == "").values(target=target))


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str], *, replace: bool) -> None:
    """Insert rows; where one with its key stands already, replace its other columns, or leave it as it is."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for some in batches(rows):
        batch = [dict(row) for row in some]
        statement = dialect.insert(table)
        if replace:
            others = {name: statement.excluded[name] for name in batch[0] if name not in key}
            connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=others), batch)
        else:
            connection.execute(statement.on_conflict_do_nothing(index_elements=list(key)), batch)


def add_results(connection: Connection, results: Iterable[Seen]) -> None:
    """Take results in; one that is here already stays as it is."""
    rows = [{**{name: getattr(result, name) for name in Seen.__dataclass_fields__}, "judged": False} for result in results]
    upsert(connection, watch_results, rows, ["id"], replace=False)


def waiting(connection: Connection, limit: int = 5_000, *, target: str | None = None) -> list[tuple[int, Seen]]:
    """Return results that nobody has judged yet, oldest first, with the store's number of each."""
    query = select(watch_results).where(watch_results.c.judged.is_(False)).order_by(watch_results.c.number).limit(limit)
    rows = connection.execute(_of(query, watch_results, target))
    return [(row.number, seen_of(row)) for row in rows]


def first_waiting(connection: Connection, target: str | None = None) -> int | None:
    """Return the number of the oldest result that nobody has judged yet: where it stays the same, nobody judges."""
    query = select(func.min(watch_results.c.number)).where(watch_results.c.judged.is_(False))
    found = connection.execute(_of(query, watch_results, target)).scalar()
    return None if found is None else int(found)


def mark_judged(connection: Connection, numbers: Sequence[int]) -> None:
    """Remember that results were judged."""
    for batch in batches(numbers):
        connection.execute(update(watch_results).where(watch_results.c.number.in_(batch)).values(judged=True))


def last_results(connection: Connection, subject: str, last: int = 60, *, target: str | None = None) -> list[Seen]:
    """Return a subject's newest results, oldest first."""
    query = select(watch_results).where(watch_results.c.subject == subject).order_by(watch_results.c.at.desc()).limit(last)
    rows = connection.execute(_of(query, watch_results, target)).all()
    return [seen_of(row) for row in reversed(rows)]


def load_states(connection: Connection, subjects: Collection[str] | None = None, *, target: str | None = None) -> dict[str, dict[str, Any]]:
    """Return the states of some subjects, or of all, as JSON."""
    query = _of(select(watch_states), watch_states, target)
    if subjects is None:
        return {row.subject: row.state for row in connection.execute(query)}
    found: dict[str, dict[str, Any]] = {}
    for names in batches(sorted(subjects)):
        rows = connection.execute(query.where(watch_states.c.subject.in_(names)))
        found.update((row.subject, row.state) for row in rows)
    return found


def states_in(connection: Connection, *phases: str, target: str | None = None) -> dict[str, dict[str, Any]]:
    """Return the states of the subjects in some phases, as JSON."""
    query = _of(select(watch_states).where(watch_states.c.phase.in_(phases)), watch_states, target)
    return {row.subject: row.state for row in connection.execute(query)}


def save_states(connection: Connection, states: Mapping[str, Mapping[str, Any]], at: datetime, *, target: str = "") -> None:
    """Keep subjects' states; each has a `phase`, by which `states_in` finds it."""
    rows = [
        {"target": target, "subject": subject, "phase": state["phase"], "state": dict(state), "updated": at}
        for subject, state in states.items()
    ]
    upsert(connection, watch_states, rows, ["target", "subject"], replace=True)


def add_to_hours(connection: Connection, results: Iterable[Seen]) -> None:
    """Count scheduled results into their hours."""
    sums: dict[_HourKey, list[Seen]] = defaultdict(list)
    for result in results:
        if not (result.attempt or result.blind or result.excused):
            hour = result.at.replace(minute=0, second=0, microsecond=0)
            sums[result.target, result.subject, result.location, hour].append(result)
    known = _known_hours(connection, list(sums))
    rows = [_hour_row(key, seen, known.get(key)) for key, seen in sums.items()]
    upsert(connection, watch_hours, rows, ["target", "subject", "location", "hour"], replace=True)


def _known_hours(connection: Connection, keys: Sequence[_HourKey]) -> dict[_HourKey, Hour]:
    """Return those hours that there are already, with few others: a list for each column is what SQLite finds by its key."""
    found: dict[_HourKey, Hour] = {}
    for some in map(set, batches(keys)):
        lists = [column.in_(sorted(set(values))) for column, values in zip(watch_hours.primary_key, zip(*some, strict=True), strict=True)]
        rows = connection.execute(select(watch_hours).where(*lists))
        found.update((key, _hour(row)) for row in rows if (key := (row.target, row.subject, row.location, row.hour)) in some)
    return found


def _hour_row(key: _HourKey, seen: Sequence[Seen], known: Hour | None) -> dict[str, Any]:
    target, subject, location, hour = key
    times = [result.latency_ms for result in seen if result.latency_ms is not None]
    before = known or Hour(subject, location, hour, 0, 0, 0.0, 0.0, target)
    return {
        "target": target,
        "subject": subject,
        "location": location,
        "hour": hour,
        "checks": before.checks + len(seen),
        "good": before.good + sum(result.ok for result in seen),
        "latency_sum_ms": before.latency_sum_ms + sum(times),
        "latency_max_ms": max([before.latency_max_ms, *times]),
    }


def hours(connection: Connection, *, since: datetime | None, subject: str | None = None, target: str | None = None) -> list[Hour]:
    """Return hours from `since` on (None: none at all), of one subject where named, oldest first."""
    if since is None:
        return []
    query = _of(select(watch_hours).where(watch_hours.c.hour >= since).order_by(watch_hours.c.hour), watch_hours, target)
    if subject is not None:
        query = query.where(watch_hours.c.subject == subject)
    return [_hour(row) for row in connection.execute(query)]


def _hour(row: Row[Any]) -> Hour:
    return Hour(*(getattr(row, name) for name in Hour.__dataclass_fields__))


def counted(connection: Connection, subject: str, since: datetime, until: datetime, *, target: str | None = None) -> tuple[int, int]:
    """Return how many scheduled, unexcused checks of a subject there were in a span, and how many of them were good."""
    table = watch_results.c
    counts: list[Any] = [func.count(), func.count().filter(table.ok)]
    query = select(*counts).where(
        table.subject == subject, table.at > since, table.at <= until, table.attempt == 0, table.blind.is_(False), table.excused.is_(False)
    )
    total, good = connection.execute(_of(query, watch_results, target)).one()
    return int(total), int(good)


def see_location(connection: Connection, place: Place) -> None:
    """Remember that a location is alive."""
    row = {"target": place.target, "location": place.name, "seen": place.seen, "blind": place.blind, "judge": place.judge}
    row.update(machine=place.machine, detail=dict(place.detail))
    upsert(connection, watch_locations, [row], ["target", "location"], replace=True)


def places(connection: Connection, *, target: str | None = None) -> list[Place]:
    """Return every location ever heard of."""
    rows = connection.execute(_of(select(watch_locations).order_by(watch_locations.c.location), watch_locations, target))
    return [Place(row.location, row.seen, row.blind, row.judge, row.machine, row.detail, row.target) for row in rows]


def leave(connection: Connection, location: str, *, target: str = "") -> None:
    """Forget a location that ended in order: it is not missing."""
    table = watch_locations.c
    connection.execute(delete(watch_locations).where(table.location == location, table.target == target))


def jobs_started(connection: Connection, location: str, started: Mapping[str, tuple[datetime, str]], *, target: str = "") -> None:
    """Remember when jobs of a location last began, and what there was to say of it (a skipped run)."""
    rows = [{"target": target, "location": location, "job": job, "started": at, "note": note} for job, (at, note) in started.items()]
    upsert(connection, watch_jobs, rows, ["target", "location", "job"], replace=True)


def last_started(connection: Connection, location: str | None, *, target: str | None = None) -> dict[str, datetime]:
    """Return when each job of a location (None: of any) last began."""
    query = _of(select(watch_jobs.c.job, watch_jobs.c.started).order_by(watch_jobs.c.started), watch_jobs, target)
    if location is not None:
        query = query.where(watch_jobs.c.location == location)
    return {row.job: row.started for row in connection.execute(query)}


def beat(connection: Connection, call: Beat) -> None:
    """Remember a heartbeat's call."""
    row = {"target": call.target, "name": call.name, "seen": call.seen, "ok": call.ok, "detail": dict(call.detail)}
    upsert(connection, heartbeats, [row], ["target", "name"], replace=True)


def beats(connection: Connection, *, target: str | None = None) -> dict[str, Beat]:
    """Return the last call of every heartbeat."""
    rows = connection.execute(_of(select(heartbeats), heartbeats, target))
    return {row.name: Beat(row.name, row.seen, row.ok, row.detail, row.target) for row in rows}


def forget(connection: Connection, now: datetime, *, results_d: float, hours_d: float, incidents_d: float) -> None:
    """Delete what is older than so many days: results, hours, and resolved incidents with the messages that were sent."""
    ages = {name: now - timedelta(days=days) for name, days in (("results", results_d), ("hours", hours_d), ("incidents", incidents_d))}
    connection.execute(delete(watch_results).where(watch_results.c.at < ages["results"], watch_results.c.judged))
    connection.execute(delete(watch_hours).where(watch_hours.c.hour < ages["hours"]))
    connection.execute(
        delete(outbox).where(outbox.c.created < ages["incidents"], (outbox.c.sent.is_not(None)) | outbox.c.given_up.is_not(None))
    )
    forget_incidents(connection, ages["incidents"])
