"""Gather what a stored run is judged by: what it saw, what was usual before, what was measured again, and what a window holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from footfall import __version__
from footfall.cli.output import counted as number_of
from footfall.cli.workplace import Workplace
from footfall.clock import from_text
from footfall.gate.against import SHARE, Fresh, nothing, pairs_of_turns, verdicts
from footfall.gate.budget import Budget
from footfall.gate.compare import IN_TURN, compare
from footfall.gate.evidence import Evidence, Observation, Scope
from footfall.gate.finding import Rules
from footfall.gate.looks import Look
from footfall.gate.slo import Slo, SloStatus, counted, status, verdict
from footfall.gate.verdict import Outcome, Verdict
from footfall.samples import Artifact, Event, Series
from footfall.stats import Figures
from footfall.store import reader
from footfall.store.baselines import baseline
from footfall.store.database import Store
from footfall.store.objectives import slo_events
from footfall.store.reader import RunRow
from footfall.store.windows import windows

SCOPE_EVENT = "scope"
FIGURES_EVENT = "figures"
"""Tells in reports whose doing the business figures of a gate are."""
AGAINST_EVENT = "against"
UNDECIDED_EVENT = "undecided"
"""What the first walks left undecided, and whether it was walked on."""
FRESH_SUBJECTS, FRESH_SINCE = "again", "again_since"
"""Where that event tells what was measured again for a suspicion: which journeys, and from which moment on."""
TRACE_KIND = "trace"
"""What walks are called that were made for a trace alone, after a budget had failed."""
BASELINE_RUNS = Rules().baseline_runs
BUSY_LABEL = "busy"
"""A run's load average at its beginning and the machine's cores (`8.5/2`), where that was much."""
_BUSY = 2.0
"""Programs that want each core at the beginning of a gate, beyond which its figures are those of a busy machine."""
USUAL_BRANCHES = ("main", "master", "")
"""The branches whose runs are a baseline where nobody says otherwise: the usual names, and what is under no version control."""


@dataclass(frozen=True)
class Usual:
    """Which runs "as before" means: of one of `branches`, begun at `since` or later."""

    branches: tuple[str, ...]
    since: datetime | None = None


def usual(workplace: Workplace, target: str) -> Usual:
    """Return what a target's baseline is: what `footfall history baseline set` said, else the suite's branch, else the usual ones."""
    said = baseline(workplace.store, target)
    branch = (said.branch if said else None) or workplace.suite.gate.baseline_branch
    return Usual((branch,) if branch else USUAL_BRANCHES, said.since if said else None)


def evidence(workplace: Workplace, run: RunRow, budgets: Sequence[Budget], scope: Scope, observations: Sequence[Observation]) -> Evidence:
    """Return all that a run's verdicts may rest on."""
    store, before = workplace.store, usual(workplace, run.run.target)
    history = reader.history(store, run.id, last=BASELINE_RUNS, branches=before.branches, since=before.since)
    again: dict[Series, list[Figures]] = defaultdict(list)
    for part in reader.parts(store, run.id, "confirm"):
        for series, figures in reader.figures(store, part.id).items():
            again[series].append(figures)
    over = windows(store, run.id, set(_wanted(budgets, observations)))
    return Evidence(tuple(observations), history, {series: tuple(found) for series, found in again.items()}, over, scope=scope)


def _wanted(budgets: Iterable[Budget], observations: Sequence[Observation]) -> Iterable[tuple[Series, float]]:
    """Yield each series and window that a budget may ask for."""
    for budget in budgets:
        for _, expression in budget.levels:
            window = expression.window_ms
            if window is not None:
                names = (seen.series for seen in observations)
                yield from ((of, window) for of in names if (of.source, of.metric) == (budget.place.source, budget.metric.name))


def rules_of(events: Iterable[Event]) -> Rules:
    """Return how sure a run's budgets must be: a comparison, or a second look at its journeys, takes its share of the one chance."""
    kinds = {event.kind: event.detail for event in events}
    share = 1 - SHARE if AGAINST_EVENT in kinds else 1.0
    return Rules(false_failures=Rules().false_failures * share, looks=kinds.get(SCOPE_EVENT, {}).get("looks", 1))


def compared(workplace: Workplace, run: RunRow, events: Iterable[Event], observations: Sequence[Observation]) -> tuple[Verdict, ...]:
    """Return the verdicts of a run's comparison with another deployment; none where there was no comparison."""
    found = next((event for event in events if event.kind == AGAINST_EVENT), None)
    if found is None:
        return ()
    detail = found.detail
    reference = str(detail.get("reference", ""))
    store = workplace.store
    older = [sample for part in reader.parts(store, run.id, AGAINST_EVENT) for sample in reader.samples(store, part.id)]
    newer = reader.samples(store, run.id)
    pairs = pairs_of_turns(older, newer, run.run.target, detail.get("metrics", ()), _fresh(detail))
    comparisons = compare(pairs, IN_TURN)
    if not comparisons:
        return (nothing(reference, sorted({seen.series.subject for seen in observations})),)
    return verdicts(comparisons, reference, Look(detail.get("look", 1), detail.get("looks", 1), bool(detail.get("capped"))))


