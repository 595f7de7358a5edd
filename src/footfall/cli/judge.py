"""Judge a stored run: its evidence against the budgets in scope, as a view that every report reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from footfall.cli import gather
from footfall.cli.course import deployment_marks
from footfall.cli.places import placed
from footfall.cli.workplace import Workplace
from footfall.config.suite import GateSpec
from footfall.gate.budget import Budget
from footfall.gate.evaluate import evaluate
from footfall.gate.evidence import Observation, Scope
from footfall.gate.slo import Slo
from footfall.gate.verdict import Outcome, Verdict, exit_code, worst
from footfall.load.honesty import distrust, late_warning
from footfall.metrics import Source
from footfall.report.view import ReportView, build_view
from footfall.samples import Event
from footfall.store import reader
from footfall.store.reader import RunRow
from footfall.store.writer import set_verdict

CANNOT_JUDGE_EVENT = "cannot_judge"
TREND_RUNS = 30


def scope_of(spec: GateSpec) -> Scope:
    """Return what a gate sets out to measure; it is kept with the run (as an event), so that the run can be judged again."""
    subjects = {
        Source.JOURNEY: spec.journeys,
        Source.LOAD: (spec.profile,) if spec.profile else (),
        Source.PROBE: spec.probes,
    }
    labels = {"device": spec.devices} if spec.journeys else {}
    labels["under_load"] = (spec.under_load,) if spec.under_load else ()
    return Scope({source.value: names for source, names in subjects.items()}, labels)


def _scope(observations: Iterable[Observation], events: Iterable[Event]) -> Scope:
    """Return the scope that a run kept, or what was observed where it kept none (a plain pytest or Locust run)."""
    events = list(events)
    kept = next((event.detail for event in events if event.kind == gather.SCOPE_EVENT), None)
    if kept is not None:
        read = [name for event in events if event.kind == gather.FIGURES_EVENT for name in event.detail.get("probes", ())]
        return Scope(_tuples(kept.get("subjects", {})), _tuples(kept.get("labels", {})), tuple(read))
    seen: dict[str, dict[str, None]] = {source.value: {} for source in Source}
    for observation in observations:
        seen.setdefault(observation.series.source, {})[observation.series.subject] = None
    return Scope(_tuples(seen), {"under_load": ()})


def _tuples(table: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in table.items()}


@dataclass(frozen=True)
class Strictness:
    """How a gate's exit code treats what is neither pass nor fail."""

    strict: bool = False
    allow_inconclusive: bool = False
    respect_slo: bool = False


def judge(
    workplace: Workplace, run: RunRow, budgets: Sequence[Budget], strictness: Strictness | None = None, slos: Sequence[Slo] = ()
) -> ReportView:
    """Hold a stored run against the budgets in its scope, and the target against its objectives; return the view for the reports."""
    strictness = strictness or Strictness()
    store = workplace.store
    observations = reader.evidence(store, run.id)
    events = reader.events(store, run.id)
    rules = gather.rules_of(events)
    evidence = gather.evidence(workplace, run, budgets, _scope(observations, events), observations)
    verdicts = evaluate(budgets, evidence, rules)
    spoilt = _spoilt(run, observations, events, verdicts, strict=strictness.strict)
    late = None if Source.LOAD in spoilt else late_warning(observations, verdicts)
    if spoilt:
        verdicts = evaluate(budgets, replace(evidence, spoilt=spoilt), rules)
    more = gather.compared(workplace, run, events, observations)
    if Source.JOURNEY in spoilt:
        more = tuple(replace(verdict, outcome=Outcome.INCONCLUSIVE, reason=spoilt[Source.JOURNEY]) for verdict in more)
    verdicts = (*verdicts, *more, *gather.objectives(workplace, run, slos, respected=strictness.respect_slo))
    code = _exit_code(run, verdicts, strictness)
    notes = [*gather.remarks(workplace, run, verdicts, events), *filter(None, [late])]
    return _view(workplace, run, verdicts, observations, events, code, spoilt, notes)


def _exit_code(run: RunRow, verdicts: Sequence[Verdict], strictness: Strictness) -> int:
    """A journey that failed is a failure whether or not a budget speaks of it."""
    code = exit_code(verdicts, strict=strictness.strict, allow_inconclusive=strictness.allow_inconclusive)
    return 1 if run.outcome == "failed" and run.run.kind in {"gate", "journey"} else code


def remember(workplace: Workplace, view: ReportView) -> None:
    """Keep a gate's verdict with its run: the worst of its verdicts, or fail where a journey failed."""
    found = worst(view.verdicts)
    failed = view.exit_code == 1 and found not in {Outcome.FAIL, Outcome.MISSING}
    set_verdict(workplace.store, view.run.id, Outcome.FAIL.value if failed else found.value, view.exit_code)


def _spoilt(
    run: RunRow, observations: Sequence[Observation], events: Sequence[Event], verdicts: Sequence[Verdict], *, strict: bool
) -> dict[str, str]:
    """Say per source why its figures cannot be trusted; `verdicts` are those reached as if they could."""
    if run.outcome in {"aborted", "interrupted"}:
        return dict.fromkeys(Source, f"the run was {run.outcome} before it had measured everything")
    spoilt = {event.detail.get("source", ""): event.text for event in events if event.kind == CANNOT_JUDGE_EVENT}
    lost = next((event.text for event in events if event.kind == "worker_lost"), None)
    reason = lost or distrust(observations, verdicts, strict=strict)
    return {**({Source.LOAD: reason} if reason else {}), **spoilt}


def _view(
    workplace: Workplace,
    run: RunRow,
    verdicts: Sequence[Verdict],
    observations: Sequence[Observation],
    events: Sequence[Event],
    code: int,
    spoilt: Mapping[str, str],
    notes: Sequence[str],
) -> ReportView:
    store = workplace.store
    artifacts = [*reader.artifacts(store, run.id), *gather.later_traces(store, run.id)]
    trends = reader.trend(store, run.id, last=TREND_RUNS)
    since = min((points[0].started for points in trends.values() if points), default=run.run.started)
    return build_view(
        run.run,
        verdicts=verdicts,
        observations=observations,
        exit_code=code,
        ended=run.ended,
        outcome=run.outcome,
        suite=workplace.suite.name,
        url=_url(workplace, run),
        samples=reader.samples(store, run.id),
        trends=trends,
        events=[event for event in events if event.kind not in {gather.SCOPE_EVENT, gather.UNDECIDED_EVENT}],
        artifacts=artifacts,
        spoilt=spoilt,
        notes=notes,
        references=[seen for part in reader.parts(store, run.id, gather.AGAINST_EVENT) for seen in reader.evidence(store, part.id)],
        deployments=deployment_marks(store, run.run.target, since),
        placed=placed(store, run.run.target, run.ended or run.run.started),
        pictures=_pictures(workplace.results(run.id), [artifact.path for artifact in artifacts if artifact.kind == "screenshot"]),
    )


def _url(workplace: Workplace, run: RunRow) -> str:
    """Return the target's address as the suite writes it, so that a secret one stays `env:NAME`."""
    target = workplace.suite.targets.get(run.run.target)
    return target.url or "" if target else ""


def _pictures(folder: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """Read the screenshots that are there; the report shrinks them."""
    files = {path: folder / path for path in paths}
    return {path: file.read_bytes() for path, file in files.items() if file.is_file()}
