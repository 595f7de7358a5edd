"""Forget old runs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from footfall.store.database import Store, batches
from footfall.store.schema import runs


def prune(
    store: Store, *, before: datetime | None = None, keep: int | None = None, target: str | None = None, kind: str | None = None
) -> tuple[str, ...]:
    """Delete runs with all that belongs to them and return their ids, oldest first.

    Deleted are runs that began before `before`, except the newest `keep`; with only one of the two given, that one decides; with
    neither, nothing is deleted. Where `target` or `kind` is named, only such runs are counted and deleted. Raises ValueError for a
    negative `keep`.
    """
    if keep is not None and keep < 0:
        raise ValueError(f"cannot keep {keep} runs")
    if before is None and keep is None:
        return ()
    query = select(runs.c.number, runs.c.id).order_by(runs.c.started, runs.c.number)
    newest = select(runs.c.number).order_by(runs.c.started.desc(), runs.c.number.desc()).limit(keep or 0)
    if target is not None:
        query, newest = query.where(runs.c.target == target), newest.where(runs.c.target == target)
    if kind is not None:
        query, newest = query.where(runs.c.kind == kind), newest.where(runs.c.kind == kind)
    if before is not None:
        query = query.where(runs.c.started < before)
    query = query.where(runs.c.number.not_in(newest))
    with store.writing() as connection:
        doomed = connection.execute(query).all()
        for numbers in batches([row.number for row in doomed]):
            connection.execute(delete(runs).where(runs.c.number.in_(numbers)))
    if doomed:
        store.compact()
    return tuple(row.id for row in doomed)
