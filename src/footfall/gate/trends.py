"""Where a series changed its level for good: change points over a series of runs, without alarm at a single bad run or at a cycle.

A change is a step, at one point, or a drift, from one point to another (`drifts` tells which).

The method, measured in simulation (docs/budgets.md): logarithms, less what the hour of the day and the day of the week explain, are clipped
(Hampel's rule over 11 points, 4 MAD) and scaled; kernel change-point detection (Arlot, Celisse and Harchaoui 2019) with a Gaussian
kernel proposes boundaries, each at least 4 points from the next, for a penalty of 0.7 ln n; then the weakest is deleted until at each
the Mann–Whitney test says p < 1e-4 and the medians differ by at least 3 %. Like is compared with like, before a cycle is known too: a
Monday's nights with other Mondays' nights, so that in the first week of a series nothing is told that may be a part of its week. Of
more points than are looked at, hours are looked at, so that weeks are known of a series that has a point each few minutes.
Pure; ruptures, scipy and numpy are imported when first needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from footfall.gate.drifts import Drift, drifts

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Classes = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

FEWEST = 20
"""Points without which no change can be sure."""
MOST = 1000
"""Points that are looked at or, of more, hours that had some."""
READ = 6 * MOST
"""Points worth reading: a point each ten minutes for as many hours."""
SURE = 1e-4
LEAST_CHANGE = 0.03
_NEIGHBOURS = 5
_CLIP = 4.0
_LEAST_SIZE = 4
_PENALTY = 0.7
_SUSPICIOUS = 2.5
_SUSPECTS = (4, 6, 9, 14, 20, 30)
_BEFORE = 200
_HOURS = 6
_DENSE = 3
"""With so many points an hour a busy hour could be taken for a change: then hours are compared with hours."""
_KNOWN_CYCLES = 4
"""Days on which a time of the day, or of the week, must have been seen before what it explains is taken out."""


@dataclass(frozen=True)
class Change:
    """A change of level.

    `index` is the first point after it, `before` and `after` are medians in the base unit, `chance` that of a difference this large
    by accident, `points` how many there are since (up to the next change). A drift went on from `index` to the point `last`, and `before`
    and `after` are the levels at its two ends; a step has no `last`.
    """

    index: int
    before: float
    after: float
    chance: float
    points: int
    last: int | None = None


def may_have_changed(values: Sequence[float]) -> bool:
    """Look cheaply whether the newest of a series differ from those before; only then is `change_points` worth its time."""
    import numpy as np  # noqa: PLC0415

    if len(values) < FEWEST:
        return False
    recent = np.asarray(values[-(_BEFORE + _SUSPECTS[-1]) :], dtype=float)
    return any(_seems_to_differ(recent[:-size], recent[-size:]) for size in _SUSPECTS if len(recent) - size >= size)


def change_points(points: Sequence[tuple[datetime, float]]) -> tuple[Change, ...]:
    """Find where points, oldest first, changed their level. Points at or below 0 have no logarithm: then there are none."""
    import numpy as np  # noqa: PLC0415

    starts = _starts(points)
    if len(starts) < FEWEST or min(value for _, value in points[starts[0] :]) <= 0:
        return ()
    values = np.array([median([value for _, value in points[low:high]]) for low, high in pairwise((*starts, len(points)))])
    level, classes = _without_cycles(np.log(values), [points[start][0] for start in starts])
    ends = _weeded(_proposed(_scaled(level)), level, classes)
    edges = (0, *ends, len(values))
    places = (*starts, len(points))
    found = _drifts(level, edges)
    smooth = {number for drift in found for number in range(drift.first, drift.last + 1)}
    steps = [_change(values, level, classes, edges[number : number + 3], places) for number in range(len(ends)) if number not in smooth]
    told = [*steps, *(_drifted(level, drift, edges, places) for drift in found)]
    return tuple(sorted(told, key=lambda change: change.index))


def _drifts(level: Numbers, edges: tuple[int, ...]) -> list[Drift]:
    """Return which of the boundaries are parts of drifts."""
    import numpy as np  # noqa: PLC0415

    levels = [float(np.median(level[start:end])) for start, end in pairwise(edges)]
    return drifts(_clipped(level), edges, [after > before for before, after in pairwise(levels)]) if len(levels) > 1 else []


def _drifted(level: Numbers, drift: Drift, edges: tuple[int, ...], places: Sequence[int]) -> Change:
    """Describe a drift; how sure it is says the test of Mann and Kendall, from the level before it to the level after."""
    from scipy import stats  # noqa: PLC0415

    start, end = edges[drift.first], edges[drift.last + 2]
    chance = float(stats.kendalltau(range(start, end), level[start:end]).pvalue)
    begun, done = places[drift.start + 1], places[drift.end + 1] - 1
    return Change(begun, math.exp(drift.before), math.exp(drift.after), chance, places[end] - begun, done)


def _starts(points: Sequence[tuple[datetime, float]]) -> list[int]:
    """Return where each point that is looked at begins: by itself or, of more than `MOST`, with its hour."""
    if len(points) <= MOST:
        return list(range(len(points)))
    hours = [at.replace(minute=0, second=0, microsecond=0) for at, _ in points]
    return [index for index, hour in enumerate(hours) if not index or hour != hours[index - 1]][-MOST:]


def _without_cycles(level: Numbers, moments: Sequence[datetime]) -> tuple[Numbers, Classes]:
    """Take out what each time of the day, and then each of the week, usually is above or below the rest.

    Returns each point's time of the week too: points of one may be compared with each other at once, whatever is known.
    """
    import numpy as np  # noqa: PLC0415

    days = np.array([at.toordinal() for at in moments])
    hours, weekdays = np.array([at.hour for at in moments]), np.array([at.weekday() for at in moments])
    parts = hours // _HOURS
    # Beside the running median of two weeks' worth, so that a lasting change is not mistaken for a part of the cycle.
    beside = level - _running_median(level, max(_LEAST_SIZE, round(7 * len(level) / max(int(days[-1] - days[0]), 1))))
    usual, classes = np.zeros(len(level)), parts
    for finer, coarser in ((hours, parts), (4 * weekdays + parts, 4 * (weekdays >= 5) + parts)):
        classes, known = _classes(finer, coarser, days)
        for which in np.unique(classes[known]) if len(np.unique(classes)) > 1 else ():
            own = classes == which
            usual[own] += np.median((beside - usual)[own])
    dense = len(level) >= _DENSE * len(np.unique(24 * days + hours))
    return level - usual, 24 * weekdays + (hours if dense else parts)


def _classes(finer: Classes, coarser: Classes, days: Classes) -> tuple[Classes, Flags]:
    """Return each point's class, the finer one where that was seen on enough days, and whether its class was."""
    import numpy as np  # noqa: PLC0415

    coarser = -1 - coarser  # below 0, so that no two classes are one
    found, known = coarser.copy(), np.zeros(len(days), dtype=bool)
    for classes in (coarser, finer):
        for which in np.unique(classes):
            own = classes == which
            if len(np.unique(days[own])) >= _KNOWN_CYCLES:
                found[own], known[own] = which, True
    return found, known


