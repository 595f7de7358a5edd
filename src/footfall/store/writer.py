"""Take spools into the store: all of a run or nothing, twice is once, and the spool goes only when the store has it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from footfall.errors import StoreError
from footfall.samples import Artifact, Event, HistogramWindow, Record, Run, RunEnd, Sample, Series, series_of
from footfall.stats import Histogram
from footfall.store import schema
from footfall.store.changes import find_changes
from footfall.store.database import Store, open_store
from footfall.store.lines import FileReader, metric_of, moment_of, read_lines
from footfall.store.spool import abandoned, claim, discard, explained, read_spool
from footfall.store.summary import FAULT_LABEL, PART_LABEL, SeriesTotals, comparable_key, weight

VERDICT_EVENT = "verdict"
"""The kind of event that carries a run's verdict and exit code in the interchange form; the store keeps it with the run."""

INTERRUPTED = "interrupted"
"""The outcome of a run that nobody ended."""

_BATCH = 5_000
_MENTIONS_RUN = re.compile(rb'"type"\s*:\s*"run')
_WORST_FIRST = ("aborted", "failed")


@dataclass(frozen=True)
class SpoolFacts:
    """What a spool says of its run as a whole: `run` as begun, `outcome` as ended or `interrupted`, `ended` if it was."""

    run: Run
    outcome: str
    ended: datetime | None


def take_in(store: Store, directory: Path, *, wait_s: float = 30.0) -> str:
    """Move a finished spool into the store and return its run's id; its artifacts move to the suite's `out/<run>/artifacts`.

    A run that the store has already is replaced by what the spool holds. Its series are then looked at for changes of level. Waits
    for writers and other takers to let go. Raises StoreError when one does not, when there is neither such a spool nor such a run,
    and when the store refuses; the spool then stays.
    """
    with claim(directory, wait_s) as claimed:
        if claimed:
            store_spool(store, directory)
            _move_artifacts(directory)
            discard(directory)
            find_changes(store, directory.name, root=directory.absolute().parents[2])  # not through a link
            return directory.name
    if directory.is_dir():
        raise StoreError(f"{directory} is still being written", hint="wait for that run to end, or end its processes")
    if not has_run(store, directory.name):
        raise StoreError(f"there is no spool {directory}")
    return directory.name


def take_in_abandoned(store: Store, root: Path) -> list[str]:
    """Take in every spool of the suite at `root` that no living process writes; return their runs' ids, oldest first."""
    return [take_in(store, directory) for directory in abandoned(root)]


def has_run(store: Store, run_id: str) -> bool:
    """Say whether the store holds a run."""
    with store.reading() as connection:
        return connection.execute(select(schema.runs.c.number).where(schema.runs.c.id == run_id)).first() is not None


def set_verdict(store: Store, run_id: str, verdict: str, exit_code: int) -> None:
    """Keep how a run was judged. Raises StoreError for a run that the store does not hold."""
    change = update(schema.runs).where(schema.runs.c.id == run_id).values(verdict=verdict, exit_code=exit_code)
    with store.writing() as connection:
        if not connection.execute(change).rowcount:
            raise StoreError(f"the store {store.name} holds no run {run_id}")


def store_spool(store: Store, directory: Path) -> None:
    """Write all that a spool holds, in one transaction, in the place of an earlier copy of its run; leave the spool as it is."""
    facts = spool_facts(directory)
    if facts is None:
        return
    with store.writing() as connection:
        intake = Intake(connection, facts)
        for record in read_spool(directory):
            intake.add(record)
        intake.finish()


def _move_artifacts(directory: Path) -> None:
    """Move the run's files to its results, beside whatever an interrupted move has put there already."""
    files = directory / "artifacts"
    if files.is_dir():
        home = directory.resolve().parents[2] / "out" / directory.name / "artifacts"
        with explained(home):
            if home.exists():
                shutil.copytree(files, home, dirs_exist_ok=True)
            else:
                home.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(files, home)


def spool_facts(directory: Path) -> SpoolFacts | None:
    """Read what a spool says of its run, from whichever of its files says it; None for a spool without a single record."""
    found = list(_run_records(directory))
    run = next((record for record in found if isinstance(record, Run)), None)
    if run is None:
        first = min(map(moment_of, read_spool(directory)), default=None)
        if first is None:
            return None
        run = Run(directory.name, "unknown", first, kind="unknown")
    ends = [record for record in found if isinstance(record, RunEnd)]
    outcomes = [end.outcome for end in ends]
    worst = next((outcome for outcome in _WORST_FIRST if outcome in outcomes), outcomes[0] if outcomes else INTERRUPTED)
    return SpoolFacts(run, worst, max((end.at for end in ends), default=None))


def _run_records(directory: Path) -> Iterable[Record]:
    for path in sorted(directory.glob("*.jsonl")):
        reader = FileReader(path.name, directory.name, datetime.now(UTC))
        with explained(path, "read"), path.open("rb") as file:
            yield from read_lines((line for line in file if _MENTIONS_RUN.search(line)), reader)


