"""What a run says of the business: figures that probes measured, how far customers came, how good it felt on each device."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from markupsafe import Markup

from footfall.gate.evidence import Observation
from footfall.metrics import CATALOGUE, Kind, Source, format_quantity
from footfall.report.charts.bars import step_bar
from footfall.report.charts.trend import Trend
from footfall.report.figures import metric_name, titled
from footfall.report.trends import trend_of
from footfall.report.view import ReportView
from footfall.samples import Series


@dataclass(frozen=True)
class BusinessFigure:
    """A figure that a probe or a script measured: the last value of the run, as text and number, and its course (None without one)."""

    name: str
    source: str
    text: str
    value: float
    unit: str
    change: str
    tone: str
    trend: Trend | None


@dataclass(frozen=True)
class FunnelStep:
    """A step and how many of the customers that set out reached its end."""

    name: str
    reached: int
    of: int
    lost: int
    picture: Markup

    @property
    def share(self) -> str:
        """How many, as a percentage."""
        return format_quantity(self.reached / self.of, "ratio") if self.of else "–"


@dataclass(frozen=True)
class Funnel:
    """A journey, step by step, on one set of labels."""

    name: str
    tags: tuple[str, ...]
    steps: tuple[FunnelStep, ...]
    completed: str


@dataclass(frozen=True)
class Score:
    """How good a journey felt on a device: the median of its UX score, 0 to 100."""

    journey: str
    device: str
    score: float
    picture: Markup


@dataclass(frozen=True)
class Availability:
    """How much of what was tried worked: journeys that reached their end, checks that held; `share` is a ratio.

    `source` is journey or probe.
    """

    source: str
    name: str
    held: int
    of: int

    @property
    def share(self) -> float:
        """Held of all."""
        return self.held / self.of if self.of else 0.0

    @property
    def text(self) -> str:
        """The share, for people."""
        return format_quantity(self.share, "ratio", digits=4)


def business(view: ReportView, patterns: Sequence[str] = ()) -> tuple[BusinessFigure, ...]:
    """Return what probes and scripts measured besides footfall's own metrics, of names that fit one of `patterns` (`revenue*`).

    They stand in the order of the patterns, then by name; without patterns all of them.
    """
    wanted = tuple(patterns) or ("*",)
    found = [seen for seen in view.observations if _own(seen.series) and _place(seen.series.metric, wanted) < len(wanted)]
    found.sort(key=lambda seen: (_place(seen.series.metric, wanted), seen.series.metric, seen.series))
    return tuple(_figure(view, seen) for seen in found)


def _own(series: Series) -> bool:
    return series.source in {Source.PROBE, Source.JOURNEY} and series.metric not in CATALOGUE[Source(series.source)] and not series.part


def _place(metric: str, patterns: Sequence[str]) -> int:
    return next((n for n, pattern in enumerate(patterns) if fnmatch(metric, pattern)), len(patterns))


def _figure(view: ReportView, seen: Observation) -> BusinessFigure:
    verdict = next((v for v in view.verdicts if v.series == seen.series), None)
    trend = trend_of(view, seen.series, verdict)
    value = seen.figures.mean if seen.kind == Kind.RATE else seen.figures.last
    text = format_quantity(value, seen.unit).strip()  # a unit may be empty
    tone = verdict.outcome.value if verdict else ""
    change = trend.change if trend else ""
    return BusinessFigure(titled(seen.series.metric), seen.series.subject, text, value, seen.unit, change, tone, trend)


def funnels(view: ReportView) -> tuple[Funnel, ...]:
    """Return how far the customers of each journey came; a step counts as reached when it ended."""
    known = {seen.series: seen for seen in view.observations}
    wholes = [seen for seen in view.observations if _is_whole(seen.series)]
    return tuple(_funnel(view, whole, known.values()) for whole in wholes)


def _is_whole(series: Series) -> bool:
    return series.source == Source.JOURNEY and series.metric == "success" and not series.part


def _funnel(view: ReportView, whole: Observation, observations: Iterable[Observation]) -> Funnel:
    journey, labels, begun = whole.series.subject, whole.series.labels, whole.figures.count
    mine = {
        seen.series.part: min(seen.figures.count, begun)
        for seen in observations
        if (seen.series.source, seen.series.subject, seen.series.labels, seen.series.metric)
        == (Source.JOURNEY, journey, labels, "duration")
        and seen.series.part
        and "/" not in seen.series.part
    }
    order = [part for part in view.steps.get(journey, ()) if part in mine]
    steps, before = [], begun
    for part in (*order, *(part for part in mine if part not in order)):
        picture = step_bar(0, mine[part], begun, f"{mine[part]} of {begun} reached the end of {part}")
        steps.append(FunnelStep(part, mine[part], begun, max(0, before - mine[part]), picture))
        before = mine[part]
    return Funnel(journey, tuple(value for _, value in labels), tuple(steps), format_quantity(whole.figures.mean, "ratio"))


def scores(view: ReportView) -> tuple[Score, ...]:
    """Return the UX scores of whole journeys by device, the lowest first; of steps where no journey has one of its own."""
    found = [seen for seen in view.observations if seen.series.source == Source.JOURNEY and seen.series.metric == "ux_score"]
    wholes = [seen for seen in found if not seen.series.part] or found
    told = (_score(seen) for seen in wholes if "under_load" not in seen.series.label_map)
    return tuple(sorted(told, key=lambda score: score.score))


def _score(seen: Observation) -> Score:
    name = f"{seen.series.subject} › {seen.series.part}" if seen.series.part else seen.series.subject
    middle = seen.figures.p50
    device = seen.series.label_map.get("device", "")
    return Score(name, device, middle, step_bar(0, middle, 100, f"{metric_name('ux_score')} {middle:.0f} of 100"))


def availability(view: ReportView) -> tuple[Availability, ...]:
    """Return how much of what was tried worked, journeys and probes each; empty of what was not measured."""
    found = []
    for source, name in ((Source.JOURNEY, "Journeys reach their end"), (Source.PROBE, "Checks hold")):
        seen = [s.figures for s in view.observations if s.series.source == source and s.series.metric == "success" and not s.series.part]
        if seen:
            held, of = sum(round(each.mean * each.count) for each in seen), sum(each.count for each in seen)
            found.append(Availability(source.value, name, held, of))
    return tuple(found)
