"""All that a report may show, as plain values: every renderer is a function from a `ReportView` to bytes or text.

`build_view` is the only way in: it makes every text harmless (see `clean`), caps what could grow without bound, and says in
one word how the run fared. Renderers neither open files nor ask the store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from footfall.gate.deployments import DeploymentFigures
from footfall.gate.evidence import Observation
from footfall.gate.slo import SloStatus
from footfall.gate.verdict import WORST_FIRST, Outcome, Verdict, worst
from footfall.metrics import Source, format_quantity
from footfall.report.attribution import Attribution, attributions
from footfall.report.clean import clean, cleaned, safe_path
from footfall.report.course import Course, Mark
from footfall.report.places import Placed
from footfall.report.timeline import Timeline, step_order, timelines
from footfall.samples import Artifact, Event, Run, Sample, Series
from footfall.stats import Figures

MILLISECOND = timedelta(milliseconds=1)
MOST_EVENTS = 200
MOST_ARTIFACTS = 500
MOST_VERDICTS = 5000


class TrendPoint(Protocol):
    """One series in one earlier run, as the store's reader gives it."""

    @property
    def run_id(self) -> str:
        """The run."""
        ...

    @property
    def started(self) -> datetime:
        """When the run started, UTC-aware."""
        ...

    @property
    def commit(self) -> str:
        """The commit that it measured; may be empty."""
        ...

    @property
    def figures(self) -> Figures:
        """What the run's summary said of the series."""
        ...

    @property
    def verdict(self) -> str | None:
        """The whole run's verdict as an `Outcome`'s word; empty or None where it was not judged."""
        ...


@dataclass(frozen=True)
class Point:
    """A `TrendPoint` as a plain value."""

    run_id: str
    started: datetime
    commit: str
    figures: Figures
    verdict: str | None = None


def service_level(found: SloStatus) -> ServiceLevel | None:
    """Return an objective's standing as reports tell it; None while there are too few events to say."""
    if found.good is None or found.left is None:
        return None
    full = found.seen is not None and found.seen >= found.slo.over * 0.98
    note = "" if full or found.seen is None else f"known for {format_quantity(found.seen / MILLISECOND, 'ms', digits=2)} of it"
    burn = {format_quantity(burn.rule.long / MILLISECOND, "ms"): None if burn.few else burn.rate for burn in found.burns}
    window = format_quantity(found.slo.over / MILLISECOND, "ms")
    return ServiceLevel(found.slo.name, found.slo.objective, found.good, window, found.left, burn, note)


@dataclass(frozen=True)
class ServiceLevel:
    """One objective over its window.

    `objective` and `attained` are ratios, `left` is the share of the error budget that is left (below 0 where more than all is spent),
    `burn` the burn rates by window (`1 h`: 0.4; None of too few bad events to say); `note` says what a reader should know (few
    checks, a window not yet full).
    """

    name: str
    objective: float
    attained: float
    window: str
    left: float
    burn: Mapping[str, float | None] = field(default_factory=dict)
    note: str = ""


class State(StrEnum):
    """How a whole run fared: an `Outcome`, or that there was nothing to judge."""

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    WARN = "warn"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    UNJUDGED = "unjudged"


