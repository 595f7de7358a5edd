"""Read the store: plain values out, nothing of the database shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table, bindparam, func, select

from footfall.errors import UsageError, nearest
from footfall.gate.evidence import Observation, Window
from footfall.metrics import Kind
from footfall.samples import Artifact, Event, HistogramWindow, Run, Sample, Series
from footfall.stats import Figures, PackedHistogram
from footfall.store.database import Store
from footfall.store.provenance import machine_class
from footfall.store.schema import artifacts as artifact_table
from footfall.store.schema import events as event_table
from footfall.store.schema import histograms as histogram_table
from footfall.store.schema import runs as run_table
from footfall.store.schema import samples as sample_table
from footfall.store.schema import series as series_table
from footfall.store.schema import summaries as summary_table
from footfall.store.summary import weight

LATEST = "latest"

_SEARCHED = 1000
_NAMED = 6


@dataclass(frozen=True)
class RunRow:
    """A run as the store lists it.

    `outcome` is finished, failed, aborted or interrupted; `verdict` and `exit_code` are the gate's, empty and None before it judged.
    `number` is the store's own and means nothing elsewhere.
    """

    run: Run
    ended: datetime | None
    outcome: str
    verdict: str
    exit_code: int | None
    number: int

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.id

    @property
    def machine_class(self) -> str:
        """What machines share whose figures may be compared."""
        return machine_class(self.run.machine)


@dataclass(frozen=True)
class TrendPoint:
    """What one run says of a series."""

    run_id: str
    started: datetime
    commit: str
    figures: Figures
    verdict: str
    outcome: str


def runs(store: Store, *, limit: int | None = 50, target: str | None = None, kind: str | None = None) -> list[RunRow]:
    """List runs, newest first; of one target or one kind where named, all of them where `limit` is None.

    Runs that only help to judge another one are left out; see `parts`.
    """
    query = _newest_first().limit(limit)
    if target is not None:
        query = query.where(run_table.c.target == target)
    if kind is not None:
        query = query.where(run_table.c.kind == kind)
    with store.reading() as connection:
        return [_run_row(row) for row in connection.execute(query)]


def parts(store: Store, run_id: str, kind: str) -> list[RunRow]:
    """List the finished runs of one kind (`confirm`, `against`) that helped to judge a run, oldest first."""
    query = select(run_table).where(run_table.c.part_of == run_id, run_table.c.kind == kind, run_table.c.outcome == "finished")
    with store.reading() as connection:
        return [_run_row(row) for row in connection.execute(query.order_by(run_table.c.started, run_table.c.number))]


def _newest_first() -> Select[Any]:
    """Select whole runs, newest first."""
    return select(run_table).where(run_table.c.part_of == "").order_by(run_table.c.started.desc(), run_table.c.number.desc())


def run(store: Store, name: str = LATEST) -> RunRow:
    """Find a run by its id, by the beginning of it in either case, or as `latest`.

    Raises UsageError with the nearest ids when there is none, or more than one.
    """
    with store.reading() as connection:
        return _find(connection, name)


def _find(connection: Connection, name: str) -> RunRow:
    newest_first = _newest_first()
    begins = func.upper(func.substr(run_table.c.id, 1, len(name))) == name.upper()
    queries = (
        [newest_first.limit(1)]
        if name == LATEST
        else [select(run_table).where(run_table.c.id == name), newest_first.where(begins).limit(_NAMED)]
    )
    for query in queries:
        rows = connection.execute(query).all()
        if len(rows) == 1:
            return _run_row(rows[0])
        if rows:
            raise UsageError(f"{name!r} begins the ids of several runs", hint="name one of them: " + ", ".join(row.id for row in rows))
    raise _unknown(connection, name)


def _unknown(connection: Connection, name: str) -> UsageError:
    newest = select(run_table.c.id).order_by(run_table.c.started.desc()).limit(_SEARCHED)
    beginnings = {known[: len(name)].upper(): known for known in reversed(connection.execute(newest).scalars().all())}
    if not beginnings:
        return UsageError("no run is stored yet", hint="`footfall gate` makes one")
    match = nearest(name.upper(), beginnings)
    hint = f"did you mean {beginnings[match]}? " if match else ""
    return UsageError(f"no run is called {name!r}", hint=hint + "`footfall history list` shows the runs, and `latest` names the newest")


def _run_row(row: Row[Any]) -> RunRow:
    found = Run(
        row.id, row.target, row.started, row.kind, row.git_commit, row.git_branch, row.machine, row.location, row.config_digest,
        row.versions, row.labels,
    )  # fmt: skip
    return RunRow(found, row.ended, row.outcome, row.verdict, row.exit_code, row.number)


def _series(row: Row[Any]) -> Series:
    return Series(row.target, row.source, row.subject, row.part, row.metric, tuple(sorted(row.labels.items())))


def _figures(row: Row[Any]) -> Figures:
    """Read figures from a row that begins with `_FIGURE_COLUMNS`; by position, for a trend may have many thousand rows."""
    return Figures(*row[: len(_FIGURE_COLUMNS)])


_FIGURE_COLUMNS = tuple(summary_table.c[field.name] for field in fields(Figures))
_SERIES_COLUMNS = tuple(series_table.c[name] for name in ("number", "target", "source", "subject", "part", "metric", "labels"))


def evidence(store: Store, run_id: str) -> tuple[Observation, ...]:
    """Return what a run saw, series by series in the order of their names: figures, single values, histograms by time.

    A rate's values are shares (failed of all, per sample), its weights of how many. Raises UsageError for an unknown run.
    """
    query: Select[Any] = select(*_FIGURE_COLUMNS, *_SERIES_COLUMNS, summary_table.c.kind, summary_table.c.unit).join_from(
        summary_table, series_table
    )
    with store.reading() as connection:
        number = _find(connection, run_id).number
        rows = connection.execute(query.where(summary_table.c.run == number)).all()
        values = _values(connection, number, {row.number for row in rows if row.kind == Kind.RATE})
        windows = _windows(connection, number)
    seen = []
    for row in rows:
        own, of = zip(*values[row.number], strict=True) if values[row.number] else ((), ())
        weights, placed = (of if row.kind == Kind.RATE else ()), tuple(windows[row.number])
        seen.append(Observation(_series(row), Kind(row.kind), row.unit, _figures(row), own, placed, weights=weights))
    return tuple(sorted(seen, key=lambda observation: observation.series))


def _values(connection: Connection, number: int, rates: set[int]) -> Mapping[int, list[tuple[float, float]]]:
    """Return a run's single values and their weights by series, in the order seen; those of `rates` as shares, without the empty ones."""
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    columns = sample_table.c.series, sample_table.c.value, sample_table.c.detail
    for series, value, detail in connection.execute(_in_order(sample_table, number, *columns)):
        of = weight(value, detail) if series in rates else 1.0
        if of:
            found[series].append((value / of, of))
    return found


