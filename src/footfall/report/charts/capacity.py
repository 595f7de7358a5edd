"""What a search for a site's capacity found: how much of its limit each budget used at each level, and what was served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from footfall.metrics import format_quantity
from footfall.report.charts.scale import Scale, from_zero
from footfall.report.charts.svg import WIDE, line, percent, plot, stretched, tag, text

_HEIGHT = 200.0
_MOST_USED = 2.0
"""Beyond twice its limit a budget is broken, however far; more would press the rest flat."""
_CLASSES = ("main", "dots", "thin", "bad")

Point = tuple[int, Mapping[str, float]]


def used_by_level(points: Sequence[Point], broken: Sequence[int]) -> tuple[Markup, Markup, tuple[tuple[str, str], ...]]:
    """Return axis, picture and legend (name, class), the tightest budget first; levels in `broken` and beyond are shaded."""
    tightest = {name: max(used.get(name, 0.0) for _, used in points) for _, seen in points for name in seen}
    names = sorted(tightest, key=lambda name: -tightest[name])[: len(_CLASSES)]
    series = {name: [(at, min(used[name], _MOST_USED)) for at, used in points if name in used] for name in names}
    scale = from_zero([share for pairs in series.values() for _, share in pairs], least=1.2)
    across = _across(points)
    legend = tuple(zip(names, _CLASSES, strict=False))
    lines = [line(_traced(series[name], across, scale), class_) for name, class_ in reversed(legend)]
    marks = [_shade(min(broken), across), _grid(scale)] if broken else [_grid(scale)]
    y = _y(1.0, scale)
    rule = tag("line", x1="0%", x2="100%", y1=y, y2=y, class_="limit", stroke="currentColor")
    told = ", ".join(f"{at:,}: {max(used.values()):.0%}" for at, used in points if used)
    label = f"Share of its limit that the tightest budget used, by level: {told}"
    picture = plot(_HEIGHT, label, *marks, stretched(_HEIGHT, *lines), rule, text("limit", 1, y - 5, "label limit-label", "end"))
    return _axis(scale, "ratio"), picture, legend


def served_by_level(points: Sequence[tuple[int, float]], broken: Sequence[int]) -> tuple[Markup, Markup]:
    """Return axis and picture of the requests finished per second at each level."""
    scale, across = from_zero([served for _, served in points]), _across([(at, {}) for at, _ in points])
    told = ", ".join(f"{at:,}: {served:,.0f}/s" for at, served in points)
    marks = [_shade(min(broken), across), _grid(scale)] if broken else [_grid(scale)]
    drawn = stretched(_HEIGHT, line(_traced(points, across, scale), "main"))
    return _axis(scale, "per_s"), plot(_HEIGHT, f"Requests finished per second, by level: {told}", *marks, drawn)


def level_axis(levels: Sequence[int], unit: str) -> Markup:
    """Return the axis below: levels from 0 to the highest."""
    across = _across([(at, {}) for at in levels])
    marks = [
        text(f"{tick:,.0f}" + (f" {unit}" if not tick else ""), across.share(tick), 14, anchor="start" if not tick else "middle")
        for tick in across.ticks(6)
    ]
    return tag("svg", *marks, class_="plot", width="100%", height=20, aria_hidden="true")


def _across(points: Sequence[Point]) -> Scale:
    return from_zero([float(at) for at, _ in points], least=1.0)


def _y(value: float, scale: Scale) -> float:
    return (1 - scale.share(value)) * (_HEIGHT - 2) + 1


def _traced(points: Sequence[tuple[int, float]], across: Scale, scale: Scale) -> list[tuple[float, float] | None]:
    return [(across.share(at) * WIDE, _y(value, scale)) for at, value in sorted(points)]


def _shade(start: int, across: Scale) -> Markup:
    left = across.share(start)
    return tag("rect", x=percent(left), y=0, width=percent(1 - left), height=_HEIGHT, class_="phase")


def _grid(scale: Scale) -> Markup:
    return Markup("").join(tag("line", x1="0%", x2="100%", y1=_y(v, scale), y2=_y(v, scale), class_="grid") for v in scale.ticks(5))


def _axis(scale: Scale, unit: str) -> Markup:
    marks = [
        tag("text", format_quantity(v, unit, digits=2), x=52, y=min(_HEIGHT, max(10.0, _y(v, scale) + 4)), text_anchor="end",
            class_="label", fill="currentColor")
        for v in scale.ticks(5)
    ]  # fmt: skip
    return tag("svg", *marks, width=56, height=_HEIGHT, aria_hidden="true", class_="names")
