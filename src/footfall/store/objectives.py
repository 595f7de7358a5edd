"""The events that service-level objectives count: what runs sampled, and what the monitor saw."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from footfall.gate.slo import Slo
from footfall.store.database import Store
from footfall.store.schema import runs, samples, series
from footfall.store.summary import weight
from footfall.store.watch_schema import watch_hours, watch_results

Counted = tuple[datetime, float, float]
"""A moment, the events that fell on it, and how many of them were bad."""

_LATENCIES = frozenset({"latency", "duration"})
_HOUR = timedelta(hours=1)


def slo_events(store: Store, target: str, slo: Slo, now: datetime) -> list[Counted]:
    """Return the events of an objective in its window up to `now`; runs with a fault on, and parts of others, are left out."""
    since = now - slo.over
    with store.reading() as connection:
        return [*_sampled(connection, target, slo, since, now), *_watched(connection, slo, since, now)]


def _sampled(connection: Connection, target: str, slo: Slo, since: datetime, now: datetime) -> Iterator[Counted]:
    query = (
        select(samples.c.at, samples.c.value, samples.c.detail)
        .join_from(samples, runs)
        .join(series, samples.c.series == series.c.number)
        .where(series.c.target == target, series.c.source == slo.source.value, series.c.subject == slo.subject)
        .where(series.c.part == slo.part, series.c.metric == slo.metric, samples.c.at > since, samples.c.at <= now)
        .where(runs.c.target == target, runs.c.started > since - timedelta(days=1), ~runs.c.faulted, runs.c.part_of == "")
    )
    for at, value, detail in connection.execute(query):
        if slo.at_most is not None:
            yield at, 1.0, float(value > slo.at_most)
        elif of := weight(value, detail):
            yield at, of, of - value


def _watched(connection: Connection, slo: Slo, since: datetime, now: datetime) -> Iterator[Counted]:
    """Yield the monitor's checks: one by one as far back as it keeps them, before that by the hour (which knows no latencies)."""
    if slo.part or (slo.at_most is not None and slo.metric not in _LATENCIES):
        return
    subject = f"{slo.source.value}:{slo.subject}"
    table = watch_results
    scheduled = (table.c.subject == subject) & (table.c.attempt == 0) & ~table.c.blind & ~table.c.excused
    query = select(table.c.at, table.c.ok, table.c.latency_ms).where(scheduled, table.c.at > since, table.c.at <= now)
    rows = connection.execute(query.order_by(table.c.at)).all()
    first = rows[0].at if rows else now
    for at, ok, latency_ms in rows:
        slow = slo.at_most is not None and (latency_ms is None or latency_ms > slo.at_most)
        yield at, 1.0, float(not ok or slow)
    if slo.at_most is None:
        hours = select(watch_hours).where(watch_hours.c.subject == subject, watch_hours.c.hour > since, watch_hours.c.hour <= first - _HOUR)
        for row in connection.execute(hours):
            yield row.hour, float(row.checks), float(row.checks - row.good)