def _windows(connection: Connection, number: int) -> Mapping[int, list[Window]]:
    found: dict[int, list[Window]] = defaultdict(list)
    for row in connection.execute(_in_order(histogram_table, number, *histogram_table.c)):
        found[row.series].append(Window(row.at, row.window_s, PackedHistogram(row.hdr)))
    return found


def _in_order(table: Table, number: int, *columns: Column[Any]) -> Select[Any]:
    """Select a run's records in the order of time, and of reading where that is equal."""
    return select(*columns).where(table.c.run == number).order_by(table.c.at, table.c.seq)


def figures(store: Store, run_id: str) -> Mapping[Series, Figures]:
    """Return a run's figures by series, without its samples. Raises UsageError for an unknown run."""
    query: Select[Any] = select(*_FIGURE_COLUMNS, *_SERIES_COLUMNS).join_from(summary_table, series_table)
    with store.reading() as connection:
        number = _find(connection, run_id).number
        return {_series(row): _figures(row) for row in connection.execute(query.where(summary_table.c.run == number))}


def samples(store: Store, run_id: str, *, source: str | None = None) -> list[Sample]:
    """Return a run's single samples in the order seen, of one source where named. Raises UsageError for an unknown run."""
    with store.reading() as connection:
        found = _find(connection, run_id)
        return [sample for sample in read_samples(connection, found) if source in {None, sample.source}]


def read_samples(connection: Connection, found: RunRow) -> Iterator[Sample]:
    """Yield a run's samples in the order seen."""
    query = _in_order(sample_table, found.number, *sample_table.c, *_SERIES_COLUMNS).join_from(sample_table, series_table)
    for row in connection.execute(query):
        of = row.source, row.subject, row.part, row.metric
        yield Sample(found.id, row.at, *of, row.value, row.iteration, row.unit, row.labels, row.detail)


def read_histograms(connection: Connection, found: RunRow) -> Iterator[HistogramWindow]:
    """Yield a run's histograms by time."""
    query = _in_order(histogram_table, found.number, *histogram_table.c, *_SERIES_COLUMNS).join_from(histogram_table, series_table)
    for row in connection.execute(query):
        yield HistogramWindow(found.id, row.at, row.window_s, row.source, row.subject, row.part, row.metric, row.hdr, row.labels)


