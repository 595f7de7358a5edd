"""Walk a journey whose budget failed once more, uncounted, for a trace: walks that reach their end leave none."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from footfall.cli.gather import TRACE_KIND
from footfall.cli.measure import DESKTOP, JourneyPlan, conditions, walk_journeys
from footfall.cli.progress import Progress
from footfall.cli.session import session
from footfall.cli.workplace import Workplace
from footfall.config.suite import Target
from footfall.errors import FootfallError
from footfall.gate.verdict import Outcome, Verdict
from footfall.metrics import Source
from footfall.samples import Artifact
from footfall.store.spool import explained
from footfall.store.summary import PART_LABEL

MOST = 5
"""Journeys that are walked again at most: a site that is slow everywhere is slow in the first of them too."""
TIME_CAP_S = 120.0


def untraced(verdicts: Iterable[Verdict], artifacts: Iterable[Artifact]) -> dict[str, tuple[str, ...]]:
    """Return by device the journeys of failed budgets of which there is no trace; under load they would be others, so not those."""
    known = {artifact.subject for artifact in artifacts if artifact.kind == "trace"}
    found: dict[str, dict[str, None]] = {}
    for verdict in verdicts:
        fails = verdict.outcome is Outcome.FAIL and verdict.source == Source.JOURNEY and verdict.subject not in known
        if fails and verdict.series and not verdict.labels.get("under_load"):
            found.setdefault(verdict.labels.get("device", DESKTOP), {})[verdict.subject] = None
    return {device: tuple(subjects)[:MOST] for device, subjects in found.items()}


def trace(
    workplace: Workplace, shown: Progress, run: str, target: Target, faults: Sequence[str], journeys: Mapping[str, Sequence[str]]
) -> None:
    """Walk these journeys once with a trace and keep it with the run; what goes wrong is told and fails nothing."""
    names = ", ".join(dict.fromkeys(name for subjects in journeys.values() for name in subjects))
    shown.say(f"walked once more for a trace, uncounted: {names}")
    labels = {PART_LABEL: run}
    try:
        with session(workplace, target, shown, kind=TRACE_KIND, faults=faults, labels=labels, time_cap_s=TIME_CAP_S) as opened:
            part = opened.id
            for device, subjects in journeys.items():
                once = ("--warm-up", "0", "--trace-walk", *conditions(workplace.suite.gate))
                walk_journeys(opened, JourneyPlan(tuple(subjects), 1, (device,), once))
        _move(workplace.results(part), workplace.results(run))
    except FootfallError as error:
        shown.say(f"! no trace: {error.message}")


def _move(source: Path, home: Path) -> None:
    """Bring the traces to the gate's own files: what CI keeps of a gate is that folder."""
    with explained(home):
        for folder in source.glob("artifacts/traces"):
            shutil.copytree(folder, home / "artifacts/traces", dirs_exist_ok=True)
    shutil.rmtree(source, ignore_errors=True)
