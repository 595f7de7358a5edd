"""The tables of a course, in pandas: series by run, resampled by time, with rolling medians; imported only when trends are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
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

    @cached_property
    def seconds(self) -> list[int]:
        """The moments as seconds since 1970."""
        return [int(moment) for moment in (_index(self.middle).as_unit("s").astype("int64"))]


def _index(frame: pd.DataFrame) -> pd.DatetimeIndex:
    return cast("pd.DatetimeIndex", frame.index)


def wide(course: Course) -> pd.DataFrame:
    """Return the table of figures: a row per run (by its moment), a column per line, NaN where a run did not see it."""
    places, figures = course.cells[:, :2].astype(np.int64), course.cells[:, 2]
    line, run = places[:, 0], places[:, 1]
    found = np.full((len(course.lines), len(course.runs)), np.nan)  # each line in one piece: it is lines that are asked for
    found[line, run] = np.where(np.isfinite(figures), figures, np.nan)  # of two figures of one run the later one counts
    lines, runs = (np.flatnonzero(np.bincount(seen, minlength=size)) for seen, size in zip((line, run), found.shape, strict=True))
    moments = pd.DatetimeIndex(np.array([_ms(course.runs[n].started) for n in runs], dtype="datetime64[ms]"), tz="UTC")
    table = pd.DataFrame(found[np.ix_(lines, runs)].T, index=moments, columns=pd.Index(lines, name="line"))
    return table if moments.is_monotonic_increasing else table.sort_index(kind="stable")


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


def extent(table: pd.DataFrame) -> dict[int, tuple[float, float, float]]:
    """Return for each line its last figure, its lowest and its highest one."""
    found = zip(table.ffill().iloc[-1].tolist(), table.min().tolist(), table.max().tolist(), strict=True)
    return dict(zip(map(int, table.columns), found, strict=True))


def by_day(days: pd.DataFrame) -> dict[int, tuple[list[float], list[float]]]:
    """Return for each line of a table by days those on which it has a figure, counted from the first row's, and the figures."""
    if not len(days):
        return {}
    index = _index(days)
    at = ((index - index[0]) / timedelta(days=1)).to_numpy()
    columns = ((int(number), days[number].to_numpy()) for number in days.columns)
    return {number: (at[(known := np.isfinite(values))].tolist(), values[known].tolist()) for number, values in columns}


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
