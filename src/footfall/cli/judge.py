"""Judge a stored run: its evidence against the budgets in scope, as a view that every report reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from footfall.cli.workplace import Workplace
from footfall.gate.budget import Budget
from footfall.gate.evaluate import evaluate
from footfall.gate.evidence import Evidence, Observation
from footfall.gate.verdict import Verdict, exit_code, worst
from footfall.load.honesty import distrust
from footfall.metrics import Source
from footfall.report.view import ReportView, build_view
from footfall.samples import Event
from footfall.store import reader
from footfall.store.reader import RunRow
from footfall.store.writer import set_verdict

SCOPE_EVENT = "scope"
BASELINE_RUNS = 20
TREND_RUNS = 30
LARGEST_PICTURE = 150_000
MOST_PICTURES_BYTES = 600_000


@dataclass(frozen=True)
class Scope:
    """What a run set out to measure; a budget on anything else is not held against it. Kept as an event of the run."""

    journeys: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()

    def as_detail(self) -> dict[str, list[str]]:
        """Return it as an event's detail."""
        return {name: list(value) for name, value in vars(self).items()}

    @classmethod
    def from_events(cls, events: Iterable[Event]) -> Self | None:
        """Read it back; None for a run that has none (a plain pytest or Locust run)."""
        detail = next((event.detail for event in events if event.kind == SCOPE_EVENT), None)
        return None if detail is None else cls(**{name: tuple(detail.get(name, ())) for name in cls.__dataclass_fields__})

    @classmethod
    def seen(cls, observations: Iterable[Observation]) -> Self:
        """Return the scope of what was observed."""
        subjects: dict[str, set[str]] = {source: set() for source in Source}
        for observation in observations:
            subjects.setdefault(observation.series.source, set()).add(observation.series.subject)
        return cls(journeys=tuple(subjects[Source.JOURNEY]), profiles=tuple(subjects[Source.LOAD]), probes=tuple(subjects[Source.PROBE]))

    def holds(self, budget: Budget) -> bool:
        """Say whether the run set out to measure what a budget speaks of."""
        names = {Source.JOURNEY: self.journeys, Source.LOAD: self.profiles, Source.PROBE: self.probes}[budget.place.source]
        device = budget.where.get("device")
        return bool(names) and budget.place.subject in {"*", *names} and (not device or not self.devices or device in self.devices)


@dataclass(frozen=True)
class Strictness:
    """How a gate's exit code treats what is neither pass nor fail."""

    strict: bool = False
    allow_inconclusive: bool = False


def judge(workplace: Workplace, run: RunRow, budgets: Sequence[Budget], strictness: Strictness | None = None) -> ReportView:
    """Hold a stored run against the budgets in its scope, remember the verdict with the run, and return the view for the reports."""
    strictness = strictness or Strictness()
    store = workplace.store
    observations = reader.evidence(store, run.id)
    events = reader.events(store, run.id)
    scope = Scope.from_events(events) or Scope.seen(observations)
    in_scope = [budget for budget in budgets if scope.holds(budget)]
    evidence = Evidence(observations, reader.history(store, run.id, last=BASELINE_RUNS))
    verdicts = evaluate(in_scope, evidence)
    spoilt = _spoilt(run, observations, events, verdicts)
    if spoilt:
        verdicts = evaluate(in_scope, replace(evidence, spoilt=spoilt))
    code = _exit_code(verdicts, observations, strictness)
    set_verdict(store, run.id, worst(verdicts).value, code)
    return _view(workplace, run, verdicts, observations, events, code, spoilt)


def _exit_code(verdicts: Sequence[Verdict], observations: Sequence[Observation], strictness: Strictness) -> int:
    """A journey that failed is a failure whether or not a budget speaks of it."""
    code = exit_code(verdicts, strict=strictness.strict, allow_inconclusive=strictness.allow_inconclusive)
    failed = any(
        seen.series.source == Source.JOURNEY and seen.series.metric == "success" and seen.figures.mean < 1 for seen in observations
    )
    return 1 if failed else code


def _spoilt(run: RunRow, observations: Sequence[Observation], events: Sequence[Event], verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Say per source why its figures cannot be trusted; `verdicts` are those reached as if they could."""
    if run.outcome in {"aborted", "interrupted"}:
        return dict.fromkeys(Source, f"the run was {run.outcome} before it had measured everything")
    lost = next((event.text for event in events if event.kind == "worker_lost"), None)
    reason = lost or distrust(observations, verdicts)
    return {Source.LOAD: reason} if reason else {}


def _view(
    workplace: Workplace,
    run: RunRow,
    verdicts: Sequence[Verdict],
    observations: Sequence[Observation],
    events: Sequence[Event],
    code: int,
    spoilt: Mapping[str, str],
) -> ReportView:
    store = workplace.store
    artifacts = reader.artifacts(store, run.id)
    return build_view(
        run.run,
        verdicts=verdicts,
        observations=observations,
        exit_code=code,
        ended=run.ended,
        outcome=run.outcome,
        suite=workplace.suite.name,
        samples=reader.samples(store, run.id),
        trends=reader.trend(store, run.id, last=TREND_RUNS),
        events=[event for event in events if event.kind != SCOPE_EVENT],
        artifacts=artifacts,
        environment={**run.run.versions, "machine": run.run.machine},
        spoilt=spoilt,
        pictures=_pictures(workplace.results(run.id), [artifact.path for artifact in artifacts if artifact.kind == "screenshot"]),
    )


def _pictures(folder: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """Read the screenshots that fit into a report."""
    pictures: dict[str, bytes] = {}
    room = MOST_PICTURES_BYTES
    for path in paths:
        file = folder / path
        size = file.stat().st_size if file.is_file() else LARGEST_PICTURE + 1
        if size <= min(LARGEST_PICTURE, room):
            pictures[path] = file.read_bytes()
            room -= size
    return pictures
