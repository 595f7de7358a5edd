"""Walk on where a few more walks would settle what a gate's journeys have left undecided."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from footfall.cli.gather import UNDECIDED_EVENT
from footfall.cli.measure import JourneyPlan, conditions, walk_journeys
from footfall.cli.session import Session
from footfall.cli.workplace import budgets_if_any
from footfall.config.suite import GateSpec
from footfall.errors import CannotJudgeError
from footfall.gate.budget import Budget
from footfall.gate.evaluate import evaluate
from footfall.gate.evidence import Evidence, Scope
from footfall.gate.finding import Rules
from footfall.gate.verdict import Outcome, Verdict
from footfall.metrics import Source
from footfall.store import reader
from footfall.store.writer import open_store, store_spool

SPARE = 1.5
"""How many times as many walks are added as would settle it if they looked like the first: they never quite do."""
_BY_NUMBER = frozenset({"sum", "count", "min", "max"})
"""Statistics that more walks change although nothing else does: what they hold for five walks says nothing of eight."""

Further = Mapping[tuple[str, int], tuple[str, ...]]
"""Which journeys to walk on: by device and how often."""


def looks(spec: GateSpec) -> int:
    """Return how often a gate looks at its journeys: twice where it may walk on."""
    return 2 if spec.journeys and spec.most_iterations > spec.iterations else 1


def walk_on(session: Session, spec: GateSpec, each_s: float) -> None:
    """Walk on what is undecided, as far as the time cap lets; `each_s` is how long one walk of one journey on one device took.

    It comes last: nothing else needs the time that is left. Raises ScriptError, UsageError or BrowserMissingError.
    """
    if looks(spec) == 1 or session.failed or session.over:
        return
    for (device, walks), journeys in further(_judged(session, spec), spec).items():
        if session.failed:
            return  # exit code 1 whatever comes
        told = f"undecided after {spec.iterations} walks: {', '.join(journeys)}" + (f" on {device}" if len(spec.devices) > 1 else "")
        if session.left_s is not None and (walks + 1) * len(journeys) * each_s > session.left_s:
            session.progress.say(f"{told}; the time cap leaves no time for {walks} more")
            session.run.recorder.event(UNDECIDED_EVENT, f"{told}; the time cap left no time for {walks} more")
            continue
        session.progress.say(f"{told}; {walks} more will tell")
        arguments = (*conditions(spec), "--first-iteration", str(spec.iterations + 1))
        try:
            walk_journeys(session, JourneyPlan(journeys, walks, (device,), arguments))
        except CannotJudgeError as error:
            session.progress.say(f"! {error.message}")  # what was measured before stands
            session.run.recorder.event(UNDECIDED_EVENT, f"{told}; {walks} more were not walked to their end: {error.message}")
        else:
            session.run.recorder.event(UNDECIDED_EVENT, f"{told}; {walks} more were walked")


def further(verdicts: Iterable[Verdict], spec: GateSpec) -> Further:
    """Return what to walk on: nothing beside a failure; beside what no walks would settle only what may yet fail."""
    verdicts = list(verdicts)
    if any(each.outcome in {Outcome.FAIL, Outcome.MISSING} for each in verdicts):
        return {}
    fixed = {each.subject for each in verdicts if each.statistic in _BY_NUMBER}
    undecided = [each for each in verdicts if each.outcome is Outcome.INCONCLUSIVE]
    settled = [each for each in undecided if each.subject not in fixed and spec.iterations + _walks(each, spec) <= spec.most_iterations]
    if len(settled) < len(undecided):
        settled = [each for each in settled if _is_beyond(each)]
    most: dict[tuple[str, str], int] = {}
    for each in settled:
        place = _device(each, spec), each.subject
        added = min(math.ceil(SPARE * _walks(each, spec)), spec.most_iterations - spec.iterations)
        most[place] = max(most.get(place, 0), added)
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for (device, journey), walks in most.items():
        found[device, walks] = (*found.get((device, walks), ()), journey)
    return found


def _walks(verdict: Verdict, spec: GateSpec) -> float:
    """Return how many more walks would bring the samples that a verdict still needs; infinity when no number would."""
    if verdict.needed is None:
        return math.inf
    each = max(verdict.count, 1) / spec.iterations
    return max(1, math.ceil((verdict.needed - verdict.count) / each))


def _is_beyond(verdict: Verdict) -> bool:
    if verdict.figure is None or verdict.limit is None:
        return False
    return verdict.figure > verdict.limit if "<" in verdict.comparator else verdict.figure < verdict.limit


def _device(verdict: Verdict, spec: GateSpec) -> str:
    return verdict.labels.get("device", spec.devices[0])


def _judged(session: Session, spec: GateSpec) -> Sequence[Verdict]:
    """Hold the journeys' walks against the budgets that they alone decide, by way of a store for the moment."""
    budgets = [each for each in budgets_if_any(session.workplace.suite) if each.place.source == Source.JOURNEY]
    with tempfile.TemporaryDirectory() as folder, closing(open_store(Path(folder))) as store:
        store_spool(store, session.run.directory)
        seen = tuple(each for each in reader.evidence(store, session.id) if each.series.source == Source.JOURNEY)
    scope = Scope({Source.JOURNEY.value: spec.journeys}, {"device": spec.devices, "under_load": ()})
    ours = {each.key for each in budgets if _of_this_run(each)}
    return [each for each in evaluate(budgets, Evidence(seen, scope=scope), Rules(looks=looks(spec))) if each.key in ours]


def _of_this_run(budget: Budget) -> bool:
    """Whether these walks alone decide a budget: neither earlier runs nor a window of time do, and it can fail."""
    fail = budget.fail
    return fail is not None and not fail.needs_baseline and fail.window_ms is None
