"""`footfall gate --against`: walk the journeys at two deployments in turn, ABBA, until it is clear whether the newer one is slower."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from footfall.cli.gather import AGAINST_EVENT, FRESH_SINCE, FRESH_SUBJECTS, SCOPE_EVENT
from footfall.cli.judge import CANNOT_JUDGE_EVENT, scope_of
from footfall.cli.measure import gate_plan, walk_journeys
from footfall.cli.progress import Progress
from footfall.cli.session import Session, session
from footfall.cli.workplace import Workplace
from footfall.clock import to_text
from footfall.config.suite import GateSpec, Suite, Target
from footfall.errors import CannotJudgeError, UsageError
from footfall.gate.against import Fresh, pairs_of_turns
from footfall.gate.compare import IN_TURN, LOOKS, Comparison, compare
from footfall.gate.evidence import Scope
from footfall.gate.looks import Look, Step, steps
from footfall.gate.turns import TURN
from footfall.gate.verdict import Outcome
from footfall.metrics import Source, format_quantity
from footfall.samples import Sample
from footfall.store.spool import read_spool
from footfall.store.summary import PART_LABEL

KIND = "against"
TIME_CAP_S = 2700.0


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
        new.run.recorder.event(SCOPE_EVENT, "what this run set out to measure", **asdict(compared_scope(spec)))
        looks = " / ".join(map(str, LOOKS))
        shown.say(f"compared with {both.name} in turn (ABBA), until it is clear: looks after {looks} pairs, ends within {_shown(cap_s)}")
        look, fresh = _Comparing(old, new, spec, shown).until_clear()
        detail = {**asdict(look), "reference": both.name, "metrics": list(spec.compare)}
        if fresh is not None:
            detail |= {FRESH_SUBJECTS: list(fresh.subjects), FRESH_SINCE: to_text(fresh.since)}
        new.run.recorder.event(AGAINST_EVENT, f"compared with {both.name}", **detail)
    return new.id


def compared_scope(spec: GateSpec) -> Scope:
    """Return what is measured at both deployments: the journeys, and neither load nor crowd nor probes."""
    return scope_of(replace(spec, profile=None, under_load=None, probes=(), figures=()))


class _Comparing:
    """Walks two deployments in turn, as the order of looks asks for."""

    def __init__(self, old: Session, new: Session, spec: GateSpec, shown: Progress) -> None:
        self._old, self._new, self._spec, self._shown = old, new, spec, shown
        self._turns = _turns(old, new)
        self._fresh: Fresh | None = None

    def until_clear(self) -> tuple[Look, Fresh | None]:
        """Measure step by step; return at which look it ended, and what was measured again at last."""
        plan = steps()
        step = next(plan)
        while True:
            try:
                self._walk(step)
            except CannotJudgeError as error:
                if not (self._old.over or self._new.over):
                    raise
                self._tell_of_the_cap(step, error)
                return replace(step.look, capped=True), self._fresh
            found = self._compared()
            self._shown.say(f"{_pairs(step)}: {_told(found)}")
            if self._new.failed or self._old.failed:
                self._tell_of_failures()
                return step.look, self._fresh
            try:
                step = plan.send(found)
            except StopIteration as end:
                return end.value, self._fresh

    def _walk(self, step: Step) -> None:
        names = step.suspects or self._spec.journeys
        self._fresh = Fresh(step.suspects, datetime.now(UTC)) if step.suspects else None
        if step.suspects:
            self._shown.say(f"perhaps slower: {', '.join(names)}; measured again, {step.pairs} fresh pairs")
        for _ in range(step.pairs * 2 // TURN):
            walk_journeys(next(self._turns), gate_plan(self._spec, names, TURN))

    def _tell_of_the_cap(self, step: Step, error: CannotJudgeError) -> None:
        text = f"the time cap came before the look at {_pairs(step)}"
        if step.look.look == 1 and not step.suspects:
            self._new.run.recorder.event(CANNOT_JUDGE_EVENT, text, source=Source.JOURNEY.value)
        else:
            self._new.run.recorder.event("note", text, reason=error.message)

    def _tell_of_failures(self) -> None:
        if self._old.failed and not self._new.failed:
            text = f"a journey failed at {self._old.target.name}"
            self._new.run.recorder.event(CANNOT_JUDGE_EVENT, text, source=Source.JOURNEY.value)

    def _compared(self) -> tuple[Comparison, ...]:
        old, new = (_samples(opened) for opened in (self._old, self._new))
        return compare(pairs_of_turns(old, new, self._new.target.name, self._spec.compare, self._fresh), IN_TURN)


def _turns(old: Session, new: Session) -> Iterator[Session]:
    """Yield whose turn it is: ABBA, then BAAB, and so on."""
    while True:
        yield from (old, new, new, old, new, old, old, new)


def _samples(opened: Session) -> list[Sample]:
    """Return what a run saw so far, from its spool."""
    return [record for record in read_spool(opened.run.directory) if isinstance(record, Sample)]


def _pairs(step: Step) -> str:
    """Name a step: `20 pairs`, or `10 fresh pairs`."""
    return f"{step.pairs} fresh pairs" if step.suspects else f"{LOOKS[step.look.look - 1]} pairs"


def _told(found: Sequence[Comparison]) -> str:
    if not found:
        return "nothing can be compared yet"
    counts = {
        "no slower": sum(each.outcome is Outcome.PASS for each in found),
        "slower": sum(each.outcome is Outcome.FAIL for each in found),
        "perhaps slower": sum(each.suspected for each in found),
        "not yet clear": sum(each.outcome is Outcome.INCONCLUSIVE and not each.suspected for each in found),
    }
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _shown(seconds: float) -> str:
    return format_quantity(seconds * 1000, "ms")
