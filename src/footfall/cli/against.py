"""`footfall gate --against`: walk the journeys at two deployments in turn, ABBA, until it is clear whether the newer one is slower."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from footfall.cli.gather import AGAINST_EVENT, levels_of
from footfall.cli.judge import CANNOT_JUDGE_EVENT, SCOPE_EVENT, scope_of
from footfall.cli.measure import JourneyPlan, walk_journeys
from footfall.cli.progress import Progress
from footfall.cli.session import Session, session
from footfall.cli.workplace import Workplace
from footfall.config.suite import GateSpec, Suite, Target
from footfall.errors import CannotJudgeError, UsageError
from footfall.gate.against import Look, pairs_of
from footfall.gate.compare import LOOKS, TURN, Comparison, answer, compare
from footfall.gate.evidence import Observation
from footfall.gate.verdict import Outcome
from footfall.metrics import Source, format_quantity
from footfall.samples import Sample, Series, series_of
from footfall.stats import Figures
from footfall.store.lines import metric_of
from footfall.store.spool import read_spool
from footfall.store.summary import PART_LABEL

KIND = "against"
TIME_CAP_S = 1800.0


@dataclass(frozen=True)
class Sides:
    """The deployment in question, with the faults that it is told to have, and the one that it is held against."""

    measured: Target
    reference: Target
    name: str
    faults: tuple[str, ...] = ()


def sides(suite: Suite, target: str | None, against: str, faults: Sequence[str]) -> Sides:
    """Find both deployments; `against` is a target of footfall.toml, or an address that is treated like the measured target.

    Raises UsageError when both are the same.
    """
    measured = suite.target(target)
    if "://" in against:
        return Sides(measured, replace(measured, url=against.rstrip("/"), demo=False), against.rstrip("/"), tuple(faults))
    reference = suite.target(against)
    if reference == measured and not measured.demo:
        raise UsageError(
            f"{against} cannot be held against itself", hint="name two targets, or an address: --target staging --against https://…"
        )
    return Sides(measured, reference, against, tuple(faults))


def measure_against(workplace: Workplace, shown: Progress, spec: GateSpec, both: Sides, cap_s: float) -> str:
    """Measure both until the answer is clear, or the last look or the time cap has come; return the id of the measured one's run."""
    if not spec.journeys:
        raise UsageError("there is no journey to compare", hint="--against walks journeys; name some in [gate], or with --journey")
    labels = {"iterations": "ABBA", "against": both.name}
    deadline = time.monotonic() + cap_s
    with (
        session(workplace, both.measured, shown, kind="gate", faults=both.faults, labels=labels, time_cap_s=cap_s) as new,
        session(workplace, both.reference, shown, kind=KIND, labels={**labels, PART_LABEL: new.id}, time_cap_s=cap_s) as old,
    ):
        new.deadline = old.deadline = deadline
        new.turn, old.turn = both.measured.name if both.measured.name != both.name else "here", both.name
        new.run.recorder.event(SCOPE_EVENT, "what this run set out to measure", **asdict(scope_of(replace(spec, profile=None, probes=()))))
        looks = " / ".join(map(str, LOOKS))
        shown.say(f"compared with {both.name} in turn (ABBA), until it is clear: looks after {looks} pairs, ends within {_shown(cap_s)}")
        look = _until_clear(old, new, spec, shown)
        detail = {**asdict(look), "reference": both.name, "metrics": list(spec.compare)}
        new.run.recorder.event(AGAINST_EVENT, f"compared with {both.name}", **detail)
    return new.id


def _until_clear(old: Session, new: Session, spec: GateSpec, shown: Progress) -> Look:
    """Walk block after block; return at which look it ended, and why."""
    turns = _turns(old, new)
    for number, pairs in enumerate(LOOKS, 1):
        for _ in range((pairs - (LOOKS[number - 2] if number > 1 else 0)) * 2 // TURN):
            try:
                walk_journeys(next(turns), JourneyPlan(spec.journeys, TURN, spec.devices))
            except CannotJudgeError as error:
                if not (old.over or new.over):
                    raise
                text = f"the time cap came before the look at {pairs} pairs"
                if number == 1:
                    new.run.recorder.event(CANNOT_JUDGE_EVENT, text, source=Source.JOURNEY.value)
                else:
                    new.run.recorder.event("note", text, reason=error.message)
                return Look(number, len(LOOKS), capped=True)
        found = _compared(old, new, spec.compare)
        shown.say(f"{pairs} pairs: {_told(found)}")
        if new.failed or old.failed or answer(found) is not Outcome.INCONCLUSIVE:
            if old.failed and not new.failed:
                new.run.recorder.event(CANNOT_JUDGE_EVENT, f"a journey failed at {old.target.name}", source=Source.JOURNEY.value)
            return Look(number, len(LOOKS))
    return Look(len(LOOKS), len(LOOKS))


def _turns(old: Session, new: Session) -> Iterator[Session]:
    """Yield whose turn it is: ABBA, then BAAB, and so on."""
    while True:
        yield from (old, new, new, old, new, old, old, new)


def _compared(old: Session, new: Session, metrics: Iterable[str]) -> tuple[Comparison, ...]:
    return compare(pairs_of(_seen(old), _seen(new), metrics), levels_of())


def _seen(opened: Session) -> list[Observation]:
    """Return what a run saw so far of times and sizes, from its spool."""
    values: dict[Series, list[float]] = {}
    units: dict[Series, str] = {}
    for record in read_spool(opened.run.directory):
        if isinstance(record, Sample):
            series = series_of(record, opened.target.name)
            values.setdefault(series, []).append(record.value)
            units[series] = record.unit
    seen = []
    for series, found in values.items():
        metric = metric_of(series.source, series.metric, units[series])
        seen.append(Observation(series, metric.kind, metric.unit, Figures.of_values(found), tuple(found)))
    return seen


def _told(found: Sequence[Comparison]) -> str:
    if not found:
        return "nothing can be compared yet"
    counts = {outcome: sum(each.outcome is outcome for each in found) for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE)}
    words = ("no slower", "slower", "not yet clear")
    return ", ".join(f"{count} {word}" for count, word in zip(counts.values(), words, strict=True) if count)


def _shown(seconds: float) -> str:
    return format_quantity(seconds * 1000, "ms")
