"""Each series over the last runs: which figure is followed, and how the pictures are arranged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from footfall.gate.evidence import Observation
from footfall.gate.verdict import WORST_FIRST, Outcome, Verdict
from footfall.metrics import CATALOGUE, Better, Kind, Source
from footfall.report.charts.scale import finite
from footfall.report.charts.strip import Spread
from footfall.report.charts.trend import MOST, Trend
from footfall.report.course import Budgeted, Course, CourseRun, course_of
from footfall.report.figures import VITALS, metric_name, titled, usual_statistic, value_of, worst_of
from footfall.report.tables import Labels
from footfall.report.timeline import PHASE
from footfall.report.view import Point, ReportView
from footfall.samples import Series
from footfall.stats import percentile

MOST_ROWS = 60
"""Rows of pictures that one page carries."""
MOST_COLUMNS = 8
"""Pictures that stand beside each other and can still be read; what has a budget comes first."""
WHOLE = "As a whole"
_FIRST = ("duration", "latency", "errors", "throughput", *VITALS, "success")


@dataclass(frozen=True)
class TrendRow:
    """The trends of one step, request or probe; None where a metric was not observed there."""

    name: str
    trends: tuple[Trend | None, ...]


@dataclass(frozen=True)
class TrendTable:
    """The trends of one journey, profile, or of all probes."""

    name: str
    tags: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[TrendRow, ...]
    tone: str = ""

    @property
    def chief(self) -> Trend | None:
        """The one that stands for all of them: the first of the first row."""
        return next((trend for trend in self.rows[0].trends if trend), None)

    @property
    def chief_name(self) -> str:
        """What that one shows: `duration p75`, with the row's name where it is not the whole."""
        name = self.chief.name if self.chief else ""
        return name if self.rows[0].name == WHOLE else f"{self.rows[0].name}: {name}"

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return sum(trend is not None for row in self.rows for trend in row.trends)


def trend_of(view: ReportView, series: Series, verdict: Verdict | None = None) -> Trend | None:
    """Return how a series went over the last runs, by the statistic that `verdict` judged or else the usual one; None without a history."""
    seen = view.observation(series)
    points = view.trends.get(series, ())[-MOST:]
    if seen is None or not points:
        return None
    statistic = verdict.statistic if verdict and value_of(seen.figures, verdict.statistic, seen.kind) is not None else ""
    found = _trend(seen, points, statistic or usual_statistic(series, seen.kind), verdict)
    return replace(found, deployments=tuple((mark.at, mark.text) for mark in view.deployments)) if found else None


def _trend(seen: Observation, points: Sequence[Point], statistic: str, verdict: Verdict | None) -> Trend | None:
    known = [(value, point) for point in points if (value := value_of(point.figures, statistic, seen.kind)) is not None and finite([value])]
    if not known:
        return None
    judged = verdict is not None and verdict.statistic == statistic
    return Trend(
        name=f"{metric_name(seen.series.metric)} {statistic}",
        unit="count" if statistic == "count" else seen.unit,
        values=tuple(value for value, _ in known),
        moments=tuple(point.started for _, point in known),
        commits=tuple(point.commit for _, point in known),
        limit=verdict.limit if verdict and judged else None,
        tone=verdict.outcome.value if verdict and judged else "",
    )


def trend_tables(view: ReportView) -> tuple[TrendTable, ...]:
    """Return the pictures of what customers feel and what budgets judge, where it was seen before: MOST_ROWS rows at most."""
    worst, budgeted = {series: worst_of(found) for series, found in _by_series(view).items()}, Budgeted(view.verdicts)
    followed = (s for s in view.trends if PHASE not in s.label_map and (s in worst or budgeted.worth_following(s)))
    found = {s: t for s in followed if (t := trend_of(view, s, worst.get(s))) and len(t.values) > 1}
    tables, room = [], MOST_ROWS
    for source in Source:
        groups = dict.fromkeys(_group(series) for series in found if series.source == source)
        for subject, labels in groups:
            mine = {series: trend for series, trend in found.items() if series.source == source and _group(series) == (subject, labels)}
            table = _table(subject or "Probes", labels, mine, view.steps.get(subject, ()), room)
            room -= len(table.rows)
            if table.rows:
                tables.append(table)
    return tuple(tables)


@dataclass(frozen=True)
class Mover:
    """A series that left the range of all runs before: where, how it went, and whether that is worse."""

    place: str
    trend: Trend
    worse: bool


