"""The trends page: lines over many runs with budgets, changes and deployments, and what they foretell."""

from __future__ import annotations

import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from markupsafe import Markup

from footfall.metrics import Better, Source, format_quantity
from footfall.report.charts.course import course_chart
from footfall.report.course import Course, CourseRun, Line, Mark, better_of
from footfall.report.figures import VITALS, metric_name, shown
from footfall.report.forecast import LEAST, Crossing, Drift, crossing, drift
from footfall.report.words import count, day, series_place, signed_percent
from footfall.samples import Series

if TYPE_CHECKING:
    import pandas as pd

    from footfall.report.frames import Curves

MOST_CHARTS = 240
"""Pictures that one page carries; the rest is counted."""
_FIRST = ("duration", "latency", "errors", "throughput", "success", *VITALS)
_DIGITS = 5
_CHANGES = frozenset({"change", "drift"})
_NOTABLE = 0.05
"""A week's change below this is not coloured."""


@dataclass(frozen=True)
class Chart:
    """One line: its name, its last figure, the change over a week, its picture for pages without scripts, what it foretells."""

    number: int
    line: Line
    place: str
    name: str
    latest: str
    change: str
    worse: bool
    tone: str
    picture: Markup
    forecast: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Group:
    """The charts of one journey, profile or probe."""

    name: str
    source: str
    tags: tuple[str, ...]
    parts: tuple[tuple[str, tuple[Chart, ...]], ...]


@dataclass(frozen=True)
class Outlook:
    """A line that goes somewhere: where, how it moved, and when it will cross its budget, in words."""

    place: str
    name: str
    latest: str
    moved: str
    worse: bool
    limit: str
    when: str


@dataclass(frozen=True)
class WeekRow:
    """A line this week beside the week before."""

    place: str
    name: str
    now: str
    before: str
    change: str
    share: float
    worse: bool
    runs: int

    @property
    def notable(self) -> bool:
        """Whether it moved by enough to speak of."""
        return abs(self.share) >= _NOTABLE


@dataclass(frozen=True)
class Week:
    """The seven days up to the last run: how many runs, how many were judged and failed, what was deployed and changed."""

    runs: int
    judged: int
    failed: int
    deployments: tuple[Mark, ...]
    changes: tuple[Mark, ...]


