"""The distribution that a budget was judged on: every sample on one line, the limit drawn, earlier runs below."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from footfall.gate.evidence import Observation
from footfall.gate.verdict import Verdict
from footfall.metrics import format_quantity
from footfall.report.charts.scale import Scale, around, finite
from footfall.report.charts.svg import WIDE, area, percent, plot, stretched, tag, text
from footfall.report.words import beside, count
from footfall.stats import Histogram

_DOTS = 60
"""Samples that are drawn as dots; more become a silhouette."""
_QUANTILES = 100
_TOP, _ROW, _FOOT = 44.0, 40.0, 24.0


@dataclass(frozen=True)
class Spread:
    """How the samples of `runs` earlier runs lay: least, median, 95th percentile and most of a usual run."""

    low: float
    p50: float
    p95: float
    high: float
    runs: int


def strip(verdict: Verdict, seen: Observation, earlier: Sequence[float], usual: Spread | Observation | None = None) -> Markup:
    """Return the picture: samples of this run above, the same statistic of `earlier` runs (may be empty) below, limit and figure marked.

    `usual` adds the baseline's own distribution: a line from its least to its most and a box from its median to its p95; or the samples
    of the deployment that this one was compared with.
    """
    values = _values(seen)
    if not values or verdict.figure is None:
        return Markup("")
    other = _values(usual) if isinstance(usual, Observation) else []
    spread = usual if isinstance(usual, Spread) else None
    ends = [spread.low, spread.high] if spread else other
    scale = around([*values, *earlier, *ends, verdict.limit, verdict.figure])
    compared = ["baseline"] if spread else ["compared"] if other else []
    names = ["this run", *([f"last {len(earlier)}"] if earlier else []), *compared]
    floor = _TOP + len(names) * _ROW
    marks = [_beyond(verdict, scale, floor), _axis(scale, verdict.unit, floor)]
    marks += [_dots(values, scale) if len(values) <= _DOTS else _silhouette(values, scale)]
    marks += [_hollow(value, scale, verdict.unit) for value in finite(earlier)]
    marks += [_box(spread, scale, verdict.unit, floor - _ROW / 2)] if spread else []
    marks += [_dots(other, scale, floor - _ROW, "dot other")] if other else []
    marks += [_limit(verdict, scale, floor), _figure(verdict, scale)]
    return tag("div", _names(names), plot(floor + _FOOT, describe(verdict, values, earlier, spread), *marks), class_="strip")


def _box(usual: Spread, scale: Scale, unit: str, y: float) -> Markup:
    """The baseline's distribution as a line with a box."""
    low, p50, p95, high = (scale.share(value) for value in (usual.low, usual.p50, usual.p95, usual.high))
    told = tag("title", spread_words(usual, unit))
    line = tag("line", x1=percent(low), x2=percent(high), y1=y, y2=y, class_="whisker", stroke="currentColor")
    box = tag("rect", told, x=percent(p50), y=y - 7, width=percent(max(p95 - p50, 0.003)), height=14, rx=2, class_="box")
    middle = tag("line", x1=percent(p50), x2=percent(p50), y1=y - 9, y2=y + 9, class_="middle", stroke="currentColor")
    return line + box + middle


def spread_words(usual: Spread, unit: str) -> str:
    """Say in words how the baseline's samples lay."""
    low, p50, p95, high = (format_quantity(value, unit) for value in (usual.low, usual.p50, usual.p95, usual.high))
    return f"a usual one of the {count(usual.runs, 'run')} before: {low} to {high}, median {p50}, p95 {p95}"


def describe(verdict: Verdict, values: Sequence[float], earlier: Sequence[float], usual: Spread | None = None) -> str:
    """Say in words what the picture shows."""
    low, high = (format_quantity(value, verdict.unit) for value in (min(values), max(values)))
    shown, bound = beside(verdict)
    past = (
        f"; in {count(len(earlier), 'earlier run')} it was {format_quantity(min(earlier), verdict.unit)} to "
        f"{format_quantity(max(earlier), verdict.unit)}"
        if earlier
        else ""
    )
    baseline = f"; {spread_words(usual, verdict.unit)}" if usual else ""
    return f"Samples of this run lie between {low} and {high}; {verdict.statistic} is {shown}, the limit is {bound}{past}{baseline}."