def movers(view: ReportView, least_runs: int = 5) -> tuple[Mover, ...]:
    """Return the series whose figure lies outside all of `least_runs` or more runs before, the largest changes first.

    A hint for people, not a verdict: with many series some leave their range by chance. Metrics without a better direction are left out.
    """
    found = []
    for series in view.trends:
        better = CATALOGUE[Source(series.source)].get(series.metric) if series.source in set(Source) else None
        trend = trend_of(view, series) if better and better.better != Better.NEITHER and PHASE not in series.label_map else None
        if trend and len(trend.values) > least_runs and trend.usual:
            latest, earlier = trend.values[-1], trend.values[:-1]
            if not min(earlier) <= latest <= max(earlier):
                higher = latest > trend.usual
                place = f"{series.subject} › {series.part}" if series.part else series.subject
                found.append(Mover(place, trend, worse=higher == (better is not None and better.better == Better.LOWER)))
    return tuple(sorted(found, key=lambda mover: -abs(math.log(max(mover.trend.values[-1], 1e-9) / (mover.trend.usual or 1.0)))))


def _by_series(view: ReportView) -> dict[Series, list[Verdict]]:
    found: dict[Series, list[Verdict]] = {}
    for verdict in view.verdicts:
        if verdict.series is not None:
            found.setdefault(verdict.series, []).append(verdict)
    return found


def _group(series: Series) -> tuple[str, Labels]:
    """Probes share one table, a row each."""
    return ("", ()) if series.source == Source.PROBE else (series.subject, series.labels)


def _row_name(series: Series) -> str:
    return " · ".join((series.subject, *(value for _, value in series.labels))) if series.source == Source.PROBE else series.part


def _table(name: str, labels: Labels, found: dict[Series, Trend], order: Sequence[str], room: int) -> TrendTable:
    metrics = _columns({series: trend for series, trend in found.items() if not _dull(series, trend)})
    parts = sorted({_row_name(series) for series in found}, key=lambda part: (order.index(part) if part in order else -1, part))
    cells = {(_row_name(series), series.metric): trend for series, trend in found.items()}
    rows = (TrendRow(part or WHOLE, tuple(cells.get((part, metric)) for metric in metrics)) for part in parts[: max(0, room)])
    tones = [trend.tone for trend in found.values() if trend.tone]
    worst = min(tones, key=lambda tone: WORST_FIRST.index(Outcome(tone)), default="")
    return TrendTable(name, tuple(value for _, value in labels), tuple(titled(metric) for metric in metrics), tuple(rows), worst)


def _columns(found: dict[Series, Trend]) -> list[str]:
    """Return the metrics that have room beside each other: what did not hold comes in first, then what else has a budget."""
    odd = {series.metric for series, trend in found.items() if trend.tone not in {"", Outcome.PASS}}
    judged = {series.metric for series, trend in found.items() if trend.tone}
    first = sorted({series.metric for series in found}, key=lambda metric: (metric not in odd, metric not in judged, _rank(metric)))
    return sorted(first[:MOST_COLUMNS], key=_rank)


def _rank(metric: str) -> tuple[int, str]:
    return (_FIRST.index(metric) if metric in _FIRST else len(_FIRST), metric)


def _dull(series: Series, trend: Trend) -> bool:
    """A rate that never moved is told in the tables; a flat line would only take room."""
    return series.metric in {"success", "errors"} and len(set(trend.values)) == 1


def past(view: ReportView, verdict: Verdict) -> list[float]:
    """Return the figures of the runs before this one that a verdict's statistic had, oldest first."""
    seen = view.observation(verdict.series)
    if seen is None or verdict.series is None:
        return []
    points = (point for point in view.trends.get(verdict.series, ()) if point.run_id != view.run.id)
    return _values(points, verdict.statistic, seen.kind)[-30:]


def spread(view: ReportView, verdict: Verdict) -> Spread | None:
    """Return how the samples of the runs before this one lay, by the median of each run's figures; None of fewer than two runs."""
    points = view.trends.get(verdict.series, ()) if verdict.series is not None else ()
    before = [point.figures for point in points if point.run_id != view.run.id][-30:]
    if len(before) < 2:
        return None
    low, p50, p95, high = (percentile([getattr(figures, name) for figures in before], 50) for name in ("min", "p50", "p95", "max"))
    return Spread(low, p50, p95, high, len(before))


def short_course(view: ReportView) -> Course:
    """Return the last runs of a view as a course, for pages that were given no longer one."""
    budgeted = Budgeted(view.verdicts)
    lines, figures = [], {}
    for seen in view.observations:
        if budgeted.worth_following(seen.series) and seen.series in view.trends:
            line = budgeted.line(seen.series, seen.kind, seen.unit)
            told = ((point, value_of(point.figures, line.statistic, seen.kind)) for point in view.trends[seen.series])
            figures[seen.series] = [
                (CourseRun(point.run_id, point.started, point.commit, point.verdict or ""), value)
                for point, value in told
                if value is not None
            ]
            lines.append(line)
    return course_of(figures, lines, view.deployments)


def _values(points: Iterable[Point], statistic: str, kind: Kind) -> list[float]:
    return finite(value_of(point.figures, statistic, kind) for point in points)
