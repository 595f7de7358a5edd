"""What the watch's locations saw of a target, beside each other: the same site may be well in one place and not in another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from footfall.metrics import BANDS, Source, format_quantity
from footfall.report.figures import VITALS, band, metric_name, shown

DAYS = 7
"""How far back reports look."""


@dataclass(frozen=True)
class Placed:
    """What one location saw of one subject over the last days.

    `good` of `checks` were good; times are ms, None where nothing was timed; the mean is that of the hours in which nothing failed.
    `vitals` are, over its walks, the 75th percentile of each vital at the step where it was worst, in base units.
    """

    source: str
    subject: str
    location: str
    checks: int
    good: int
    mean_ms: float | None = None
    longest_ms: float | None = None
    vitals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PlaceRow:
    """One location's line: every figure as shown; `failed` says that not all of its checks were good."""

    location: str
    checks: int
    good: str
    failed: bool
    mean: str
    longest: str
    vitals: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class PlaceTable:
    """One subject's locations; `vitals` are the names of those that any of them saw."""

    source: str
    subject: str
    vitals: tuple[str, ...]
    rows: tuple[PlaceRow, ...]


def place_tables(placed: Sequence[Placed]) -> tuple[PlaceTable, ...]:
    """Arrange what locations saw: one table a subject, journeys first; a subject that one location alone saw has none."""
    order = [source.value for source in Source]
    by: dict[tuple[str, str], list[Placed]] = {}
    for each in sorted(placed, key=lambda each: (order.index(each.source), each.subject, each.location)):
        by.setdefault((each.source, each.subject), []).append(each)
    return tuple(_table(source, subject, found) for (source, subject), found in by.items() if len(found) > 1)


def _table(source: str, subject: str, found: Sequence[Placed]) -> PlaceTable:
    seen = tuple(metric for metric in VITALS if any(metric in each.vitals for each in found))
    return PlaceTable(source, subject, tuple(map(metric_name, seen)), tuple(_row(each, seen) for each in found))


def _row(each: Placed, metrics: Iterable[str]) -> PlaceRow:
    cells = tuple(_vital(metric, each.vitals.get(metric)) for metric in metrics)
    good = f"{int(10_000 * each.good / each.checks) / 100:.2f} %" if each.checks else "–"  # cut, so that 100 % means all of them
    return PlaceRow(each.location, each.checks, good, each.good < each.checks, _time(each.mean_ms), _time(each.longest_ms), cells)


def _vital(metric: str, value: float | None) -> tuple[str, str, str]:
    """A vital's name, figure and band."""
    if value is None:
        return metric_name(metric), "–", ""
    return metric_name(metric), shown(value, "score" if metric == "cls" else "ms"), band(metric, value) if metric in BANDS else ""


def _time(value: float | None) -> str:
    return "–" if value is None else format_quantity(value, "ms")
