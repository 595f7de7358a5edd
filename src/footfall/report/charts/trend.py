"""One figure over the last runs: a spark for a table's cell, and a larger picture with dates for a broken budget."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from footfall.metrics import format_quantity
from footfall.report.charts.scale import Scale, finite, steady
from footfall.report.charts.svg import WIDE, line, percent, plot, stretched, tag, text
from footfall.report.figures import shown
from footfall.report.words import count, moment, signed_percent
from footfall.stats import percentile

MOST = 60
"""Runs that one picture shows."""


@dataclass(frozen=True)
class Trend:
    """A statistic of a series over runs, oldest first, this run last.

    `tone` is the outcome's word that colours this run; `deployments` are moments and what was deployed then.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    moments: tuple[datetime, ...]
    commits: tuple[str, ...]
    limit: float | None = None
    tone: str = ""
    deployments: tuple[tuple[datetime, str], ...] = ()

    @property
    def latest(self) -> str:
        """This run's figure, for people."""
        return shown(self.values[-1], self.unit)

    @property
    def usual(self) -> float | None:
        """The median of the earlier runs."""
        return percentile(self.values[:-1], 50) if len(self.values) > 1 else None

    @property
    def story(self) -> str:
        """What usually was seen, for a caption: `usually 1.31 s in the 19 runs before`."""
        if self.usual is None:
            return "the first run on record"
        return f"usually {shown(self.usual, self.unit)} in the {count(len(self.values) - 1, 'run')} before"

    @property
    def change(self) -> str:
        """This run against the median of the earlier ones, in per cent; empty where that says nothing."""
        usual = self.usual
        return signed_percent(self.values[-1] / usual - 1) if usual and len(self.values) > 3 else ""


def _scale(trend: Trend) -> Scale:
    """A limit far beyond everything seen is not drawn: it would press the line flat."""
    highest = max(trend.values)
    shown = trend.limit if trend.limit is not None and 0.2 * highest <= trend.limit <= 2.5 * highest else None
    return steady([*trend.values, shown] if shown is not None else trend.values)


def _points(trend: Trend, scale: Scale, height: float, margin: float) -> list[tuple[float, float] | None]:
    last = max(1, len(trend.values) - 1)
    return [(n / last * WIDE, margin + (1 - scale.share(value)) * (height - 2 * margin)) for n, value in enumerate(trend.values)]


def describe(trend: Trend) -> str:
    """Say in words what the picture shows."""
    earlier = trend.values[:-1]
    if not earlier:
        return f"{trend.name}: {trend.latest}, the first run on record"
    low, high = (format_quantity(value, trend.unit) for value in (min(earlier), max(earlier)))
    limit = f"; limit {format_quantity(trend.limit, trend.unit)}" if trend.limit is not None else ""
    deployed = f"; {count(len(found), 'deployment')}" if (found := _deployed(trend)) else ""
    return f"{trend.name}: {trend.latest} in this run, {low} to {high} in the {count(len(earlier), 'run')} before{limit}{deployed}"


def spark(trend: Trend, height: float = 28.0) -> Markup:
    """Return the small picture of a table's cell."""
    scale = _scale(trend)
    points = _points(trend, scale, height, 4)
    events = (line([(share * WIDE, 2), (share * WIDE, height - 2)], "event deployment") for share, _ in _deployed(trend))
    marks = [stretched(height, *events, *_rule(trend, scale, height, 4), line(points, "trace"))]
    end = points[-1]
    if end is not None:
        at = "100%" if len(points) > 1 else "0%"
        marks.append(tag("circle", cx=at, cy=end[1], r=3, class_=f"end {trend.tone}", fill="currentColor"))
    return plot(height, describe(trend), *marks, class_="spark")


def _deployed(trend: Trend) -> list[tuple[float, str]]:
    """Return (where across the picture, what) of the deployments between its first and last run: half a run before the next one."""
    first, last = trend.moments[0], trend.moments[-1]
    span = max(1, len(trend.moments) - 1)
    inside = ((at, words) for at, words in trend.deployments if first < at <= last)
    return [((bisect_left(trend.moments, at) - 0.5) / span, words) for at, words in inside]


def _rule(trend: Trend, scale: Scale, height: float, margin: float) -> list[Markup]:
    if trend.limit is None or not scale.low <= trend.limit <= scale.high:
        return []
    y = margin + (1 - scale.share(trend.limit)) * (height - 2 * margin)
    return [line([(0, y), (WIDE, y)], "limit")]


def trend_chart(trend: Trend, height: float = 120.0) -> Markup:
    """Return the larger picture: a dot per run, hover tells date and commit, dates below, the limit named."""
    scale = _scale(trend)
    points = _points(trend, scale, height - 24, 16)
    marks = [_event(share, words, height - 24) for share, words in _deployed(trend)]
    marks.append(stretched(height - 24, *_rule(trend, scale, height - 24, 16), line(points, "trace")))
    for n, point in enumerate(points):
        if point is not None:
            marks.append(_dot(trend, n, point))
    marks.append(text(moment(trend.moments[0]).split(",")[0], 0, height - 4, anchor="start"))
    marks.append(text("this run", 1, height - 4, anchor="end"))
    if trend.limit is not None and scale.low <= trend.limit <= scale.high:
        marks.append(_limit_label(trend, trend.limit, 16 + (1 - scale.share(trend.limit)) * (height - 56)))
    return plot(height, describe(trend), *marks)


def _event(share: float, words: str, height: float) -> Markup:
    """Draw a deployment as an upright line; hover tells what it was."""
    at = percent(share)
    return tag("line", tag("title", words), x1=at, x2=at, y1=4, y2=height, class_="event deployment", stroke="currentColor")


def _limit_label(trend: Trend, limit: float, y: float) -> Markup:
    """Name the limit at its left end, on the side of its line where the first runs are not."""
    crowded_above = trend.values[0] >= limit
    return text(f"limit {format_quantity(limit, trend.unit)}", 0, y + 15 if crowded_above else y - 6, "label limit-label", anchor="start")


def _dot(trend: Trend, n: int, point: tuple[float, float]) -> Markup:
    latest = n == len(trend.values) - 1
    commit = f" · {trend.commits[n][:8]}" if trend.commits[n] else ""
    title = tag("title", f"{moment(trend.moments[n])}{commit} · {format_quantity(trend.values[n], trend.unit)}")
    share = n / max(1, len(trend.values) - 1)
    return tag("circle", title, cx=percent(share), cy=point[1], r=5 if latest else 3, class_=f"end {trend.tone}" if latest else "run",
               fill="currentColor")  # fmt: skip


def drawable(values: Sequence[float | None]) -> bool:
    """Whether there is a line to draw."""
    return len(finite(values)) > 1