def events(store: Store, run_id: str) -> list[Event]:
    """Return what happened in a run, in the order of time. Raises UsageError for an unknown run."""
    with store.reading() as connection:
        return list(read_events(connection, _find(connection, run_id)))


def read_events(connection: Connection, found: RunRow) -> Iterator[Event]:
    """Yield a run's events by time."""
    for row in connection.execute(_in_order(event_table, found.number, *event_table.c)):
        yield Event(found.id, row.at, row.kind, row.text, row.detail)


def artifacts(store: Store, run_id: str) -> list[Artifact]:
    """Return the files that a run left, in the order of time. Raises UsageError for an unknown run."""
    with store.reading() as connection:
        return list(read_artifacts(connection, _find(connection, run_id)))


def read_artifacts(connection: Connection, found: RunRow) -> Iterator[Artifact]:
    """Yield a run's artifacts by time."""
    for row in connection.execute(_in_order(artifact_table, found.number, *artifact_table.c)):
        yield Artifact(found.id, row.at, row.kind, row.path, row.subject, row.part, row.iteration)


def history(
    store: Store, run_id: str, *, last: int = 20, branches: Collection[str] | None = None, since: datetime | None = None
) -> Mapping[Series, tuple[Figures, ...]]:
    """Return, for each series of a run, the figures of the `last` comparable runs before it, oldest first.

    Comparable are runs of the same target, machine class and settings (summary.comparable_key) that finished, had no fault switched
    on, did not fail, and are runs of their own; of `branches` alone, and begun at `since` or later, where these are named. Raises
    UsageError for an unknown run.
    """
    usable = _usable(branches, since)
    with store.reading() as connection:
        found = _find(connection, run_id)
        earlier = (
            select(*_FIGURE_COLUMNS)
            .join_from(summary_table, run_table)
            .where(summary_table.c.series == bindparam("series"), summary_table.c.comparable == bindparam("comparable"))
            .where(summary_table.c.started < found.run.started, usable)
            .order_by(summary_table.c.started.desc())
            .limit(last)
        )
        return {
            _series(row): tuple(_figures(past) for past in reversed(connection.execute(earlier, _likeness(row)).all()))
            for row in connection.execute(_series_of_run(found)).all()
        }


def usable_runs(store: Store, target: str, *, branches: Collection[str] | None = None, since: datetime | None = None) -> int:
    """Count a target's runs that may be part of a baseline, whatever their machine and settings; see `history`."""
    query = select(func.count()).select_from(run_table).where(run_table.c.target == target, _usable(branches, since))
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def _usable(branches: Collection[str] | None, since: datetime | None) -> ColumnElement[bool]:
    usable = (run_table.c.outcome == "finished") & ~run_table.c.faulted & run_table.c.verdict.not_in(("fail", "missing"))
    usable &= run_table.c.part_of == ""
    if branches is not None:
        usable &= run_table.c.git_branch.in_(branches)
    if since is not None:
        usable &= run_table.c.started >= since
    return usable


def trend(store: Store, run_id: str, *, last: int = 30) -> Mapping[Series, tuple[TrendPoint, ...]]:
    """Return, for each series of a run, what the `last` runs up to and with it say of that series, oldest first.

    Drills (a fault switched on), runs that were cut short and those that are part of another one are left out, but for the run itself.
    Raises UsageError for an unknown run.
    """
    with store.reading() as connection:
        found = _find(connection, run_id)
        upto = (
            select(*_FIGURE_COLUMNS, run_table.c.id, summary_table.c.started, run_table.c.git_commit)
            .add_columns(run_table.c.verdict, run_table.c.outcome)
            .join_from(summary_table, run_table)
            .where(summary_table.c.series == bindparam("series"), summary_table.c.started <= found.run.started)
            .where(_of_its_own() | (run_table.c.number == found.number))
            .order_by(summary_table.c.started.desc())
            .limit(last)
        )
        return {
            _series(row): tuple(_point(past) for past in reversed(connection.execute(upto, {"series": row.number}).all()))
            for row in connection.execute(_series_of_run(found)).all()
        }


def _of_its_own() -> ColumnElement[bool]:
    return (run_table.c.part_of == "") & ~run_table.c.faulted & run_table.c.outcome.in_(("finished", "failed"))


def _series_of_run(found: RunRow) -> Select[Any]:
    columns = *_SERIES_COLUMNS, summary_table.c.comparable
    return select(*columns).join_from(summary_table, series_table).where(summary_table.c.run == found.number)


def _likeness(row: Row[Any]) -> dict[str, Any]:
    return {"series": row.number, "comparable": row.comparable}


def _point(row: Row[Any]) -> TrendPoint:
    return TrendPoint(row.id, row.started, row.git_commit, _figures(row), row.verdict, row.outcome)
