"""Bars: a journey's steps laid end to end, how much of its limit a figure uses, and how many verdicts there are of each kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from footfall.gate.verdict import Outcome, Verdict
from footfall.metrics import format_quantity
from footfall.report.charts.svg import percent, plot, tag

_FULL = 0.7
"""Where on its bar the limit stands, so that a figure beyond it can be seen."""


def step_bar(start: float, length: float, total: float, label: str, tone: str = "") -> Markup:
    """Return a step's place in its journey: `start`, `length` and `total` in one unit."""
    whole = total or 1.0
    track = tag("rect", x="0%", y=5, width="100%", height=6, rx=3, class_="track")
    bar = tag("rect", x=percent(start / whole), y=5, width=percent(max(length / whole, 0.004)), height=6, rx=3, class_=f"bar {tone}",
              fill="currentColor")  # fmt: skip
    return plot(16, label, track, bar, class_="steps")


def used(verdict: Verdict) -> Markup:
    """Return how much of its limit a figure uses; empty where a share says nothing (a floor, no limit, a limit of 0)."""
    if verdict.figure is None or not verdict.limit or verdict.limit < 0 or not verdict.comparator.startswith("<"):
        return Markup("")
    share = max(verdict.figure, 0.0) / verdict.limit
    label = f"{share:.0%} of the limit".replace("%", " %")
    track = tag("rect", x="0%", y=5, width="100%", height=6, rx=3, class_="track")
    bar = tag("rect", x="0%", y=5, width=percent(min(share * _FULL, 1.0)), height=6, rx=3, class_=f"bar {verdict.outcome.value}",
              fill="currentColor")  # fmt: skip
    mark = tag("line", x1=percent(_FULL), x2=percent(_FULL), y1=1, y2=15, class_="mark", stroke="currentColor")
    return plot(16, label, track, bar, mark, tag("title", label), class_="used")


def pair_bar(before: float, after: float, label: str) -> Markup:
    """Return two figures of one unit as bars above each other: `before` grey, `after` in the accent."""
    whole = max(before, after) or 1.0
    marks = [
        tag("rect", x="0%", y=y, width=percent(max(value / whole, 0.004)), height=5, rx=2, class_=class_, fill="currentColor")
        for value, y, class_ in ((before, 2, "bar quiet"), (after, 9, "bar"))
    ]
    return plot(16, label, *marks, class_="used")


def ratio_bar(ratio: float, ends: tuple[float, float], reach: float, label: str, tone: str) -> Markup:
    """Return a change with its bounds on a logarithmic line whose middle is "as before"; `reach` is ln of the ratio at either edge."""

    def at(value: float) -> str:
        return percent(min(1.0, max(0.0, 0.5 + math.log(value) / reach / 2))) if value > 0 else "0%"

    marks = [
        tag("line", x1="50%", x2="50%", y1=1, y2=19, class_="axis", stroke="currentColor"),
        tag("line", x1=at(ends[0]), x2=at(ends[1]), y1=10, y2=10, class_="whisker", stroke="currentColor"),
        tag("circle", cx=at(ratio), cy=10, r=4, class_=f"end {tone}", fill="currentColor"),
    ]
    return plot(20, label, *marks, class_="used")


def parts_bar(parts: Sequence[tuple[str, float]], unit: str = "ms") -> Markup:
    """Return the parts of a time laid end to end, each in a shade of its own; pointing at one names it."""
    whole = sum(value for _, value in parts) or 1.0
    marks, at = [], 0.0
    for n, (name, value) in enumerate(parts):
        title = tag("title", f"{name}: {format_quantity(value, unit)}")
        marks.append(tag("rect", title, x=percent(at / whole), y=3, width=percent(value / whole), height=10, class_=f"share s{n}"))
        at += value
    label = ", ".join(f"{name} {format_quantity(value, unit)}" for name, value in parts)
    return plot(16, label, *marks, class_="parts") if parts else Markup("")


def tally_bar(counts: Mapping[Outcome, int]) -> Markup:
    """Return the verdicts as one bar, worst first."""
    total = sum(counts.values())
    marks, at = [], 0.0
    for outcome, number in counts.items():
        if number:
            width = number / total
            marks.append(
                tag("rect", x=percent(at), y=0, width=percent(width), height=8, class_=f"bar {outcome.value}", fill="currentColor")
            )
            at += width
    label = ", ".join(f"{number} {outcome.value}" for outcome, number in counts.items() if number)
    return plot(8, label, *marks, class_="tally") if marks else Markup("")
