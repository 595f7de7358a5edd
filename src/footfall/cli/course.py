"""Read the course of a target from the store, as the plain values that the trends page and the weekly report are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from footfall.metrics import format_quantity
from footfall.report.course import Budgeted, Course, CourseRun, Mark, field_of
from footfall.report.trendpage import worse_of
from footfall.report.words import signed_percent
from footfall.store import course as stored
from footfall.store.changes import StoredChange, stored_changes
from footfall.store.deployments import deployments

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from footfall.gate.deployments import Deployment
    from footfall.gate.verdict import Verdict
    from footfall.store.writer import Store


@dataclass(frozen=True)
class Span:
    """How far back to look: `days`, and the newest `last` runs where that is less."""

    days: int
    last: int | None = None


def read_course(store: Store, target: str, verdicts: Sequence[Verdict], until: datetime, span: Span) -> Course | None:
    """Return how a target's series went up to `until`, with budgets as `verdicts` tell them; None where no run is on record."""
    since = until - timedelta(days=span.days)
    runs = [run for run in stored.past_runs(store, target, since=since, last=span.last) if run.started <= until]
    if not runs:
        return None
    budgeted = Budgeted(verdicts)
    known = [each for each in stored.known_series(store, target, runs[0].started) if budgeted.worth_following(each.series)]
    lines = [budgeted.line(each.series, each.kind, each.unit) for each in known]
    cells = stored.cells(store, {each.number: field_of(line.statistic) for each, line in zip(known, lines, strict=True)}, runs[0].started)
    numbered = _renumbered(cells, [each.number for each in known], [run.number for run in runs])
    marks = [
        *deployment_marks(store, target, since),
        *map(_changed, stored_changes(store, target=target, since=since)),
    ]
    told = tuple(CourseRun(run.id, run.started, run.commit, run.verdict, run.kind) for run in runs)
    return Course(told, tuple(lines), numbered, tuple(sorted(marks, key=lambda mark: mark.at)))


def _renumbered(cells: npt.NDArray[np.float64], series: Sequence[int], runs: Sequence[int]) -> npt.NDArray[np.float64]:
    """Put places in the lists for the store's own numbers; cells of other runs (drills, aborted ones) are left out."""
    import numpy as np  # noqa: PLC0415

    place = np.full(max(runs) + 1, -1)
    place[np.asarray(runs)] = np.arange(len(runs))
    line = np.zeros(max(series, default=0) + 1)
    line[np.asarray(series, dtype=np.int64)] = np.arange(len(series))
    within = cells[cells[:, 1] <= max(runs)]
    fresh = np.column_stack((line[within[:, 0].astype(np.int64)], place[within[:, 1].astype(np.int64)], within[:, 2]))
    return fresh[fresh[:, 1] >= 0]


def deployment_marks(store: Store, target: str, since: datetime) -> list[Mark]:
    """Return the deployments to a target since a moment, as trends draw them."""
    return [_deployed(made) for made in deployments(store, target=target, since=since)]


def _deployed(deployment: Deployment) -> Mark:
    what = deployment.version or deployment.commit[:9] or "something"
    outcome = "" if deployment.outcome == "succeeded" else f", {deployment.outcome.replace('_', ' ')}"
    return Mark(deployment.at, "deployment", f"deployed {what}{outcome}")


def _changed(change: StoredChange) -> Mark:
    share = signed_percent(change.after / change.before - 1) if change.before else ""
    before, after = (format_quantity(value, change.unit) for value in (change.before, change.after))
    commits = f", between {change.last_commit[:9]} and {change.first_commit[:9]}" if change.last_commit and change.first_commit else ""
    text = f"{change.series.metric} {share or 'changed'}: {before} → {after} (by chance {change.chance:.0e}{commits})"
    return Mark(change.at, "change", text, change.series, worse_of(change.series, change.after - change.before))