class Intake:
    """Writes one run's records on a connection, in any order, and their summaries at the end. Memory grows with samples only."""

    def __init__(self, connection: Connection, facts: SpoolFacts) -> None:
        self._connection = connection
        self._facts = facts
        self._verdict, self._exit_code = self._forget(facts.run.id)
        values = {**run_row(facts.run), "outcome": facts.outcome, "verdict": "", "exit_code": None, "ended": facts.ended}
        self._run = self._insert_one(schema.runs, values)
        known = select(schema.series.c.key, schema.series.c.number).where(schema.series.c.target == facts.run.target)
        self._known: dict[str, int] = {row.key: row.number for row in connection.execute(known)}
        self._numbers: dict[Series, int] = {}
        self._totals: dict[Series, SeriesTotals] = {}
        self._units: dict[Series, str] = {}
        self._rows: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self._seq = 0
        self._last = facts.run.started

    def _forget(self, run_id: str) -> tuple[str, int | None]:
        """Delete an earlier copy of the run; return how it was judged."""
        runs = schema.runs
        judged = self._connection.execute(select(runs.c.verdict, runs.c.exit_code).where(runs.c.id == run_id)).first()
        self._connection.execute(delete(runs).where(runs.c.id == run_id))
        return (judged.verdict, judged.exit_code) if judged else ("", None)

    def _insert_one(self, table: Table, values: dict[str, Any]) -> int:
        result = self._connection.execute(insert(table).values(values)).inserted_primary_key
        if result is None:
            raise StoreError(f"the store gave no number to a row of {table.name}")
        return int(result[0])

    def add(self, record: Record) -> None:
        """Add one record. A histogram that does not decode is kept as an event of kind `error`."""
        self._last = max(self._last, moment_of(record))
        if isinstance(record, Sample):
            self._add_sample(record)
        elif isinstance(record, HistogramWindow):
            self._add_window(record)
        elif isinstance(record, Event):
            self._add_event(record)
        elif isinstance(record, Artifact):
            self._add_row(schema.artifacts, record, "kind", "path", "subject", "part", "iteration")

    def _add_sample(self, sample: Sample) -> None:
        series = self._series(sample)
        self._units[series] = sample.unit or self._units.get(series, "")
        self._add_row(schema.samples, sample, "value", "iteration", "unit", "detail", series=self._numbers[series])
        self._totals[series].add_value(sample.at, self._seq, sample.value, weight(sample.value, sample.detail))

    def _add_window(self, window: HistogramWindow) -> None:
        try:
            histogram = Histogram.decode(window.hdr)
        except ValueError as error:
            self._add_event(Event(window.run, window.at, "error", f"{window.metric} of {window.subject}: {error}"))
            return
        series = self._series(window)
        self._add_row(schema.histograms, window, "window_s", "hdr", series=self._numbers[series])
        self._totals[series].add_histogram(histogram)

    def _add_event(self, event: Event) -> None:
        code = event.detail.get("exit_code")
        if event.kind == VERDICT_EVENT and (code is None or (isinstance(code, int) and 0 <= code < 256)):
            self._verdict, self._exit_code = event.text, code
        else:
            self._add_row(schema.events, event, "kind", "text", "detail")

    def _add_row(self, table: Table, record: Any, *names: str, **more: int) -> None:
        self._seq += 1
        row = {name: getattr(record, name) for name in names}
        self._rows[table].append({"run": self._run, "seq": self._seq, "at": record.at, **row, **more})
        if len(self._rows[table]) >= _BATCH:
            self._flush(table)

    def _flush(self, table: Table) -> None:
        rows = self._rows.pop(table, [])
        if rows:
            self._connection.execute(insert(table), rows)

    def _series(self, record: Sample | HistogramWindow) -> Series:
        series = series_of(record, self._facts.run.target)
        if series not in self._numbers:
            self._numbers[series] = self._number_of(series)
            self._totals[series] = SeriesTotals(metric_of(series.source, series.metric, "").kind)
        return series

    def _number_of(self, series: Series) -> int:
        values = {**asdict(series), "labels": series.label_map}
        key = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
        return self._known.get(key) or self._insert_one(schema.series, {"key": key, **values})

    def finish(self) -> None:
        """Write what is left, the summaries, and when the run ended: at its end, or else at the last thing it saw."""
        for table in tuple(self._rows):
            self._flush(table)
        rows = [row for series, totals in self._totals.items() if (row := self._summary(series, totals))]
        if rows:
            self._connection.execute(insert(schema.summaries), rows)
        values = {"ended": self._facts.ended or self._last, "verdict": self._verdict, "exit_code": self._exit_code}
        self._connection.execute(update(schema.runs).where(schema.runs.c.number == self._run).values(values))

    def _summary(self, series: Series, totals: SeriesTotals) -> dict[str, Any] | None:
        figures = totals.figures()
        if figures is None:
            return None
        metric = metric_of(series.source, series.metric, self._units.get(series, ""))
        return {
            "run": self._run,
            "series": self._numbers[series],
            "started": self._facts.run.started,
            "comparable": comparable_key(self._facts.run, series.source),
            "kind": metric.kind.value,
            "unit": metric.unit,
            **asdict(figures),
            "hdr": totals.windows.encode() if totals.windows else None,
        }


def run_row(run: Run) -> dict[str, Any]:
    """Return the columns that a run's own record fills."""
    row = asdict(replace(run, versions=dict(run.versions), labels=dict(run.labels)))
    row["git_commit"], row["git_branch"] = row.pop("commit"), row.pop("branch")
    return {**row, "faulted": bool(run.labels.get(FAULT_LABEL)), "part_of": run.labels.get(PART_LABEL, "")}


__all__ = ["Intake", "Store", "has_run", "open_store", "set_verdict", "store_spool", "take_in", "take_in_abandoned"]
