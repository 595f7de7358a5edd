"""When a trend will cross its budget, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

LEAST = 8
"""Points below which nothing is said."""
CONFIDENCE = 0.99
"""Of the intervals: a page looks at a hundred series, and 95 % would see a trend in five that have none."""
LEAST_CHANGE = 0.03
"""A drift below this share over all that was observed is not worth telling."""
FURTHEST = 2.0
"""How many times the observed span a forecast looks ahead: further would be guessing."""


@dataclass(frozen=True)
class Crossing:
    """A trend on its way to its limit, in days from the last point.

    `likely` is by the median slope, `earliest` and `latest` by the ends of its 99 % interval; `latest` is None where that interval's
    gentler end does not reach the limit within twice the time that was observed. `per_day` is the slope as a share of the level
    (0.01 is 1 % a day), `points` and `span` how many points over how many days it rests on.
    """

    likely: float
    earliest: float
    latest: float | None
    per_day: float
    points: int
    span: float


@dataclass(frozen=True)
class Drift:
    """Which way a series goes: the slope as a share of its level a day, the ends of its 99 % interval, and over how many days."""

    per_day: float
    low: float
    high: float
    span: float
    points: int

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no doubt about the direction, and the change is one to speak of."""
        return (self.low > 0 or self.high < 0) and abs(self.change) >= LEAST_CHANGE

    @property
    def change(self) -> float:
        """How much the level moved over the whole span, as a share (0.1 is 10 %)."""
        return math.expm1(self.per_day * self.span)


@dataclass(frozen=True)
class _Fit:
    """ln y = centre + slope (x − middle) since the last change of level; slope with its interval."""

    slope: float
    low: float
    high: float
    centre: float
    middle: float


def _fit(days: Sequence[float], values: Sequence[float], breaks: Sequence[float]) -> _Fit | None:
    """Fit Theil and Sen's line to the logarithms: the median of all slopes between two points that no change of level parts.

    The interval is by Kendall's rank correlation (Sen 1968, without his correction for ties; over stretches as Hirsch and Slack 1984 over
    seasons). Points should be daily medians: those of one day are not independent. Without changes scipy has the same as `theilslopes`,
    behind a second of imports.
    """
    if len(values) < LEAST or min(values) <= 0 or max(days) <= min(days):
        return None
    import numpy as np  # noqa: PLC0415  # only trends need it

    at, logs = np.asarray(days, dtype=float), np.log(np.asarray(values, dtype=float))
    stretch = np.searchsorted(np.sort(np.asarray(breaks, dtype=float)), at, side="right")
    first, second = np.triu_indices(len(at), 1)
    apart = np.where(stretch[first] == stretch[second], at[second] - at[first], 0.0)
    slopes = np.sort((logs[second] - logs[first])[apart > 0] / apart[apart > 0])
    if not len(slopes):
        return None
    n = np.unique(stretch, return_counts=True)[1]
    reach = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * math.sqrt(float((n * (n - 1) * (2 * n + 5)).sum()) / 18)
    low, high = (int(np.clip(round((len(slopes) + sign * reach) / 2) - (sign < 0), 0, len(slopes) - 1)) for sign in (-1, 1))
    now = stretch == stretch[-1]
    return _Fit(float(np.median(slopes)), float(slopes[low]), float(slopes[high]), float(np.median(logs[now])), float(np.median(at[now])))


def drift(days: Sequence[float], values: Sequence[float], breaks: Sequence[float] = ()) -> Drift | None:
    """Return which way `values` at `days` (ascending) go; None of fewer than eight points, or where one is not above zero.

    `breaks` are the days on which the level changed: a step is no drift, and does not go on.
    """
    fit = _fit(days, values, breaks)
    return Drift(fit.slope, fit.low, fit.high, days[-1] - days[0], len(values)) if fit else None


def crossing(
    days: Sequence[float], values: Sequence[float], limit: float, *, upper: bool = True, breaks: Sequence[float] = ()
) -> Crossing | None:
    """Say when `values` at `days` (ascending) will cross `limit`, from below for an `upper` limit, else from above.

    `breaks` are the days on which the level changed, as for `drift`. None where nothing can be said or there is nothing to
    fear: too few points, values or a limit that are not above zero, no clear trend towards the limit, a limit that is crossed
    already, or one further away than twice the time that was observed.
    """
    fit = _fit(days, values, breaks) if limit > 0 else None
    if fit is None or (fit.low if upper else -fit.high) <= 0:
        return None
    sign, span = (1.0 if upper else -1.0), days[-1] - days[0]
    goal = math.log(limit)
    times = {name: _time(fit, slope, goal, days[-1]) for name, slope in (("likely", fit.slope), ("low", fit.low), ("high", fit.high))}
    level = fit.centre + fit.slope * (days[-1] - fit.middle)
    if (goal - level) * sign <= 0 or times["likely"] > FURTHEST * span:
        return None
    early, late = sorted((times["low"], times["high"]))
    return Crossing(times["likely"], max(0.0, early), late if late <= FURTHEST * span else None, fit.slope, len(values), span)


def _time(fit: _Fit, slope: float, goal: float, now: float) -> float:
    """Days from `now` until the line through the fit's middle with this slope meets the goal."""
    return (goal - fit.centre) / slope + fit.middle - now
