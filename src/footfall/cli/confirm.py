"""Measure again what a limit beside a baseline made suspicious, before anybody is told that it failed."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from footfall.cli.measure import gate_plan, load_the_site, run_probes, walk_journeys
from footfall.cli.progress import Progress
from footfall.cli.session import session
from footfall.cli.workplace import Workplace
from footfall.config.suite import GateSpec, Target
from footfall.errors import CannotJudgeError
from footfall.gate.finding import Rules
from footfall.gate.verdict import Verdict
from footfall.metrics import Source, is_own
from footfall.store.summary import PART_LABEL

KIND = "confirm"
ROUNDS = Rules().confirming_runs


@dataclass(frozen=True)
class Measured:
    """What a gate's first run measured, and with which settings."""

    run: str
    spec: GateSpec
    target: Target
    faults: tuple[str, ...]
    labels: dict[str, str]


def suspects(verdicts: Iterable[Verdict], figures: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return by source the journeys, profiles and probes that are to be measured again.

    What the probes named in `figures` counted cannot be: it is the doing of the run that it was read behind. It stays undecided.
    """
    found: dict[str, dict[str, None]] = {}
    for verdict in verdicts:
        counted = verdict.source == Source.PROBE and verdict.subject in figures and is_own(verdict.metric)
        if verdict.suspected and not counted:
            found.setdefault(verdict.source, {})[verdict.subject] = None
    return {source: tuple(subjects) for source, subjects in found.items()}


def confirm(workplace: Workplace, shown: Progress, measured: Measured, again: Mapping[str, Sequence[str]]) -> None:
    """Measure the suspects in `ROUNDS` rounds, each a run of its own that belongs to the first; the time cap may end it early."""
    deadline = time.monotonic() + measured.spec.time_cap_s
    names = ", ".join(name for subjects in again.values() for name in subjects)
    for number in range(1, ROUNDS + 1):
        left = deadline - time.monotonic()
        if left <= 0:
            shown.say("! the time cap came before it was measured again often enough")
            return
        shown.say(f"beyond what is usual: {names}; measured again, {number} of {ROUNDS}")
        with suppress(CannotJudgeError):
            _round(workplace, shown, measured, again, left)


def _round(workplace: Workplace, shown: Progress, measured: Measured, again: Mapping[str, Sequence[str]], cap_s: float) -> None:
    spec, labels = measured.spec, {**measured.labels, PART_LABEL: measured.run}
    with session(workplace, measured.target, shown, kind=KIND, faults=measured.faults, labels=labels, time_cap_s=cap_s) as opened:
        if Source.PROBE in again:
            run_probes(opened, [workplace.suite.probes[name] for name in again[Source.PROBE]])
        if Source.JOURNEY in again:
            walk_journeys(opened, gate_plan(spec, again[Source.JOURNEY]))
        for profile in again.get(Source.LOAD, ()):
            load_the_site(opened, profile)
