"""A load run as small multiples over one time axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from footfall.gate.verdict import Verdict
from footfall.metrics import format_quantity
from footfall.report.charts.scale import Scale, finite, from_zero, nice
from footfall.report.charts.svg import WIDE, area, line, percent, plot, stretched, tag, text
from footfall.report.timeline import Moment, Timeline
from footfall.report.words import beside


@dataclass(frozen=True)
class Panel:
    """One of the small multiples: its title, a legend of (name, class of its line) and the picture."""

    title: str
    legend: tuple[tuple[str, str], ...]
    axis: Markup
    picture: Markup


@dataclass(frozen=True)
class _Line:
    name: str
    class_: str
    read: Callable[[Moment], float | None]


def panels(timeline: Timeline, verdicts: Sequence[Verdict] = ()) -> tuple[Panel, ...]:
    """Return the panels that have anything to show; limits of `verdicts` (of the whole profile) are drawn in theirs."""
    every = "second" if timeline.width_s == 1 else f"{timeline.width_s:g} s"
    latency = (_Line("p50", "thin", lambda m: m.p50), _Line("p95", "main", lambda m: m.p95), _Line("p99", "dots", lambda m: m.p99))
    specs: tuple[tuple[str, str, float, tuple[_Line, ...], str], ...] = (
        ("Users running", "count", 72, (_Line("users", "main", lambda m: m.users),), "users"),
        ("Requests finished per second", "per_s", 72, (_Line("throughput", "main", lambda m: m.throughput),), "throughput"),
        (f"Latency per {every}: percentiles of all requests", "ms", 152, latency, "latency"),
        ("Failed requests, share", "ratio", 72, (_Line("errors", "bad", lambda m: m.errors),), "errors"),
        ("Generator: share of one core used", "ratio", 56, (_Line("cpu", "thin", lambda m: m.generator_cpu),), "generator_cpu"),
        ("Generator: lag of its event loop", "ms", 56, (_Line("lag", "thin", lambda m: m.generator_lag),), "generator_lag"),
    )
    made = []
    for title, unit, height, lines, metric in specs:
        if finite(each.read(m) for each in lines for m in timeline.moments):
            limits = [verdict for verdict in verdicts if verdict.metric == metric and verdict.limit is not None]
            made.append(_panel(timeline, title, unit, height, lines, limits))
    return tuple(made)


def _panel(  # a picture is all of these at once
    timeline: Timeline, title: str, unit: str, height: float, lines: Sequence[_Line], limits: Sequence[Verdict]
) -> Panel:
    values = finite(each.read(m) for each in lines for m in timeline.moments)
    near = [v.limit for v in limits if v.limit is not None and v.limit <= 1.6 * max(values)]
    scale = from_zero([*values, *near], least={"ratio": 0.01}.get(unit, 0.0))
    layer = [area(_placed(timeline, lines[0], scale, height), height, f"wash {lines[0].class_}")] if len(lines) == 1 else []
    layer += [line(_traced(timeline, each, scale, height), each.class_) for each in reversed(lines)]
    marks = [_phases(timeline, height), _grid(scale, height), stretched(height, *layer)]
    marks += [_limit(verdict, scale, height) for verdict in limits if verdict.limit in near]
    marks.append(_hover(timeline, lines, unit, height))
    label = f"{title}: {_summary(timeline, lines, unit)}"
    legend = tuple((each.name, each.class_) for each in lines) if len(lines) > 1 else ()
    return Panel(title, legend, _axis(scale, unit, height), plot(height, label, *marks))


def _x(timeline: Timeline, moment: Moment) -> float:
    """The middle of a bucket, as a share of the width."""
    return (moment.at + timeline.width_s / 2) / (timeline.width_s * len(timeline.moments))


def _y(value: float, scale: Scale, height: float) -> float:
    return (1 - scale.share(value)) * (height - 2) + 1


def _traced(timeline: Timeline, each: _Line, scale: Scale, height: float) -> list[tuple[float, float] | None]:
    values = [(m, each.read(m)) for m in timeline.moments]
    return [(_x(timeline, m) * WIDE, _y(v, scale, height)) if v is not None and finite([v]) else None for m, v in values]


def _placed(timeline: Timeline, each: _Line, scale: Scale, height: float) -> list[tuple[float, float]]:
    return [point for point in _traced(timeline, each, scale, height) if point is not None]


def _grid(scale: Scale, height: float) -> Markup:
    lines = [tag("line", x1="0%", x2="100%", y1=y, y2=y, class_="grid") for y in (_y(v, scale, height) for v in _levels(scale, height))]
    return Markup("").join(lines)


def _levels(scale: Scale, height: float) -> list[float]:
    return scale.ticks(5) if height > 100 else [0.0, scale.high]


def _axis(scale: Scale, unit: str, height: float) -> Markup:
    """The numbers, in a column of their own to the left."""
    marks = [
        tag("text", format_quantity(v, unit, digits=2), x=52, y=min(height, max(10.0, _y(v, scale, height) + 4)), text_anchor="end",
            class_="label", fill="currentColor")
        for v in _levels(scale, height)
    ]  # fmt: skip
    return tag("svg", *marks, width=56, height=height, aria_hidden="true", class_="names")


def phases(timeline: Timeline) -> Iterable[tuple[str, float, float]]:
    """Yield the stretches that are not steady: name, start and end as shares of the width."""
    numbered = enumerate(timeline.moments)
    for name, group in groupby(numbered, key=lambda pair: pair[1].phase):
        places = [n for n, _ in group]
        if name:
            yield name, places[0] / len(timeline.moments), (places[-1] + 1) / len(timeline.moments)


def _phases(timeline: Timeline, height: float) -> Markup:
    shades = [tag("rect", x=percent(a), y=0, width=percent(b - a), height=height, class_="phase") for _, a, b in phases(timeline)]
    return Markup("").join(shades)


def _limit(verdict: Verdict, scale: Scale, height: float) -> Markup:
    y = _y(verdict.limit or 0.0, scale, height)
    rule = tag("line", x1="0%", x2="100%", y1=y, y2=y, class_="limit", stroke="currentColor")
    return rule + text(f"{verdict.statistic} limit {beside(verdict)[1]}", 1, y - 5 if y > 18 else y + 14, "label limit-label", "end")


def _hover(timeline: Timeline, lines: Sequence[_Line], unit: str, height: float) -> Markup:
    """A column per bucket that tells its figures when pointed at."""
    width = percent(1 / len(timeline.moments))
    marks = []
    for n, moment in enumerate(timeline.moments):
        told = [f"{e.name} {format_quantity(value, unit)}" for e in lines if (value := e.read(moment)) is not None]
        title = tag("title", " · ".join([clock(moment.at), *told]))
        marks.append(tag("rect", title, x=percent(n / len(timeline.moments)), y=0, width=width, height=height, class_="hover"))
    return Markup("").join(marks)


def _summary(timeline: Timeline, lines: Sequence[_Line], unit: str) -> str:
    told = []
    for each in lines:
        known = [(value, m.at) for m in timeline.moments if (value := each.read(m)) is not None]
        if known:
            low, (high, at) = min(known)[0], max(known)
            told.append(f"{each.name} {format_quantity(low, unit)} to {format_quantity(high, unit)}, highest at {clock(at)}")
    return "; ".join(told)


def clock(seconds: float) -> str:
    """Write seconds from the start as `1:05` or `1:02:05`."""
    whole = int(seconds)
    minutes = f"{whole // 60}:{whole % 60:02d}"
    return minutes if whole < 3600 else f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def time_axis(timeline: Timeline) -> Markup:
    """Return the axis under all panels: minutes and seconds from the start."""
    length = timeline.width_s * len(timeline.moments)
    step = _round_step(length)
    times = [n * step for n in range(int(length // step) + 1)]
    marks = [text(clock(t), t / length, 14, anchor="start" if not t else "end" if t == length else "middle") for t in times]
    marks += [text(name, (start + end) / 2, 32, "label") for name, start, end in phases(timeline) if end - start > 0.04]
    return tag("svg", *marks, class_="plot", width="100%", height=36, aria_hidden="true")


def _round_step(length: float) -> float:
    """A step of whole seconds or minutes that gives about four labels."""
    rungs = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return float(next((rung for rung in rungs if length / rung <= 6), nice(length / 5, up=True)))
