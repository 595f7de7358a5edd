"""Read how series went over many runs: one figure per run and series, ten thousand runs at a time.

A trend page asks for millions of cells, so rows come as plain tuples, as the database's own driver hands them out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, func, select

from footfall.metrics import Kind
from footfall.samples import Series
from footfall.stats import Figures
from footfall.store.database import Store
from footfall.store.schema import runs as run_table
from footfall.store.schema import series as series_table
from footfall.store.schema import summaries as summary_table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FIGURES = frozenset(field.name for field in fields(Figures))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class PastRun:
    """A run as a trend tells it: `verdict` is empty where it was not judged."""

    number: int
    id: str
    started: datetime
    kind: str
    commit: str
    branch: str
    outcome: str
    verdict: str


@dataclass(frozen=True)
class Known:
    """A series that has a history: `number` is the store's own."""

    number: int
    series: Series
    kind: Kind
    unit: str


def past_runs(store: Store, target: str, *, since: datetime | None = None, last: int | None = None) -> list[PastRun]:
    """Return a target's finished and failed runs, oldest first.

    Runs with a fault switched on are drills, and those that are part of another run helped to judge it: both are left out.

    `since` and `last` (the newest so many) narrow the range; the later beginning of the two counts.
    """
    columns = [run_table.c[name] for name in ("number", "id", "started", "kind", "git_commit", "git_branch", "outcome", "verdict")]
    query = select(*columns).where(
        run_table.c.target == target, run_table.c.part_of == "", ~run_table.c.faulted, run_table.c.outcome.in_(("finished", "failed"))
    )
    query = query.order_by(run_table.c.started.desc(), run_table.c.number.desc()).limit(last)
    if since is not None:
        query = query.where(run_table.c.started >= since)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [PastRun(*row) for row in reversed(rows)]


def known_series(store: Store, target: str, since: datetime) -> list[Known]:
    """Return the series of a target that were seen since a moment, with the kind and unit that they had last."""
    newest = (
        select(summary_table.c.kind, summary_table.c.unit)
        .where(summary_table.c.series == series_table.c.number, summary_table.c.started >= since)
        .order_by(summary_table.c.started.desc())
        .limit(1)
    )
    kind = newest.with_only_columns(summary_table.c.kind).scalar_subquery()
    unit = newest.with_only_columns(summary_table.c.unit).scalar_subquery()
    query = select(series_table, kind.label("kind"), unit.label("unit")).where(series_table.c.target == target)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [
        Known(
            row.number,
            Series(row.target, row.source, row.subject, row.part, row.metric, tuple(sorted(row.labels.items()))),
            Kind(row.kind),
            row.unit,
        )
        for row in rows
        if row.kind is not None
    ]


def cells(store: Store, figures: Mapping[int, str], since: datetime) -> npt.NDArray[np.float64]:
    """Return one row (series, run, figure) for each run since a moment.

    `figures` says by a series' number which field of `Figures` is wanted. The order is not defined.
    Raises ValueError for a field that summaries do not hold.
    """
    import numpy as np  # noqa: PLC0415  # most commands never need it

    by_field: dict[str, list[int]] = defaultdict(list)
    for number, field in figures.items():
        if field not in FIGURES:
            raise ValueError(f"a summary holds no {field!r}")
        by_field[field].append(number)
    with store.reading() as connection:
        table = _table(connection, since)
        blocks = [_block(connection, table, numbers, field, since) for field, numbers in by_field.items()]
    return np.concatenate([np.empty((0, 3)), *blocks])


def _table(connection: Connection, since: datetime) -> str:
    """Where most runs are wanted, reading the table through is three times as fast as the index; SQLite cannot know and is told."""
    if connection.dialect.name != "sqlite":
        return "summaries"
    wanted, all_of_them = connection.execute(
        select(func.count().filter(run_table.c.started >= since), func.count()).select_from(run_table)
    ).one()
    return "summaries NOT INDEXED" if wanted * 2 > all_of_them else "summaries"


def _block(connection: Connection, table: str, numbers: Sequence[int], field: str, since: datetime) -> npt.NDArray[np.float64]:
    """Read numbers straight off the driver: building SQLAlchemy's rows would take longer than reading them."""
    import numpy as np  # noqa: PLC0415

    listed = ", ".join(map(str, numbers))
    text = f"SELECT series, run, {field} FROM {table} WHERE series IN ({listed}) AND started >= {_milliseconds(since)}"  # noqa: S608  # numbers and a name of FIGURES
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text)
        return np.fromiter(chain.from_iterable(cast("Iterable[tuple[float, ...]]", cursor)), dtype=np.float64).reshape(-1, 3)
    finally:
        cursor.close()


def _milliseconds(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(milliseconds=1)
