"""Read the course of a target from the store, as the plain values that the trends page and the weekly report are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from footfall.metrics import format_quantity
from footfall.report.clean import clean
from footfall.report.course import Budgeted, Course, CourseRun, Mark, field_of
from footfall.report.figures import metric_name
from footfall.report.trendpage import worse_of
from footfall.report.words import day, signed_percent
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

_LONGEST = 100
"""Characters of a commit's first line that are shown."""
_HARDLY = 1e-99


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
    _import_meanwhile("footfall.report.frames")
    cells = stored.cells(store, {each.number: field_of(line.statistic) for each, line in zip(known, lines, strict=True)}, runs[0].started)
    numbered = _renumbered(cells, [each.number for each in known], [run.number for run in runs])
    marks = [
        *deployment_marks(store, target, since),
        *map(_changed, stored_changes(store, target=target, since=since)),
    ]
    told = tuple(CourseRun(run.id, run.started, run.commit, run.verdict, run.kind) for run in runs)
    return Course(told, tuple(lines), numbered, tuple(sorted(marks, key=lambda mark: mark.at)))


def _import_meanwhile(module: str) -> None:
    """Import what draws the figures while the database, which lets go of Python's lock, still reads them: each takes half a second.

    A page that draws none may be done before: what cannot be begun while the interpreter ends (pools of threads) is imported at once.
    """
    import_module("concurrent.futures.thread")
    Thread(target=import_module, args=(module,)).start()


def _renumbered(cells: npt.NDArray[np.float64], series: Sequence[int], runs: Sequence[int]) -> npt.NDArray[np.float64]:
    """Put places in the lists for the store's own numbers; cells of other runs (drills, aborted ones) are left out."""
    import numpy as np  # noqa: PLC0415

    series_of, run_of = cells[:, 0].astype(np.int64), cells[:, 1].astype(np.int64)
    line, place = _places(series, series_of)[series_of], _places(runs, run_of)[run_of]
    fresh = np.column_stack((line.astype(np.float64), place.astype(np.float64), cells[:, 2]))
    return fresh[fresh[:, 1] >= 0]


def _places(listed: Sequence[int], seen: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return at each number its place in a list; −1 at those `seen` that are not in it."""
    import numpy as np  # noqa: PLC0415

    place = np.full(max(int(seen.max(initial=0)), max(listed, default=0)) + 1, -1, dtype=np.int64)
    place[np.asarray(listed, dtype=np.int64)] = np.arange(len(listed))
    return place


def deployment_marks(store: Store, target: str, since: datetime) -> list[Mark]:
    """Return the deployments to a target since a moment, as trends draw them."""
    return [_deployed(made) for made in deployments(store, target=target, since=since)]


def _deployed(deployment: Deployment) -> Mark:
    what = deployment.version or deployment.commit[:9] or "something"
    outcome = "" if deployment.outcome == "succeeded" else f", {deployment.outcome.replace('_', ' ')}"
    return Mark(deployment.at, "deployment", f"deployed {what}{outcome}")


def _changed(change: StoredChange) -> Mark:
    listed = tuple((name, clean(line, _LONGEST)) for name, line in change.commits.listed)
    worse = worse_of(change.series, change.after - change.before)
    kind = "drift" if change.drift else "change"
    return Mark(change.at, kind, change_words(change), change.series, worse, change.until, listed, change.commits.more)


def change_words(change: StoredChange) -> str:
    """Tell a change of level: how much, how sure, between which commits, and of a drift that it came little by little."""
    share = signed_percent(change.after / change.before - 1) if change.before else ""
    before, after = (format_quantity(value, change.unit) for value in (change.before, change.after))
    sure = f"by chance {change.chance:.0e}" if change.chance > _HARDLY else f"by chance below {_HARDLY:.0e}"
    commits = f", between {change.last_commit[:9]} and {change.first_commit[:9]}" if change.last_commit and change.first_commit else ""
    moved = f"{metric_name(change.series.metric)} {share or 'changed'}"
    if change.until is None:
        return f"{moved}: {before} → {after} ({sure}{commits})"
    return f"{moved} little by little until {day(change.until)}: {before} → {after} ({sure}{commits}; no single commit explains it)"