def _fresh(detail: Mapping[str, Any]) -> Fresh | None:
    """Read what was measured again; a run of before such confirming has none."""
    subjects, since = detail.get(FRESH_SUBJECTS), detail.get(FRESH_SINCE)
    return Fresh(tuple(subjects), from_text(since)) if subjects and since else None


def later_traces(store: Store, run: str) -> list[Artifact]:
    """Return what was kept of walks that were made for a run's traces; the files lie with the run's own."""
    return [artifact for part in reader.parts(store, run, TRACE_KIND) for artifact in reader.artifacts(store, part.id)]


def objectives(workplace: Workplace, run: RunRow, slos: Iterable[Slo], *, respected: bool) -> tuple[Verdict, ...]:
    """Return a verdict for each objective of a run's target, as things stood at the run's end."""
    return tuple(
        verdict(found, respected=respected) for found in slo_statuses(workplace, run.run.target, slos, run.ended or run.run.started)
    )


def slo_statuses(workplace: Workplace, target: str, slos: Iterable[Slo], now: datetime) -> tuple[SloStatus, ...]:
    """Return how each objective of a target stood at a moment."""
    found = []
    for slo in slos:
        events = slo_events(workplace.store, target, slo, now)
        seen = max((now - at for at, *_ in events), default=None)
        found.append(status(slo, counted(events, now, slo), seen))
    return tuple(found)


def remarks(workplace: Workplace, run: RunRow, judged: Sequence[Verdict], events: Iterable[Event] = ()) -> tuple[str, ...]:
    """Return what is to be said of a whole verdict: its chance of a false alarm, what was walked on, and what may make it doubtful."""
    undecided = [event.text for event in events if event.kind == UNDECIDED_EVENT]
    found = [*_certainty(judged), *undecided, *_busy(run.run.labels), *_clock(workplace, run), *_version(run.run.versions)]
    if any(verdict.outcome == "learning" and not verdict.key.startswith("slo.") for verdict in judged):
        before = usual(workplace, run.run.target)
        names = " or ".join(branch or "no branch" for branch in before.branches)
        since = f", begun {before.since:%Y-%m-%d %H:%M} UTC or later" if before.since else ""
        found.append(f"a baseline is made of runs of {names}{since} (`footfall history baseline show`)")
    return tuple(found)


def _certainty(judged: Sequence[Verdict]) -> Iterable[str]:
    """Say for how much of a verdict the chance of a false alarm is bounded, and how much is only what was observed."""
    comparisons = sum(verdict.pairs is not None for verdict in judged)
    bounded = sum(verdict.interval is not None and verdict.pairs is None for verdict in judged)
    decided = {Outcome.PASS, Outcome.WARN, Outcome.FAIL}
    observed = sum(verdict.interval is None and verdict.figure is not None and verdict.outcome in decided for verdict in judged)
    numbers = ((bounded, "budget", " judged with uncertainty"), (comparisons, "comparison", ""))
    among = " and ".join(number_of(number, noun) + how for number, noun, how in numbers if number)
    told = []
    if among:
        chance = round(1 / Rules().false_failures)
        told.append(f"at most 1 in {chance} such gates fails by chance although nothing is wrong, over {among} together")
    if observed:
        told.append(f"{observed} {'more ' if among else ''}taken as observed, chance and all (rates, counts, means, extremes, warnings)")
    if told:
        yield "; ".join(told)


def busy_label(load: float, cores: int) -> dict[str, str]:
    """Return what a run carries that began on a busy machine: its load average then, and its cores."""
    return {BUSY_LABEL: f"{load:.1f}/{cores}"} if load > _BUSY * cores else {}


def _busy(labels: Mapping[str, str]) -> Iterable[str]:
    """Say that others used the processors: pages look slower than they are, and what is near its limit stays undecided."""
    load, _, cores = labels.get(BUSY_LABEL, "").partition("/")
    if load:
        seen = f"other programs wanted the machine's {cores} cores when this began (a load of {load})"
        yield f"{seen}: pages look slower than they are; measure again when they are done (`footfall doctor machine`)"


def _clock(workplace: Workplace, run: RunRow) -> Iterable[str]:
    """Say that the clock jumped: the run ended before it began, or one that was stored before it began after it."""
    if run.ended is not None and run.ended < run.run.started:
        yield "the clock was set back while this was measured: durations are right, moments may not be"
    later = [row for row in reader.runs(workplace.store, limit=BASELINE_RUNS, target=run.run.target) if row.number < run.number]
    ahead = sum(row.run.started > run.run.started for row in later)
    if ahead:
        yield f"{ahead} runs that were stored before this one began after it: a clock was wrong, and they are not part of its baseline"


def _version(versions: Mapping[str, str]) -> Iterable[str]:
    theirs = versions.get("footfall", __version__)
    if theirs != __version__:
        yield f"measured by footfall {theirs}, judged by {__version__}"