class TrendPage:
    """What templates show of a course; each part is worked out when it is asked for."""

    def __init__(self, course: Course) -> None:
        self.course = course

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return len(self.course.runs)

    @property
    def first(self) -> CourseRun:
        """The oldest run."""
        return self.course.runs[0]

    @property
    def last(self) -> CourseRun:
        """The newest run."""
        return self.course.runs[-1]

    @property
    def days(self) -> int:
        """Over how many days the runs lie."""
        return math.ceil((self.last.started - self.first.started) / timedelta(days=1)) if self.runs else 0

    @property
    def deployments(self) -> tuple[Mark, ...]:
        """The deployments, oldest first."""
        return tuple(mark for mark in self.course.marks if mark.kind == "deployment")

    @property
    def changes(self) -> tuple[Mark, ...]:
        """The changes of level of all series, steps and drifts, newest first."""
        return tuple(sorted((mark for mark in self.course.marks if mark.kind in _CHANGES), key=lambda mark: mark.end, reverse=True))

    @cached_property
    def table(self) -> pd.DataFrame:
        """The figures, a row per run and a column per line."""
        from footfall.report import frames  # noqa: PLC0415  # pandas takes half a second to import

        return frames.wide(self.course)

    @cached_property
    def _daily(self) -> Mapping[int, tuple[list[float], list[float]]]:
        """Each line's daily medians: days from the first, and figures."""
        from footfall.report import frames  # noqa: PLC0415

        return frames.by_day(self._days)

    @cached_property
    def _days(self) -> pd.DataFrame:
        from footfall.report import frames  # noqa: PLC0415

        return frames.daily(self.table)

    @cached_property
    def _breaks(self) -> Mapping[Series, list[float]]:
        """The days, counted as in `_daily`, on which a series changed its level at once: a drift breaks nothing."""
        found: dict[Series, list[float]] = {}
        for mark in self.changes if len(self._days) else ():
            if mark.series is not None and mark.kind == "change":
                found.setdefault(mark.series, []).append(self._day_of(mark.at))
        return found

    def _day_of(self, moment: datetime) -> float:
        """A moment's day, counted as in `_daily`."""
        found: float = (moment.replace(hour=0, minute=0, second=0, microsecond=0) - self._days.index[0]) / timedelta(days=1)
        return found

    @cached_property
    def _lately(self) -> Mapping[int, tuple[list[float], list[float]]]:
        """Each line's daily medians since its latest drift was over or, while that is not long ago, since it began."""
        drifts = {mark.series: mark for mark in reversed(self.changes) if mark.kind == "drift"}
        found = {}
        for number, (days, values) in self._daily.items():
            mark = drifts.get(self.course.lines[number].series)
            starts = [bisect_right(days, self._day_of(mark.end)), bisect_left(days, self._day_of(mark.at))] if mark else []
            start = next((start for start in starts if len(days) - start >= LEAST), 0)
            found[number] = days[start:], values[start:]
        return found

    @cached_property
    def _extent(self) -> Mapping[int, tuple[float, float, float]]:
        """Each line's last figure, its lowest and its highest one."""
        from footfall.report import frames  # noqa: PLC0415

        return frames.extent(self.table)

    @cached_property
    def _curves(self) -> Curves:
        from footfall.report import frames  # noqa: PLC0415

        return frames.curves(self.table)

    @property
    def gathered(self) -> bool:
        """Whether the pictures show stretches of several runs instead of single ones."""
        return self._curves.gathered

    @cached_property
    def charts(self) -> tuple[Chart, ...]:
        """The charts in the order of the page."""
        ranked = sorted(_numbers(self.table), key=lambda n: _rank(self.course.lines[n]))
        return tuple(self._chart(n) for n in ranked[:MOST_CHARTS])

    @property
    def left_out(self) -> int:
        """How many lines found no room."""
        return max(0, len(self.table.columns) - MOST_CHARTS)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The charts by journey, profile and probe, and there by step or request."""
        found: dict[tuple[str, str, tuple[tuple[str, str], ...]], dict[str, list[Chart]]] = {}
        for chart in self.charts:
            series = chart.line.series
            found.setdefault((series.source, series.subject, series.labels), {}).setdefault(series.part, []).append(chart)
        return tuple(
            Group(subject, source, tuple(value for _, value in labels), tuple((part, tuple(charts)) for part, charts in parts.items()))
            for (source, subject, labels), parts in found.items()
        )

    def _chart(self, number: int) -> Chart:
        line, curves = self.course.lines[number], self._curves
        values = [_finite(value) for value in curves.middle[number].tolist()]
        marks = tuple(mark for mark in self.course.marks if mark.series in {None, line.series})
        latest, *_ = self._extent[number]
        share = self._week_change(number)
        name = f"{metric_name(line.series.metric)} {line.statistic}"
        over = line.limit is not None and ((latest > line.limit) if line.upper else (latest < line.limit))
        picture = course_chart(
            self._told(number, name), curves.seconds, values, line, [(at, m.kind, m.text) for m in marks for at in _moments(m)]
        )
        return Chart(
            number=number,
            line=line,
            place=series_place(line.series),
            name=name,
            latest=shown(latest, line.unit),
            change=signed_percent(share),
            worse=abs(share) >= _NOTABLE and _worse(line, share),
            tone="fail" if over else "",
            picture=picture,
            forecast=self._forecast(number),
            marks=tuple(mark for mark in marks if mark.kind in _CHANGES),
        )

    def _told(self, number: int, name: str) -> str:
        line = self.course.lines[number]
        latest, low, high = (format_quantity(value, line.unit) for value in self._extent[number])
        limit = f", limit {format_quantity(line.limit, line.unit)}" if line.limit is not None else ""
        return f"{series_place(line.series)} {name}: {latest} last, {low} to {high} over {self.runs:,} runs{limit}"

    def _week_change(self, number: int) -> float:
        """The median of the last week against that of the week before; 0 where one is empty."""
        share = float(self._weeks["change"].get(number, math.nan))
        return share if math.isfinite(share) else 0.0

    @cached_property
    def _weeks(self) -> pd.DataFrame:
        from footfall.report import frames  # noqa: PLC0415

        return frames.beside_before(self.table, self.last.started, timedelta(days=7))

    @cached_property
    def weeks(self) -> tuple[WeekRow, ...]:
        """This week beside the week before, the largest changes for the worse first, then the largest for the better."""
        rows = []
        for number, line in enumerate(self.course.lines):
            if number in self._weeks.index:
                now, before, share, runs = (float(self._weeks.at[number, name]) for name in ("now", "before", "change", "runs"))  # type: ignore[arg-type]  # noqa: PD008  # all columns are numbers
                if math.isfinite(now):
                    rows.append(_week_row(line, now, before, share if math.isfinite(share) else 0.0, int(runs)))
        return tuple(sorted(rows, key=lambda row: (-row.worse, -abs(row.share))))

    @property
    def week(self) -> Week:
        """What happened in the seven days up to the last run."""
        since = self.last.started - timedelta(days=7)
        runs = [run for run in self.course.runs if run.started > since]
        failed = sum(run.verdict in {"fail", "missing"} for run in runs)
        marks = [tuple(mark for mark in kind if mark.end > since) for kind in (self.deployments, self.changes)]
        return Week(len(runs), sum(bool(run.verdict) for run in runs), failed, marks[0], marks[1])

    @cached_property
    def _drifts(self) -> Mapping[int, Drift]:
        found = {number: drift(*series, self._breaks.get(self.course.lines[number].series, ())) for number, series in self._lately.items()}
        return {number: each for number, each in found.items() if each is not None and each.clear}

    @cached_property
    def _crossings(self) -> Mapping[int, Crossing]:
        found = {}
        for number in self._drifts:
            line = self.course.lines[number]
            fixed = line.limit if not line.moves else None
            if fixed is None:
                continue
            each = crossing(*self._lately[number], fixed, upper=line.upper, breaks=self._breaks.get(line.series, ()))
            if each is not None:
                found[number] = each
        return found

    def _forecast(self, number: int) -> str:
        """When a line will cross its budget, in words; empty where nothing can be said."""
        known = self._crossings.get(number)
        line = self.course.lines[number]
        if known is None or line.limit is None:
            return ""
        now = self.last.started
        when = [day(now + timedelta(days=value)) if value is not None else "" for value in (known.likely, known.earliest, known.latest)]
        span = f"{when[1]} to {when[2]}" if when[2] else f"not before {when[1]}, perhaps never"
        return f"will cross {format_quantity(line.limit, line.unit)} about {when[0]} ({span})"

    @cached_property
    def outlooks(self) -> tuple[Outlook, ...]:
        """Every line with a clear drift; those that will cross their budget first, then the worse ones, the fastest first."""
        ranked = sorted(self._drifts, key=lambda n: (n not in self._crossings, not self._going_worse(n), -abs(self._drifts[n].per_day)))
        return tuple(self._outlook(number) for number in ranked)

    def _going_worse(self, number: int) -> bool:
        return _worse(self.course.lines[number], self._drifts[number].per_day)

    def _outlook(self, number: int) -> Outlook:
        line, known = self.course.lines[number], self._drifts[number]
        latest = self._daily[number][1][-1]
        moved = f"{signed_percent(known.change) or '±0 %'} in {count(round(known.span), 'day')}"
        limit = format_quantity(line.limit, line.unit) if line.limit is not None else ""
        name = f"{metric_name(line.series.metric)} {line.statistic}"
        place = series_place(line.series)
        return Outlook(place, name, shown(latest, line.unit), moved, self._going_worse(number), limit, self._forecast(number))

    @cached_property
    def payload(self) -> Markup:
        """All lines as JSON for the page's script, safe inside a script element."""
        curves = self._curves
        runs = [] if curves.gathered else [[_stamp(run.started), run.id[-6:], run.commit[:8], run.verdict] for run in self.course.runs]
        document = {
            "x": _json(curves.seconds),
            "gathered": _json(curves.gathered),
            "runs": _json(runs),
            "deployments": _json([[_stamp(mark.at), mark.text] for mark in self.deployments]),
            "charts": _object({str(chart.number): _object(self._plain(chart)) for chart in self.charts}),
        }
        text = _object(document)
        return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704  # "<" cannot close the element

    def _plain(self, chart: Chart) -> dict[str, str]:
        """A line's parts, each as JSON."""
        curves, number, line = self._curves, chart.number, chart.line
        drawn = {"y": curves.middle, "smooth": curves.smooth}
        if curves.gathered:
            drawn |= {"low": curves.low, "high": curves.high}
        return {
            "name": _json(f"{chart.place} {chart.name}"),
            "unit": _json(line.unit),
            "limit": _json(line.limit),
            "changes": _json([[_stamp(at), mark.text] for mark in chart.marks for at in _moments(mark)]),
            **{name: _rounded(frame[number].tolist()) for name, frame in drawn.items()},
        }