def _values(seen: Observation) -> list[float]:
    """The samples, or where only histograms were kept a hundred quantiles of them all together."""
    if seen.values:
        return finite(seen.values)
    merged = Histogram.merged(window.histogram for window in seen.windows)
    return [merged.percentile((n + 0.5) / _QUANTILES * 100) for n in range(_QUANTILES)] if merged.count else []


def _names(names: Sequence[str]) -> Markup:
    """The rows' names, in a column of their own so that no sample hides them."""
    lines = [tag("text", name, x=0, y=_TOP + (n + 0.5) * _ROW + 4, class_="label", fill="currentColor") for n, name in enumerate(names)]
    return tag("svg", *lines, width=64, height=_TOP + len(names) * _ROW + _FOOT, aria_hidden="true", class_="names")


def _beyond(verdict: Verdict, scale: Scale, floor: float) -> Markup:
    """Tint the side of the limit on which no figure should lie."""
    if verdict.limit is None:
        return Markup("")
    at = scale.share(verdict.limit)
    left, width = (at, 1 - at) if verdict.comparator.startswith("<") else (0.0, at)
    return tag("rect", x=percent(left), y=_TOP, width=percent(width), height=floor - _TOP, class_="beyond")


def _axis(scale: Scale, unit: str, floor: float) -> Markup:
    marks = [tag("line", x1="0%", x2="100%", y1=floor, y2=floor, class_="axis", stroke="currentColor")]
    marks += [text(format_quantity(value, unit) if value else "0", scale.share(value), floor + 18) for value in scale.ticks(5)]
    return Markup("").join(marks)


def _dots(values: Sequence[float], scale: Scale, top: float = _TOP, class_: str = "dot") -> Markup:
    """One dot a sample; samples that would hide each other are stacked."""
    stacked: Counter[int] = Counter()
    marks = []
    for value in sorted(values):
        column = round(scale.share(value) * 60)
        level = stacked[column]
        stacked[column] += 1
        lift = math.ceil(level / 2) * 6.0 * (1 if level % 2 else -1)
        y = min(top + _ROW - 4, max(top + 4, top + _ROW / 2 + lift))
        marks.append(tag("circle", cx=percent(scale.share(value)), cy=y, r=5, class_=class_, fill="currentColor"))
    return Markup("").join(marks)


def _silhouette(values: Sequence[float], scale: Scale, columns: int = 60) -> Markup:
    """How many samples lie where, as an area."""
    heights = Counter(min(columns - 1, int(scale.share(value) * columns)) for value in values)
    tallest = max(heights.values())
    points = [((n + 0.5) / columns * WIDE, _TOP + _ROW - heights[n] / tallest * (_ROW - 6)) for n in range(columns)]
    return stretched(_TOP + _ROW, area(points, _TOP + _ROW, "shape"))


def _hollow(value: float, scale: Scale, unit: str) -> Markup:
    title = tag("title", format_quantity(value, unit))
    return tag("circle", title, cx=percent(scale.share(value)), cy=_TOP + 1.5 * _ROW, r=4, class_="past", stroke="currentColor")


def _limit(verdict: Verdict, scale: Scale, floor: float) -> Markup:
    if verdict.limit is None:
        return Markup("")
    at = scale.share(verdict.limit)
    rule = tag("line", x1=percent(at), x2=percent(at), y1=18, y2=floor, class_="limit", stroke="currentColor")
    return rule + text(f"{'limit' if verdict.before is None else 'there'} {beside(verdict)[1]}", at, 12, "label limit-label")


def _figure(verdict: Verdict, scale: Scale) -> Markup:
    if verdict.figure is None:
        return Markup("")
    at = scale.share(verdict.figure)
    pin = tag("line", x1=percent(at), x2=percent(at), y1=_TOP - 8, y2=_TOP + _ROW, class_="pin", stroke="currentColor")
    return pin + text(f"{verdict.statistic} {beside(verdict)[0]}", at, _TOP - 14, "label strong")


def past_figures(values: Iterable[float | None]) -> list[float]:
    """Return what can be drawn of earlier runs, the latest thirty."""
    return finite(values)[-30:]
