"""The tables of a course, in pandas: series by run, resampled by time, with rolling medians; imported only when trends are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import numpy as np
import pandas as pd

from footfall.report.course import Course

BUCKETS = 360
"""Points that one line of a picture has at most: more runs are gathered into as many stretches of equal length."""
SMOOTH = timedelta(days=7)
"""The window of the rolling median."""
LEAST = 3


@dataclass(frozen=True)
class Curves:
    """Lines over common moments: rows are moments, columns indices of lines.

    `middle`, `low` and `high` are the median and the range of the runs in each stretch (all the same where each run stands for itself:
    `gathered` is False then), `smooth` the rolling median over a week.
    """

    middle: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    smooth: pd.DataFrame
    gathered: bool

    @property
    def seconds(self) -> list[int]:
        """The moments as seconds since 1970."""
        return [int(moment) for moment in (_index(self.middle).as_unit("s").astype("int64"))]


def _index(frame: pd.DataFrame) -> pd.DatetimeIndex:
    return cast("pd.DatetimeIndex", frame.index)


def wide(course: Course) -> pd.DataFrame:
    """Return the table of figures: a row per run (by its moment), a column per line, NaN where a run did not see it."""
    cells = course.cells
    frame = pd.DataFrame(
        {"line": cells[:, 0].astype(np.int64), "run": cells[:, 1].astype(np.int64), "figure": cells[:, 2]}
    ).drop_duplicates(["run", "line"], keep="last")
    table = frame.pivot(index="run", columns="line", values="figure").sort_index()  # noqa: PD010  # one figure a cell: nothing to aggregate
    moments = pd.DatetimeIndex(np.array([_ms(run.started) for run in course.runs], dtype="datetime64[ms]"), tz="UTC")
    table.index = moments[table.index]
    return table.where(np.isfinite(table)).sort_index(kind="stable")


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)


def curves(table: pd.DataFrame) -> Curves:
    """Return the lines of a picture, of at most BUCKETS points each."""
    gathered = len(table) > BUCKETS
    if gathered:
        groups = table.groupby(_stretches(_index(table)))
        middle, low, high = groups.median(), groups.min(), groups.max()
    else:
        middle = low = high = table.groupby(level=0).median()  # two runs of one moment are one point
    smooth = middle.rolling(pd.Timedelta(SMOOTH), min_periods=LEAST).median()
    return Curves(middle, low, high, smooth, gathered)


def _stretches(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the middle of the stretch that each moment lies in."""
    span = max(index[-1] - index[0], pd.Timedelta(milliseconds=BUCKETS))
    width = span / (BUCKETS - 1)
    number = np.asarray((index - index[0]) // width)
    return index[0] + pd.to_timedelta((number + 0.5) * width)


def daily(table: pd.DataFrame) -> pd.DataFrame:
    """Return the median of each day (UTC), days without a run left out."""
    return table.resample("1D").median().dropna(how="all")


def beside_before(table: pd.DataFrame, now: datetime, span: timedelta) -> pd.DataFrame:
    """Compare the last `span` before `now` with the one before it, a row per line.

    Columns: the medians `now` and `before`, `change` (their ratio less 1), and how many `runs` the later span has.
    """
    end = pd.Timestamp(now)
    recent = table[(table.index > end - span) & (table.index <= end)]
    earlier = table[(table.index > end - 2 * span) & (table.index <= end - span)]
    told = pd.DataFrame({"now": recent.median(), "before": earlier.median(), "runs": recent.count()})
    told["change"] = told["now"] / told["before"].where(told["before"] != 0) - 1
    return told
