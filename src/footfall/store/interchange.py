"""Runs as lines of JSON, out of one store and into another (the form is that of the spool; see docs/data.md)."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from footfall.errors import StoreError
from footfall.gate.trends import MOST
from footfall.metrics import Source
from footfall.samples import Event, Record, Run, RunEnd, to_line
from footfall.store.changes import find_changes
from footfall.store.database import Store
from footfall.store.lines import BadLineError, of_later_type, read_record, run_of
from footfall.store.reader import RunRow, read_artifacts, read_events, read_histograms, read_samples, run, runs
from footfall.store.summary import comparable_key
from footfall.store.writer import INTERRUPTED, VERDICT_EVENT, has_run, store_spool

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
_FORM_HINT = "an import is what `footfall history export` writes: one JSON object a line; nothing was imported"


@dataclass(frozen=True)
class Imported:
    """What an import did, by run id: `taken` are new in the store, `known` were there already and left as they are."""

    taken: tuple[str, ...]
    known: tuple[str, ...]


def export(store: Store, run_ids: Iterable[str] | None = None) -> Iterator[str]:
    """Yield whole runs as lines without their newline; all runs, oldest first, where none is named.

    A verdict is told as an event of kind `verdict`. An interrupted run has no `run_end`. Raises UsageError for an unknown run.
    """
    found = reversed(runs(store, limit=None)) if run_ids is None else [run(store, run_id) for run_id in run_ids]
    for row in found:
        yield from map(to_line, _records(store, row))


def _records(store: Store, row: RunRow) -> Iterator[Record]:
    yield row.run
    with store.reading() as connection:
        for read in (read_samples, read_histograms, read_events, read_artifacts):
            yield from read(connection, row)
    ended = row.ended or row.run.started
    if row.verdict:
        yield Event(row.id, ended, VERDICT_EVENT, row.verdict, {"exit_code": row.exit_code})
    if row.outcome != INTERRUPTED:
        yield RunEnd(row.id, ended, row.outcome)


def import_lines(store: Store, lines: Iterable[str], root: Path | None = None) -> Imported:
    """Take in runs that `export` wrote, their lines in any order; runs that the store has already are left as they are.

    The repository around `root` is asked which commits lie between changes of level.
    Raises StoreError, before anything is stored, for a line that is no record and for records of a run that no line begins.
    """
    with tempfile.TemporaryDirectory(prefix="footfall-import-") as place:
        try:
            spools = _sort_out(lines, Path(place))
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"the import cannot be read: {error}", hint=_FORM_HINT) from error
        known = [spool.name for spool in spools if has_run(store, spool.name)]
        taken = [spool.name for spool in spools if spool.name not in known]
        for run_id in taken:
            store_spool(store, Path(place, run_id))
    _look_for_changes(store, frozenset(taken), root)
    return Imported(tuple(taken), tuple(known))


def _look_for_changes(store: Store, taken: Collection[str], root: Path | None) -> None:
    """Look closely at what was imported, half a window after the other: run by run, as when they are taken in, would take an hour."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in runs(store, limit=None) if taken else ():
        if row.id in taken and row.outcome == "finished" and "fault" not in row.run.labels:
            keys = (comparable_key(row.run, source.value) for source in Source)
            alike[row.run.target, row.run.kind, row.run.branch, *keys].append(row.id)
    for newest_first in alike.values():
        for run_id in reversed(newest_first[:: MOST // 2]):
            find_changes(store, run_id, closely=True, root=root)


@dataclass(frozen=True)
class _Line:
    run_id: str
    begins: bool
    data: bytes


def _sort_out(lines: Iterable[str], place: Path) -> list[Path]:
    """Write each run's lines to a spool of its own; return the spools in the order of their first lines."""
    begun: dict[str, bool] = {}
    for run_id, own in groupby(_read(lines), key=lambda line: line.run_id):
        (place / run_id).mkdir(exist_ok=True)
        with (place / run_id / "import.jsonl").open("ab") as file:
            for line in own:
                begun[run_id] = begun.get(run_id, False) or line.begins
                file.write(line.data)
    headless = sorted(run_id for run_id, begins in begun.items() if not begins)
    if headless:
        raise StoreError(f"no line of type run begins {', '.join(headless[:3])}", hint=_FORM_HINT)
    return [place / run_id for run_id in begun]


def _read(lines: Iterable[str]) -> Iterator[_Line]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                run_id, begins = _belongs(line)
            except BadLineError as error:
                raise StoreError(f"line {number} is no record: {error}", hint=_FORM_HINT) from error
            yield _Line(run_id, begins, line.strip().encode("utf-8", "backslashreplace") + b"\n")


def _belongs(line: str) -> tuple[str, bool]:
    """Return the run that a line belongs to, and whether it begins it; a later footfall may have types unknown to this one.

    Raises BadLineError.
    """
    foreign = of_later_type(line)
    record = None if foreign else read_record(line)
    run_id = run_of(record) if record else str((foreign or {}).get("run", ""))
    if not _ID.fullmatch(run_id):
        raise BadLineError(f"{run_id[:80]!r} is not the id of a run")
    return run_id, isinstance(record, Run)