def _running_median(values: Numbers, reach: int) -> Numbers:
    import numpy as np  # noqa: PLC0415

    padded = np.pad(values, min(reach, len(values) - 1), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(padded) - len(values) + 1)
    found: Numbers = np.median(windows, axis=1)
    return found


def _scaled(level: Numbers) -> Numbers:
    """Clip lone outliers and scale to a standard deviation of 1."""
    clipped = _clipped(level)
    scaled: Numbers = (clipped - clipped.mean()) / max(float(clipped.std()), 1e-12)
    return scaled


def _clipped(level: Numbers) -> Numbers:
    """Clip lone outliers by Hampel's rule."""
    import numpy as np  # noqa: PLC0415

    middle = _running_median(level, _NEIGHBOURS)
    off = np.abs(level - middle)
    floor = 1.4826 * float(np.median(off))
    reach = _CLIP * np.maximum(1.4826 * _running_median(off, _NEIGHBOURS), max(floor, 1e-9))
    clipped: Numbers = np.clip(level, middle - reach, middle + reach)
    return clipped


def _proposed(scaled: Numbers) -> tuple[int, ...]:
    """Return where kernel change-point detection sees boundaries."""
    import numpy as np  # noqa: PLC0415
    import ruptures  # noqa: PLC0415  # a third of a second to import

    apart = np.abs(np.subtract.outer(scaled, scaled))
    apart = apart[apart > 0]
    if not len(apart):
        return ()
    gamma = float(np.median(apart)) ** -2
    search = ruptures.KernelCPD(kernel="rbf", min_size=_LEAST_SIZE, params={"gamma": gamma}).fit(scaled.reshape(-1, 1))
    return tuple(int(end) for end in search.predict(pen=_PENALTY * math.log(len(scaled)))[:-1])


