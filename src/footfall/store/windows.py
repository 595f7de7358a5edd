"""What was seen of a series over a time that is longer than a run: for budgets `over` a window, and for service-level objectives.

A window ends where a run ends. In it are that run, and every run of the same target that began within it, had no fault switched on and
is a run of its own. Rates and loads are put together from what each run's summary holds, single values from the samples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, select

from footfall.gate.evidence import Observation
from footfall.metrics import Kind
from footfall.samples import Series
from footfall.stats import Figures, Histogram, PackedHistogram
from footfall.store.database import Store
from footfall.store.schema import runs, samples, series, summaries
from footfall.store.summary import observed_rate

_FIGURES = tuple(summaries.c[name] for name in Figures.__dataclass_fields__)
_OTHERS = (*series.c, summaries.c.hdr, summaries.c.unit, summaries.c.kind)

Wanted = tuple[Series, float]
"""A series and a window's length in ms."""


def windows(store: Store, run_id: str, wanted: Collection[Wanted]) -> Mapping[Wanted, Observation]:
    """Return, for each series of a run and each window, what was seen in it up to the run's end."""
    found: dict[Wanted, Observation] = {}
    if not wanted:
        return found
    with store.reading() as connection:
        run = connection.execute(select(runs).where(runs.c.id == run_id)).first()
        if run is None:
            return found
        lengths: dict[float, set[Series]] = defaultdict(set)
        for of, length in wanted:
            lengths[length].add(of)
        for length, names in lengths.items():
            since = max(run.ended or run.started, run.started) - timedelta(milliseconds=length)  # a clock may have jumped back
            for seen in _seen(connection, _in_window(run, since), names):
                found[seen.series, length] = seen
    return found


def _in_window(run: Any, since: datetime) -> Select[Any]:
    """Select the numbers of the runs in a window that ends with `run`."""
    usable = (runs.c.started >= since) & (runs.c.started <= run.started) & ~runs.c.faulted & (runs.c.part_of == "")
    return select(runs.c.number).where(runs.c.target == run.target, usable | (runs.c.number == run.number))


@dataclass(frozen=True)
class _Part:
    """One run's summary of a series."""

    figures: Figures
    hdr: str | None
    unit: str
    kind: Kind


def _seen(connection: Connection, numbers: Select[Any], names: Collection[Series]) -> Iterable[Observation]:
    """Yield an observation for each series that was seen in the runs selected by `numbers`."""
    query: Select[Any] = select(*_FIGURES, *_OTHERS).join_from(summaries, series).where(summaries.c.run.in_(numbers))
    parts: dict[int, list[_Part]] = defaultdict(list)
    of: dict[int, Series] = {}
    for row in connection.execute(query.order_by(summaries.c.started)):
        name = Series(row.target, row.source, row.subject, row.part, row.metric, tuple(sorted(row.labels.items())))
        if name in names:
            of[row.number] = name
            parts[row.number].append(_Part(Figures(*row[: len(_FIGURES)]), row.hdr, row.unit, Kind(row.kind)))
    plain = {number for number, own in parts.items() if own[0].kind is not Kind.RATE and not any(part.hdr for part in own)}
    values = _values(connection, numbers, plain)
    for number, own in parts.items():
        seen = _together(of[number], own, values.get(number, ()))
        if seen is not None:
            yield seen


def _values(connection: Connection, numbers: Select[Any], wanted: Collection[int]) -> Mapping[int, Sequence[float]]:
    found: dict[int, list[float]] = defaultdict(list)
    if wanted:
        query = select(samples.c.series, samples.c.value).where(samples.c.run.in_(numbers), samples.c.series.in_(wanted))
        for number, value in connection.execute(query.order_by(samples.c.at, samples.c.seq)):
            found[number].append(value)
    return found


def _together(of: Series, parts: Sequence[_Part], values: Sequence[float]) -> Observation | None:
    """Put the parts of a series together; None where nothing was counted, or where a load's one part is the run itself, by the second."""
    kind, unit = parts[-1].kind, parts[-1].unit
    if kind is Kind.RATE:
        yes, count = [part.figures.total for part in parts], [float(part.figures.count) for part in parts]
        return observed_rate(of, unit, yes, count)
    found = [histogram for part in parts if part.hdr and (histogram := PackedHistogram(part.hdr)).count]
    if found:
        figures = Figures.of_histogram(Histogram.merged(found))
        return Observation(of, kind, unit, figures, runs=tuple(found)) if len(parts) > 1 else None
    return Observation(of, kind, unit, Figures.of_values(values), tuple(values)) if values else None