@dataclass(frozen=True)
class BrokenJourney:
    """A journey that did not reach its end every time: `reasons` are the errors that it met, the first of each kind."""

    series: Series
    failed: int
    iterations: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ReportView:
    """One run and its verdicts, ready to be shown. Build it with `build_view`; texts are clean, verdicts stand worst first.

    `pictures` holds the bytes of screenshots by the artifact's path, for reports that must carry them; `trends` are oldest first
    and end with this run where it was stored already; `deployed` counts the deployments of the longer history; `notes` are remarks
    about the whole run (what was excluded, what was noisy); `placed` is what each location of the watch saw of the target lately, where
    there are several.
    """

    run: Run
    suite: str = ""
    url: str = ""
    ended: datetime | None = None
    outcome: str = "finished"
    exit_code: int = 0
    state: State = State.UNJUDGED
    verdicts: tuple[Verdict, ...] = ()
    observations: tuple[Observation, ...] = ()
    timelines: tuple[Timeline, ...] = ()
    steps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trends: Mapping[Series, tuple[Point, ...]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    spoilt: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    broken_journeys: tuple[BrokenJourney, ...] = ()
    attributions: tuple[Attribution, ...] = ()
    service_levels: tuple[ServiceLevel, ...] = ()
    course: Course | None = None
    references: tuple[Observation, ...] = ()
    deployments: tuple[Mark, ...] = ()
    deployed: DeploymentFigures | None = None
    placed: tuple[Placed, ...] = ()

    @property
    def took(self) -> timedelta | None:
        """How long the run took, if it ended (and the clock did not jump back meanwhile)."""
        if self.ended is None or self.ended < self.run.started:
            return None
        return self.ended - self.run.started

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many verdicts there are of each outcome, worst first, all outcomes present."""
        seen = Counter(verdict.outcome for verdict in self.verdicts)
        return {outcome: seen[outcome] for outcome in WORST_FIRST}

    def of(self, *outcomes: Outcome) -> tuple[Verdict, ...]:
        """The verdicts of these outcomes, in the view's order."""
        return tuple(verdict for verdict in self.verdicts if verdict.outcome in outcomes)

    @property
    def comparisons(self) -> tuple[Verdict, ...]:
        """The verdicts that hold a figure against another deployment's, in the view's order."""
        return tuple(verdict for verdict in self.verdicts if verdict.pairs is not None)

    def reference(self, series: Series | None) -> Observation | None:
        """What the other deployment of a comparison showed of a series, whatever its target is called there."""
        if series is None:
            return None
        return next((seen for seen in self.references if replace(seen.series, target=series.target) == series), None)

    def observation(self, series: Series | None) -> Observation | None:
        """What this run saw of a series."""
        return next((seen for seen in self.observations if seen.series == series), None)


def build_view(  # noqa: PLR0913  # a report is made of this many kinds of things, each optional
    run: Run,
    *,
    verdicts: Sequence[Verdict] = (),
    observations: Sequence[Observation] = (),
    exit_code: int = 0,
    ended: datetime | None = None,
    outcome: str = "finished",
    suite: str = "",
    url: str = "",
    samples: Sequence[Sample] = (),
    trends: Mapping[Series, Sequence[TrendPoint]] | None = None,
    events: Sequence[Event] = (),
    artifacts: Sequence[Artifact] = (),
    environment: Mapping[str, str] | None = None,
    spoilt: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    pictures: Mapping[str, bytes] | None = None,
    references: Sequence[Observation] = (),
    deployments: Sequence[Mark] = (),
    placed: Sequence[Placed] = (),
) -> ReportView:
    """Gather a run into a view. `exit_code` is what the command will exit with; `outcome` is how the run ended (`RunEnd.outcome`).

    `samples` are the run's single samples with their moments (for the load's timeline and the order of steps). `artifacts` have
    paths relative to the report's own folder; one that would lead out of it is dropped. `spoilt` says per source why its figures
    cannot be trusted (`Evidence.spoilt`). `environment` is shown as it stands, in its order. `references` are what another deployment
    showed, where the two were measured in turn (`footfall gate --against`). `deployments` are drawn in every trend.
    """
    seen: tuple[Observation, ...] = cleaned(tuple(observations))
    told: tuple[Event, ...] = cleaned(tuple(events[:MOST_EVENTS]))
    view = ReportView(
        run=cleaned(run),
        suite=clean(suite),
        url=clean(url),
        ended=ended,
        outcome=clean(outcome),
        exit_code=exit_code,
        verdicts=tuple(sorted(cleaned(tuple(verdicts[:MOST_VERDICTS])), key=_rank)),
        observations=seen,
        timelines=cleaned(timelines(observations, samples)),
        steps=cleaned(step_order(samples)),
        trends=_points(trends or {}),
        events=told,
        artifacts=tuple(artifact for artifact in map(cleaned, artifacts[:MOST_ARTIFACTS]) if safe_path(artifact.path)),
        environment=cleaned(dict(environment or {})),
        spoilt=cleaned(dict(spoilt or {})),
        notes=cleaned(tuple(notes)),
        pictures=dict(pictures or {}),
        broken_journeys=tuple(_broken_journeys(seen, told)),
        attributions=cleaned(attributions(samples, run.target)),
        references=cleaned(tuple(references)),
        deployments=cleaned(tuple(deployments)),
        placed=cleaned(tuple(placed)),
    )
    return replace(view, state=_state(view))


def _rank(verdict: Verdict) -> tuple[int, str]:
    return WORST_FIRST.index(verdict.outcome), verdict.severity or "P9"


def _points(trends: Mapping[Series, Sequence[TrendPoint]]) -> dict[Series, tuple[Point, ...]]:
    return {
        cleaned(series): tuple(
            Point(clean(point.run_id), point.started, clean(point.commit), point.figures, clean(point.verdict or "")) for point in points
        )
        for series, points in trends.items()
    }


def with_history(
    view: ReportView, course: Course | None, standings: Iterable[SloStatus] = (), deployed: DeploymentFigures | None = None
) -> ReportView:
    """Return the view with a longer history (None leaves it out), how its target's objectives stand, and its deployments counted."""
    levels = cleaned(tuple(level for level in map(service_level, standings) if level))
    return replace(view, course=_clean_course(course) if course else None, service_levels=levels, deployed=deployed)


def _clean_course(course: Course) -> Course:
    """Clean what needs it: of ten thousand runs, hardly a name is more than letters and digits."""
    runs = (run if (run.id + run.commit + run.verdict + run.kind).isalnum() else cleaned(run) for run in course.runs)
    return replace(course, runs=tuple(runs), lines=cleaned(course.lines), marks=cleaned(course.marks))


def _broken_journeys(observations: Iterable[Observation], events: Sequence[Event]) -> Iterable[BrokenJourney]:
    for seen in observations:
        series = seen.series
        if series.source == Source.JOURNEY and series.metric == "success" and not series.part and seen.figures.mean < 1:
            iterations = seen.figures.count
            failed = iterations - round(seen.figures.mean * iterations)
            yield BrokenJourney(series, failed, iterations, tuple(dict.fromkeys(_reasons(series, events))))


def _reasons(series: Series, events: Sequence[Event]) -> Iterable[str]:
    """What went wrong in a journey, each once: `pay: Timeout 5000ms exceeded (journeys/test_checkout.py:31)`."""
    for event in events:
        if event.kind == "error" and series.subject in {event.detail.get("journey"), event.detail.get("subject")}:
            step, file, line = (event.detail.get(name) for name in ("step", "file", "line"))
            place = f" ({file}:{line})" if file and line else ""
            yield f"{step}: {event.text}{place}" if step else f"{event.text}{place}"


def _state(view: ReportView) -> State:
    """The exit code decides where it says more than the verdicts do (a journey failed, `--strict`, an unreachable target)."""
    found = worst(view.verdicts)
    if view.exit_code == 1 or found in {Outcome.FAIL, Outcome.MISSING}:
        return State.FAIL
    if view.exit_code or found == Outcome.INCONCLUSIVE:
        return State.INCONCLUSIVE
    if not view.of(Outcome.PASS, Outcome.WARN):
        return State.UNJUDGED
    return State.WARN if found == Outcome.WARN else State.PASS