def _weeded(ends: tuple[int, ...], level: Numbers, classes: Classes) -> tuple[int, ...]:
    """Delete the weakest boundary until all are sure."""
    while ends:
        edges = (0, *ends, len(level))
        found = [_strength(level, classes, edges[number : number + 3]) for number in range(len(ends))]
        weakest = min(range(len(ends)), key=lambda number: (found[number][1] >= math.log1p(LEAST_CHANGE), -found[number][0]))
        if found[weakest][0] < SURE and found[weakest][1] >= math.log1p(LEAST_CHANGE):
            break
        ends = (*ends[:weakest], *ends[weakest + 1 :])
    return ends


def _strength(level: Numbers, classes: Classes, edges: tuple[int, ...]) -> tuple[float, float]:
    """Return (chance, |difference of medians|) of a boundary, comparing times of day that both sides have seen."""
    import numpy as np  # noqa: PLC0415

    start, at, end = edges
    common = np.intersect1d(classes[start:at], classes[at:end])
    before, after = (level[low:high][np.isin(classes[low:high], common)] for low, high in ((start, at), (at, end)))
    if min(len(before), len(after)) < _LEAST_SIZE:
        return 1.0, 0.0
    return _chance(before, after), abs(float(np.median(after) - np.median(before)))


def _change(values: Numbers, level: Numbers, classes: Classes, edges: tuple[int, ...], places: Sequence[int]) -> Change:
    """Describe a boundary; `places` says where each of the values began among the points."""
    import numpy as np  # noqa: PLC0415

    start, at, end = edges
    chance, _ = _strength(level, classes, edges)
    before, after = float(np.median(values[start:at])), float(np.median(values[at:end]))
    return Change(places[at], before, after, chance, places[end] - places[at])


def _seems_to_differ(before: Numbers, after: Numbers) -> bool:
    """Hold the difference of two medians against its robust standard error: far quicker than a test."""
    import numpy as np  # noqa: PLC0415

    old, new = float(np.median(before)), float(np.median(after))
    apart = abs(new - old)
    error = 1.4826 * float(np.median(np.abs(before - old))) * 1.2533 * math.sqrt(1 / len(before) + 1 / len(after))
    return apart >= LEAST_CHANGE * min(old, new) and apart >= _SUSPICIOUS * error


def _chance(before: Numbers, after: Numbers) -> float:
    """Return the two-sided chance of the Mann–Whitney test; exact where a side has few points, for there it matters."""
    from scipy import stats  # noqa: PLC0415

    few = min(len(before), len(after)) <= 8
    return float(stats.mannwhitneyu(before, after, method="exact" if few else "asymptotic").pvalue)
