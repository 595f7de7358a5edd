"""Read what the monitor saw lately, for a page that is looked at: new results only, and the figures of a few walks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from footfall.store.schema import runs as run_table
from footfall.store.schema import series as series_table
from footfall.store.schema import summaries as summary_table
from footfall.store.watch import Seen, seen_of
from footfall.store.watch_schema import watch_results


@dataclass(frozen=True)
class WalkFigure:
    """One figure of one part of one walk: the 75th percentile of `metric`, in `unit`."""

    run: str
    part: str
    metric: str
    unit: str
    p75: float


def newest_number(connection: Connection) -> int:
    """Return the number of the newest result; 0 where there is none."""
    return int(connection.execute(select(func.max(watch_results.c.number))).scalar() or 0)


def results_after(connection: Connection, number: int, limit: int = 20_000, *, target: str | None = None) -> list[tuple[int, Seen]]:
    """Return results that were kept after one with this number, each with its own, in the order of keeping; of one target where named."""
    query = select(watch_results).where(watch_results.c.number > number).order_by(watch_results.c.number).limit(limit)
    if target is not None:
        query = query.where(watch_results.c.target == target)
    return [(row.number, seen_of(row)) for row in connection.execute(query)]


def judged_since(connection: Connection, subject: str, since: datetime, *, target: str | None = None) -> list[Seen]:
    """Return what has been seen and judged of a subject after a moment, oldest first; rechecks, blind and excused checks are left out."""
    table = watch_results.c
    counts = table.judged & (table.attempt == 0) & ~table.blind & ~table.excused
    query = select(watch_results).where(table.subject == subject, table.at > since, counts).order_by(table.at)
    if target is not None:
        query = query.where(table.target == target)
    return [seen_of(row) for row in connection.execute(query)]


def walk_figures(connection: Connection, runs: Collection[str], metrics: Collection[str]) -> list[WalkFigure]:
    """Return what some runs' journeys measured, in the order of time; a run that is not stored yet has nothing to say."""
    query = (
        select(run_table.c.id, series_table.c.part, series_table.c.metric, summary_table.c.unit, summary_table.c.p75)
        .join_from(summary_table, run_table)
        .join(series_table)
        .where(run_table.c.id.in_(list(runs)), series_table.c.source == "journey", series_table.c.metric.in_(list(metrics)))
        .order_by(run_table.c.started, series_table.c.number)
    )
    return [WalkFigure(*row) for row in connection.execute(query)]
