"""Read what the monitor's locations saw, each for itself: counts of checks, and the vitals of walks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from footfall.store import watch
from footfall.store.database import Store
from footfall.store.schema import runs as run_table
from footfall.store.schema import series as series_table
from footfall.store.schema import summaries as summary_table
from footfall.store.watch import Hour


@dataclass(frozen=True)
class WorstVital:
    """One vital of one walk from a location, at the step where it was worst (the 75th percentile of what it saw there)."""

    location: str
    journey: str
    metric: str
    unit: str
    value: float


def hours_of_places(store: Store, target: str, since: datetime, until: datetime) -> list[Hour]:
    """Return what each location counted in the hours of a span; nothing where the target was not watched."""
    with store.reading() as connection:
        return [hour for hour in watch.hours(connection, since=since, target=target) if hour.hour <= until]


def worst_vitals(store: Store, target: str, since: datetime, until: datetime, metrics: Collection[str]) -> list[WorstVital]:
    """Return the vitals of the watch's walks that began in a span, drills left out, in the order of time."""
    columns = run_table.c.location, series_table.c.subject, series_table.c.metric, summary_table.c.unit
    query = (
        select(*columns, func.max(summary_table.c.p75))
        .join_from(summary_table, run_table)
        .join(series_table)
        .where(run_table.c.target == target, run_table.c.kind == "watch", run_table.c.started.between(since, until))
        .where(run_table.c.location != "", ~run_table.c.faulted)
        .where(series_table.c.source == "journey", series_table.c.metric.in_(list(metrics)))
        .group_by(run_table.c.number, run_table.c.started, *columns)
        .order_by(run_table.c.started)
    )
    with store.reading() as connection:
        return [WorstVital(*row) for row in connection.execute(query)]
