"""Change points of series, found when a run is taken in and kept with the series."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, insert, select

from footfall.gate.trends import FEWEST, READ, Change, change_points, may_have_changed
from footfall.metrics import Better, Kind
from footfall.samples import Series
from footfall.store.commits import NOTHING, Between, commits_between
from footfall.store.database import Store
from footfall.store.lines import metric_of
from footfall.store.schema import Moment, changes, runs, series, summaries

STATISTIC = "p50"
"""The figure of a run that is followed: a rate's changes are the budgets' business."""
_LOOKED_AT = 230


@dataclass(frozen=True)
class StoredChange:
    """A series that changed its level: `run_id` began at `at` and is the first one after it.

    `before` and `after` are medians of the runs' `statistic` in the series' base unit, `chance` that of a difference this large by
    accident. The change lies between `last_commit` (still as before) and `first_commit`; `points` runs had seen it when it was `found`.
    A drift went on up to `last_run`, which began at `until` (None: a step) and is the one of `first_commit`. `commits` are those between
    the two, as far as the suite's own repository knew them when the run was taken in.
    """

    series: Series
    unit: str
    run_id: str
    at: datetime
    before: float
    after: float
    chance: float
    statistic: str
    last_commit: str
    first_commit: str
    points: int
    found: datetime
    until: datetime | None = None
    last_run: str = ""
    commits: Between = NOTHING

    @property
    def drift(self) -> bool:
        """Whether it came little by little, so that no single commit explains it."""
        return self.until is not None

    @property
    def worse(self) -> bool:
        """Whether it changed in the metric's bad direction; a script's own metric has none."""
        better = metric_of(self.series.source, self.series.metric, self.unit).better
        return (self.after > self.before) is (better is Better.LOWER) and better is not Better.NEITHER


def find_changes(store: Store, run_id: str, *, closely: bool = False, root: Path | None = None) -> int:
    """Look for changes in the series of a run just taken in, over the comparable runs of its branch; return how many are kept of them.

    Quick where nothing happened: only series whose newest runs seem to differ are looked at closely, or all of them if `closely`.
    The repository around `root` is asked for the commits between.
    """
    with store.reading() as connection:
        run = connection.execute(select(runs).where(runs.c.id == run_id)).first()
        if run is None or run.part_of or run.faulted or run.outcome != "finished":
            return 0
        suspects = [row for row in connection.execute(_series_of(run)).all() if closely or _seems_changed(connection, run, row)]
        looked_at = [(row, points) for row in suspects if len(points := _points(connection, run, row, READ)) >= FEWEST]
    found = [(row, points, change_points(_moments(points))) for row, points in looked_at]
    if not found:
        return 0
    between = cache(lambda last, first: commits_between(root, last, first) if root else NOTHING)
    rows = [(row.series, points, [_row(row.series, points, change, between) for change in changed]) for row, points, changed in found]
    with store.writing() as connection:
        return sum(_keep(connection, *each) for each in rows)


def _series_of(run: Row[Any]) -> Select[Any]:
    columns = summaries.c.series, summaries.c.comparable
    return select(*columns).where(summaries.c.run == run.number, summaries.c.kind == Kind.TREND.value)


def _points(connection: Connection, run: Row[Any], row: Row[Any], last: int) -> Sequence[Any]:
    """Return a series' newest points up to a run, oldest first."""
    newest = connection.execute(
        _POINTS,
        {"series": row.series, "comparable": row.comparable, "branch": run.git_branch, "started": run.started, "last": last},
    ).all()
    return newest[::-1]


_POINTS = (
    select(runs.c.number, runs.c.id, summaries.c.started, runs.c.git_commit, summaries.c[STATISTIC].label("value"))
    .join_from(summaries, runs)
    .where(summaries.c.series == bindparam("series"), summaries.c.comparable == bindparam("comparable"))
    .where(summaries.c.started <= bindparam("started"), runs.c.git_branch == bindparam("branch"))
    .where(runs.c.part_of == "", ~runs.c.faulted, runs.c.outcome == "finished")
    .order_by(summaries.c.started.desc(), runs.c.number.desc())
    .limit(bindparam("last"))
)


def _seems_changed(connection: Connection, run: Row[Any], row: Row[Any]) -> bool:
    points = _points(connection, run, row, _LOOKED_AT)
    return len(points) >= FEWEST and may_have_changed([point.value for point in points])


