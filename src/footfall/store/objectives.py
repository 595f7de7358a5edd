"""The events that service-level objectives count: what runs sampled, and what the monitor saw; each of them once.

A walk that the watch made is a result of the monitor and a run of its own: the result counts, for as long as it is kept. The run is for
what results do not tell: the times of steps and pages, and all times before the first result. Rechecks and excused checks never count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from footfall.gate.slo import Slo
from footfall.metrics import Source
from footfall.store.database import Store
from footfall.store.schema import runs, samples, series
from footfall.store.summary import ASIDE_LABEL, WATCH_KIND, weight
from footfall.store.watch_schema import watch_hours, watch_results

Counted = tuple[datetime, float, float]
"""A moment, the events that fell on it, and how many of them were bad."""

_LATENCIES = frozenset({"latency", "duration"})
_HOUR = timedelta(hours=1)


def slo_events(store: Store, target: str, slo: Slo, now: datetime) -> list[Counted]:
    """Return the events of an objective in its window up to `now`; runs with a fault on, and parts of others, are left out."""
    since = now - slo.over
    with store.reading() as connection:
        checks = list(_checks(connection, target, slo, since, now))
        first = checks[0][0] if checks else now
        return [*_sampled(connection, target, slo, since, now, first), *_hours(connection, target, slo, since, first), *checks]


def _sampled(connection: Connection, target: str, slo: Slo, since: datetime, now: datetime, first: datetime) -> Iterator[Counted]:
    """Yield what runs saw; of the watch's own walks only what no result tells, which are counted from `first` on."""
    counts = _run_counts(target, slo, since, first) & (samples.c.at > since) & (samples.c.at <= now)
    if slo.at_most is None:
        for row in _rows(connection, target, slo, counts, "", slo.metric):
            if of := weight(row.value, row.detail):
                yield row.at, of, of - row.value
        return
    tries = _rows(connection, target, slo, counts, "", "success")
    # A check that was answered with a failure leaves a time, and a quick failure is none the less one; a failed walk leaves none.
    failed = {_which(row) for row in tries if row.value < 1 and slo.source is Source.PROBE}
    timed: Counter[tuple[object, ...]] = Counter()
    for row in _rows(connection, target, slo, counts, slo.part, slo.metric):
        timed[_which(row)] += 1
        yield row.at, 1.0, float(row.value > slo.at_most or _which(row) in failed)
    for row in sorted(tries, key=lambda row: -row.value):  # those that held had their times: what is left then is of those that failed
        timed[_which(row)] -= 1
        if row.value < 1 and timed[_which(row)] < 0:
            yield row.at, 1.0, 1.0


def _rows(connection: Connection, target: str, slo: Slo, counts: ColumnElement[bool], part: str, metric: str) -> list[Row[Any]]:
    query = (
        select(samples.c.at, samples.c.value, samples.c.detail, samples.c.run, samples.c.iteration, series.c.labels)
        .join_from(samples, runs)
        .join(series, samples.c.series == series.c.number)
        .where(series.c.target == target, series.c.source == slo.source.value, series.c.subject == slo.subject)
        .where(series.c.part == part, series.c.metric == metric, counts)
    )
    return list(connection.execute(query))


def _run_counts(target: str, slo: Slo, since: datetime, first: datetime) -> ColumnElement[bool]:
    usual = (runs.c.target == target) & (runs.c.started > since - timedelta(days=1)) & ~runs.c.faulted & (runs.c.part_of == "")
    if slo.at_most is None:  # the monitor's hours tell of success for longer than its runs are kept
        return usual & (runs.c.kind != WATCH_KIND)
    aside = select(watch_results.c.run).where(_of(watch_results, target, slo), ~_scheduled())
    untold: ColumnElement[bool] = (runs.c.started < first) & runs.c.labels[ASIDE_LABEL].as_string().is_(None) & runs.c.id.not_in(aside)
    return usual & ((runs.c.kind != WATCH_KIND) | untold)


def _which(row: Row[Any]) -> tuple[object, ...]:
    """Return what a walk's or a check's samples have in common."""
    labels: Mapping[str, str] = row.labels
    return row.run, row.iteration, *sorted(labels.items())


def _checks(connection: Connection, target: str, slo: Slo, since: datetime, now: datetime) -> Iterator[Counted]:
    """Yield the monitor's checks, oldest first, as far back as it keeps them; of a step, or of another time, they tell nothing."""
    if slo.part or (slo.at_most is not None and slo.metric not in _LATENCIES):
        return
    table = watch_results.c
    query = select(table.at, table.ok, table.latency_ms).where(_of(watch_results, target, slo), _scheduled())
    for at, ok, latency_ms in connection.execute(query.where(table.at > since, table.at <= now).order_by(table.at)):
        slow = slo.at_most is not None and (latency_ms is None or latency_ms > slo.at_most)
        yield at, 1.0, float(not ok or slow)


def _hours(connection: Connection, target: str, slo: Slo, since: datetime, first: datetime) -> Iterator[Counted]:
    """Yield the monitor's checks by the hour, before the `first` that it keeps by itself; hours know how many were good, not how quick."""
    if slo.part or slo.at_most is not None:
        return
    hour = watch_hours.c.hour
    for row in connection.execute(select(watch_hours).where(_of(watch_hours, target, slo), hour > since, hour <= first - _HOUR)):
        yield row.hour, float(row.checks), float(row.checks - row.good)


def _of(table: Any, target: str, slo: Slo) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (table.c.target == target) & (table.c.subject == f"{slo.source.value}:{slo.subject}")
    return found


def _scheduled() -> ColumnElement[bool]:
    """Neither a recheck, nor excused, nor made while the location's own network was down."""
    return (watch_results.c.attempt == 0) & ~watch_results.c.blind & ~watch_results.c.excused