def _moments(mark: Mark) -> tuple[datetime, ...]:
    """Where a mark stands in a picture: a drift at its two ends."""
    return (mark.at,) if mark.until is None else (mark.at, mark.until)


def _numbers(table: pd.DataFrame) -> list[int]:
    """The lines that a table holds."""
    return [int(number) for number in table.columns]


def _rank(line: Line) -> tuple[int, str, tuple[tuple[str, str], ...], str, int, str]:
    """Journeys, load, probes; there by name and part, and the metrics that matter most first."""
    series = line.series
    source = list(Source).index(Source(series.source)) if series.source in set(Source) else len(Source)
    metric = _FIRST.index(series.metric) if series.metric in _FIRST else len(_FIRST)
    return source, series.subject, series.labels, series.part, metric, series.metric


def _worse(line: Line, change: float) -> bool:
    return bool(worse_of(line.series, change))


def worse_of(series: Series, change: float) -> bool | None:
    """Whether a change of a series is one for the worse; None where no direction is known, or nothing changed."""
    better = better_of(series)
    return None if better == Better.NEITHER or not change else (change > 0) == (better == Better.LOWER)


def _week_row(line: Line, now: float, before: float, share: float, runs: int) -> WeekRow:
    name = f"{metric_name(line.series.metric)} {line.statistic}"
    known = shown(before, line.unit) if math.isfinite(before) else "–"
    change = signed_percent(share)
    return WeekRow(series_place(line.series), name, shown(now, line.unit), known, change, share, bool(change) and _worse(line, share), runs)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _rounded(values: Iterable[float]) -> str:
    """Write figures as JSON: a page has a hundred thousand, which to round and then to write would take twice as long."""
    return f"[{','.join([f'{value:.{_DIGITS}g}' if math.isfinite(value) else 'null' for value in values])}]"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def _object(members: Mapping[str, str]) -> str:
    """Write an object of members that are JSON already."""
    return f"{{{','.join(f'{_json(name)}:{value}' for name, value in members.items())}}}"


def _stamp(moment: datetime) -> int:
    return round(moment.timestamp())


def page_of(course: Course | None, fallback: Sequence[Course]) -> TrendPage | None:
    """Return the page of a course, or of the first fallback that has runs; None where there is nothing to tell."""
    known = next((each for each in (course, *fallback) if each is not None and each.runs and len(each.cells)), None)
    return TrendPage(known) if known else None
