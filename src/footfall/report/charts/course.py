"""One line over many runs, drawn once: what a trends page shows where no script runs, and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from footfall.metrics import format_quantity
from footfall.report.charts.scale import Scale, finite, steady
from footfall.report.charts.svg import WIDE, line, percent, plot, stretched, tag, text
from footfall.report.course import Line
from footfall.report.words import day_of

HEIGHT = 132.0
_TOP, _FOOT = 12.0, 20.0
_POINTS = 120
_MOST_MARKS = 40


def course_chart(
    label: str, seconds: Sequence[int], values: Sequence[float | None], followed: Line, marks: Sequence[tuple[datetime, str, str]]
) -> Markup:
    """Return the picture of `values` at `seconds` since 1970; `marks` are (moment, kind, text), the budget is drawn where it lies near."""
    points = _thinned(list(zip(seconds, values, strict=True)))
    known = finite(value for _, value in points)
    if not known:
        return Markup("")
    start, end = seconds[0], max(seconds[-1], seconds[0] + 1)
    near = followed.limit is not None and 0.2 * max(known) <= followed.limit <= 2.5 * max(known)
    scale = steady([*known, followed.limit] if near else known)
    placed = [((at - start) / (end - start) * WIDE, _y(value, scale)) if value is not None else None for at, value in points]
    floor = HEIGHT - _FOOT
    rule = [line([(0, _y(followed.limit, scale)), (WIDE, _y(followed.limit, scale))], "limit")] if near and followed.limit else []
    drawn = [stretched(floor, *rule, line(placed, "trace"))]
    drawn += [_mark(moment, kind, words, (start, end)) for moment, kind, words in marks[:_MOST_MARKS]]
    drawn.append(text(day_of(start), 0, HEIGHT - 4, anchor="start"))
    drawn.append(text(day_of(end), 1, HEIGHT - 4, anchor="end"))
    if near and followed.limit:
        y = _y(followed.limit, scale)
        drawn.append(
            text(f"limit {format_quantity(followed.limit, followed.unit)}", 0, y - 5 if y > 16 else y + 14, "label limit-label", "start")
        )
    return plot(HEIGHT, label, *drawn, class_="plot course")


def _thinned(points: list[tuple[int, float | None]]) -> list[tuple[int, float | None]]:
    """Keep every nth point, and the last: the eye sees no more on paper."""
    step = max(1, len(points) // _POINTS)
    kept = points[::step]
    return kept if kept and kept[-1] == points[-1] else [*kept, points[-1]]


def _y(value: float, scale: Scale) -> float:
    return _TOP + (1 - scale.share(value)) * (HEIGHT - _FOOT - _TOP)


def _mark(moment: datetime, kind: str, words: str, span: tuple[int, int]) -> Markup:
    share = (moment.timestamp() - span[0]) / (span[1] - span[0])
    if not 0 <= share <= 1:
        return Markup("")
    at = percent(share)
    return tag("line", tag("title", words), x1=at, x2=at, y1=_TOP - 8, y2=HEIGHT - _FOOT, class_=f"event {kind}", stroke="currentColor")