def _moments(points: Sequence[Row[Any]]) -> list[tuple[datetime, float]]:
    return [(point.started, point.value) for point in points]


def _keep(connection: Connection, number: int, points: Sequence[Row[Any]], rows: Sequence[dict[str, Any]]) -> int:
    """Write a series' changes in the place of those that were seen among the same points; a change keeps the moment it was first found.

    A drift may have begun before them. Those of runs on another branch, or with other settings, stay as they are.
    """
    of, own = changes.c.series == number, {point.number for point in points}
    ends = {point.id for point in points}
    earlier = [row for row in connection.execute(select(changes).where(of)).all() if row.run in own or row.last_run in ends]
    connection.execute(delete(changes).where(of, changes.c.run.in_([row.run for row in earlier])))
    if rows:
        connection.execute(insert(changes), [_as_known(row, earlier, points[0].started) for row in rows])
    return len(rows)


def _as_known(row: dict[str, Any], earlier: Iterable[Row[Any]], since: datetime) -> dict[str, Any]:
    """Keep what was known of a change that is found again.

    That is when it was found, its commits where this checkout does not know them, and how it began, if before `since`, which is as far
    as was looked now.
    """
    found, commits = row["found"], row["commits"]
    begun: dict[str, Any] = {}
    for known in earlier:
        if _is_same(row, known):
            found = min(found, known.found)
            begun = {name: getattr(known, name) for name in ("run", "at", "before", "last_commit")} if known.at < since else begun
        if not commits and (known.last_commit, known.first_commit) == (row["last_commit"], row["first_commit"]):
            commits = known.commits
    return {**row, "found": found, "commits": commits, **begun}


def _is_same(row: Mapping[str, Any], known: Row[Any]) -> bool:
    """Whether a change was known: in the same direction, and in a moment that both went through; a step is all in one moment."""
    together = row["at"] <= (known.until or known.at) and known.at <= (row["until"] or row["at"])
    return bool(together and (row["after"] > row["before"]) is (known.after > known.before))


def _row(number: int, points: Sequence[Row[Any]], change: Change, between: Callable[[str, str], Between]) -> dict[str, Any]:
    first, last = points[change.index], points[change.index - 1]
    end = first if change.last is None else points[change.last]
    commits = between(last.git_commit, end.git_commit)
    return {
        "series": number,
        "run": first.number,
        "at": first.started,
        "before": change.before,
        "after": change.after,
        "chance": change.chance,
        "statistic": STATISTIC,
        "last_commit": last.git_commit,
        "first_commit": end.git_commit,
        "points": change.points,
        "found": datetime.now(UTC),
        "until": None if change.last is None else end.started,
        "last_run": "" if change.last is None else end.id,
        "commits": {"listed": [list(each) for each in commits.listed], "more": commits.more} if commits.listed else {},
    }


def stored_changes(store: Store, *, target: str | None = None, since: datetime | None = None) -> list[StoredChange]:
    """List the changes, newest first; of one target, and at a moment or later (a drift: its end), where these are named."""
    columns = [series.c[name] for name in ("target", "source", "subject", "part", "metric", "labels")]
    query = (
        select(*columns, changes, runs.c.id, summaries.c.unit)
        .join_from(changes, series, changes.c.series == series.c.number)
        .join(runs, changes.c.run == runs.c.number)
        .join(summaries, (summaries.c.run == changes.c.run) & (summaries.c.series == changes.c.series))
        .order_by(changes.c.at.desc(), changes.c.series)
    )
    if target is not None:
        query = query.where(series.c.target == target)
    if since is not None:
        query = query.where(func.coalesce(changes.c.until, changes.c.at) >= bindparam("since", since, Moment()))
    with store.reading() as connection:
        return [_stored(row) for row in connection.execute(query)]


def _stored(row: Any) -> StoredChange:
    of = Series(row.target, row.source, row.subject, row.part, row.metric, tuple(sorted(row.labels.items())))
    figures = row.before, row.after, row.chance, row.statistic, row.last_commit, row.first_commit, row.points, row.found
    commits = Between(tuple((name, line) for name, line in row.commits.get("listed", ())), row.commits.get("more", 0))
    return StoredChange(of, row.unit, row.id, row.at, *figures, row.until, row.last_run, commits)
