"""Walk the journeys as often as a gate is told to, and on where a few more walks would settle what those left undecided."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from footfall.cli.measure import THRESHOLDS, JourneyPlan, gate_plan, walk_journeys
from footfall.cli.session import Session
from footfall.cli.workplace import budgets_of
from footfall.config.suite import GateSpec
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


@dataclass(frozen=True)
class Further:
    """Which journeys to walk on, on which devices, and how often."""

    journeys: tuple[str, ...]
    devices: tuple[str, ...]
    walks: int


def looks(spec: GateSpec) -> int:
    """Return how often a gate looks at its journeys: twice where it may walk on."""
    return 2 if spec.journeys and spec.most_iterations > spec.iterations else 1


def walk_until_decided(session: Session, spec: GateSpec) -> None:
    """Walk a gate's journeys, and once more those that are undecided where that would settle them. Raises as `walk_journeys` does."""
    began = time.monotonic()
    plan = gate_plan(spec, spec.journeys)
    walk_journeys(session, plan)
    if looks(spec) == 1 or session.failed:
        return
    each_s = (time.monotonic() - began) / (spec.iterations + 1)  # the uncounted one too
    more = further(_judged(session, spec), spec)
    if more is None:
        return
    names = ", ".join(more.journeys)
    if session.left_s is not None and (more.walks + 1) * each_s > session.left_s / 2:  # the crowd still needs its part
        session.progress.say(f"undecided after {spec.iterations} walks: {names}; the time cap leaves no time for {more.walks} more")
        return
    session.progress.say(f"undecided after {spec.iterations} walks: {names}; {more.walks} more will tell")
    arguments = (*plan.arguments, "--first-iteration", str(spec.iterations + 1))
    walk_journeys(session, JourneyPlan(more.journeys, more.walks, more.devices, arguments))


def further(verdicts: Iterable[Verdict], spec: GateSpec) -> Further | None:
    """Return what to walk on; None where nothing is undecided, or where the gate's answer would stay the same whatever came out."""
    verdicts = list(verdicts)
    undecided = [each for each in verdicts if each.outcome is Outcome.INCONCLUSIVE]
    if not undecided or any(each.outcome in {Outcome.FAIL, Outcome.MISSING} for each in verdicts):
        return None
    walks = max(_walks(each, spec.iterations) for each in undecided)
    if spec.iterations + walks > spec.most_iterations:
        return None
    journeys = dict.fromkeys(each.subject for each in undecided)
    labels = [each.series.label_map if each.series else {} for each in undecided]
    devices = dict.fromkeys(label.get("device", spec.devices[0]) for label in labels)
    return Further(tuple(journeys), tuple(devices), min(math.ceil(SPARE * walks), spec.most_iterations - spec.iterations))


def _walks(verdict: Verdict, done: int) -> float:
    """Return how many more walks would bring the samples that a verdict still needs; infinity when no number would."""
    if verdict.needed is None:
        return math.inf
    each = max(verdict.count, 1) / done
    return math.ceil((verdict.needed - verdict.count) / each)


def _judged(session: Session, spec: GateSpec) -> Sequence[Verdict]:
    """Hold what was measured so far against the budgets that speak of these journeys alone, by way of a store for the moment."""
    suite = session.workplace.suite
    if not (suite.root / THRESHOLDS).is_file():
        return ()
    budgets = [replace(each, warn=None) for each in budgets_of(suite).budgets if _of_this_run(each)]
    with tempfile.TemporaryDirectory() as folder, closing(open_store(Path(folder))) as store:
        store_spool(store, session.run.directory)
        seen = tuple(each for each in reader.evidence(store, session.id) if each.series.source == Source.JOURNEY)
    scope = Scope({Source.JOURNEY.value: spec.journeys}, {"device": spec.devices, "under_load": ()})
    return evaluate(budgets, Evidence(seen, scope=scope), Rules(looks=2))


def _of_this_run(budget: Budget) -> bool:
    """Whether these journeys' walks alone decide a budget: neither earlier runs nor a window of time do."""
    fail = budget.fail
    return budget.place.source == Source.JOURNEY and fail is not None and not fail.needs_baseline and fail.window_ms is None
