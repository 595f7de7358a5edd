"""What "as before" means for a target, where a person has said so: which branch's runs count, and from which run on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from footfall.store import schema
from footfall.store.database import Store


@dataclass(frozen=True)
class Baseline:
    """A target's baseline: runs of `branch` (None: the usual one), begun at `since` or later (None: any); `at` is when it was set."""

    target: str
    branch: str | None = None
    since: datetime | None = None
    since_run: str = ""
    note: str = ""
    at: datetime | None = None


def baseline(store: Store, target: str) -> Baseline | None:
    """Return what was set for a target, or None."""
    table = schema.baselines
    with store.reading() as connection:
        row = connection.execute(select(table).where(table.c.target == target)).first()
    return None if row is None else Baseline(row.target, row.branch, row.since, row.since_run, row.note, row.at)


def set_baseline(store: Store, wanted: Baseline) -> None:
    """Keep a target's baseline, in the place of an earlier one."""
    table = schema.baselines
    values = {**vars(wanted), "at": wanted.at or datetime.now(UTC)}
    with store.writing() as connection:
        connection.execute(delete(table).where(table.c.target == wanted.target))
        connection.execute(insert(table).values(values))


def clear_baseline(store: Store, target: str) -> bool:
    """Forget what was set for a target; say whether anything was."""
    table = schema.baselines
    with store.writing() as connection:
        return bool(connection.execute(delete(table).where(table.c.target == target)).rowcount)
