"""Read how series went over many runs: one figure per run and series, ten thousand runs at a time.

A trend page asks for millions of cells: the database writes them into two long texts, which numpy reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from sqlalchemy import BigInteger, Connection, func, select, type_coerce

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
    first, *others = (run_table.c[name] for name in ("started", "number", "id", "kind", "git_commit", "git_branch", "outcome", "verdict"))
    query = select(type_coerce(first, BigInteger), *others).where(
        run_table.c.target == target, run_table.c.part_of == "", ~run_table.c.faulted, run_table.c.outcome.in_(("finished", "failed"))
    )
    query = query.order_by(run_table.c.started.desc(), run_table.c.number.desc()).limit(last)
    if since is not None:
        query = query.where(run_table.c.started >= since)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [PastRun(number, name, _EPOCH + timedelta(milliseconds=at), *more) for at, number, name, *more in reversed(rows)]


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
    unknown = set(figures.values()) - FIGURES
    if unknown:
        raise ValueError(f"a summary holds no {unknown.pop()!r}")
    with store.reading() as connection:
        found = _packed(connection, figures, since) if figures else None
    import numpy as np  # noqa: PLC0415  # most commands never need it

    if found is None:
        return np.empty((0, 3))
    places, values = np.fromstring(found[0], dtype=np.int64, sep=","), np.fromstring(found[1], dtype=np.float64, sep=",")
    return np.column_stack((places & _SERIES, places >> _RUN, values))


_RUN, _SERIES = 32, 2**32 - 1
"""Where a cell's place, one number, holds the run's number, and which of its bits are the series'."""
_LISTS = {
    "sqlite": ("group_concat((run << {run}) | series)", "group_concat(printf('%!.19g', {figure}))"),
    "postgresql": ("string_agg(((run::bigint << {run}) | series)::text, ',')", "string_agg(({figure})::text, ',')"),
}
"""Places and figures of all cells, each as one text with every digit: the database writes both in one step, without Python's lock."""


def _packed(connection: Connection, figures: Mapping[int, str], since: datetime) -> tuple[str, str] | None:
    """Read all cells as two texts; None where there are none. A row each would take twice as long, most of it to build tuples."""
    by_field: dict[str, list[int]] = defaultdict(list)
    for number, field in figures.items():
        by_field[field].append(number)
    cases = " ".join(f"WHEN series IN ({_listed(numbers)}) THEN {field}" for field, numbers in by_field.items())
    figure = next(iter(by_field)) if len(by_field) == 1 else f"CASE {cases} END"
    lists = ", ".join(_LISTS[connection.dialect.name]).format(run=_RUN, figure=figure)
    where = f"series IN ({_listed(figures)}) AND started >= {_milliseconds(since)}"
    text = f"SELECT {lists} FROM {_table(connection, since)} WHERE {where}"  # noqa: S608  # numbers, and names of FIGURES
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text)
        places, values = cast("tuple[str | None, str | None]", cursor.fetchone())
        return None if places is None or values is None else (places, values)
    finally:
        cursor.close()


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _table(connection: Connection, since: datetime) -> str:
    """Where most runs are wanted, reading the table through is three times as fast as the index; SQLite cannot know and is told."""
    if connection.dialect.name != "sqlite":
        return "summaries"
    wanted, all_of_them = connection.execute(
        select(func.count().filter(run_table.c.started >= since), func.count()).select_from(run_table)
    ).one()
    return "summaries NOT INDEXED" if wanted * 2 > all_of_them else "summaries"


def _milliseconds(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(milliseconds=1)
