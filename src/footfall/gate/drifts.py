"""Which changes of level are steps, and which are one steady drift that a search for steps cut into a staircase.

Two shapes are held against each other over neighbouring changes in one direction: levels with a jump between each two, and one level
that goes over into another along a straight line. The one with the smaller Bayesian information criterion (Schwarz 1978; least squares
on clipped logarithms) is told, and steps where it is close. Steps are judged at their best: moved to where they fit best, and with one
more of them where that fits better. Pure; numpy is imported when first needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

_MARGIN = 2.0
"""How much better than steps a drift must be, in units of the criterion: a commit that is blamed wrongly is looked at, at worst."""
_LEAST_LENGTH = 8
"""Points: what is over sooner, such as a slow roll-out, is a step to all purposes."""
_GRID = 48
"""Places at which a drift's ends are tried at first; then more finely beside the best ones."""


@dataclass(frozen=True)
class Drift:
    """One steady change over the boundaries `first` to `last` (their numbers).

    `start` is the last point of the old level, `end` the first of the new one, `before` and `after` are the two levels.
    """

    first: int
    last: int
    start: int
    end: int
    before: float
    after: float


def drifts(values: Numbers, edges: Sequence[int], rises: Sequence[bool]) -> list[Drift]:
    """Return the drifts among the boundaries `edges[1:-1]` of `values`, in order; `rises` says of each boundary which way it goes."""
    sums = _Sums(values)

    @cache
    def gain(first: int, last: int) -> tuple[float, Drift | None]:
        return _gain(sums, edges, first, last)

    groups = [0, *(number for number in range(1, len(rises)) if rises[number] != rises[number - 1]), len(rises)]
    return [drift for first, after in pairwise(groups) for drift in _best(gain, first, after - 1)]


def _best(gain: Callable[[int, int], tuple[float, Drift | None]], first: int, last: int) -> Iterator[Drift]:
    """Yield the clearest drift among neighbouring boundaries in one direction, and those on its two sides."""
    among = [gain(start, end) for start in range(first, last + 1) for end in range(start, last + 1)]
    most, drift = max(among, key=lambda each: each[0], default=(-math.inf, None))
    if drift is not None and most > _MARGIN:
        yield from _best(gain, first, drift.first - 1)
        yield drift
        yield from _best(gain, drift.last + 1, last)


def _gain(sums: _Sums, edges: Sequence[int], first: int, last: int) -> tuple[float, Drift | None]:
    """Return by how much a drift explains these boundaries better than steps do, with that drift."""
    low, high = edges[first], edges[last + 2]
    line = _line(sums, low, high)
    if line is None or line[1] >= edges[last + 1] or line[2] < edges[first + 1]:  # it goes past what it should explain
        return -math.inf, None
    rest, drift = line[0], Drift(first, last, *line[1:])
    ends = _moved(sums, (low, *edges[first + 1 : last + 2], high))
    more = _moved(sums, _one_more(sums, ends))
    steps = min(_criterion(sums.rest(each), high - low, 2 * len(each) - 3) for each in (ends, more))
    return steps - _criterion(rest, high - low, 4), drift


def _criterion(rest: float, points: int, parameters: int) -> float:
    return points * math.log(max(rest, 1e-12) / points) + parameters * math.log(points)


class _Sums:
    """Running sums of a series, so that a level or a line is fitted to any stretch of it at once."""

    def __init__(self, values: Numbers) -> None:
        import numpy as np  # noqa: PLC0415

        middle = values - values.mean()  # sums of squares keep their digits
        self.mean = float(values.mean())
        at = np.arange(len(values), dtype=float)
        self.y, self.yy, self.ty, self.t, self.tt = (
            np.concatenate(([0.0], np.cumsum(each))) for each in (middle, middle**2, at * middle, at, at**2)
        )

    def rest(self, ends: Sequence[int]) -> float:
        """Return the squares that a level for each stretch between `ends` leaves over."""
        taken = sum((self.y[end] - self.y[start]) ** 2 / (end - start) for start, end in pairwise(ends))
        return float(self.yy[ends[-1]] - self.yy[ends[0]] - taken)

    def cut(self, start: int, end: int) -> tuple[float, int]:
        """Return how many squares one step between two places explains at most, and where; (0, `start`) where there is no room for one."""
        import numpy as np  # noqa: PLC0415

        at = np.arange(start + 2, end - 1)
        if not len(at):
            return 0.0, start
        y = self.y
        explained = (y[at] - y[start]) ** 2 / (at - start) + (y[end] - y[at]) ** 2 / (end - at) - (y[end] - y[start]) ** 2 / (end - start)
        best = int(explained.argmax())
        return float(explained[best]), int(at[best])


def _moved(sums: _Sums, ends: Sequence[int]) -> tuple[int, ...]:
    """Move each step to where it fits best between its neighbours, twice over."""
    moved = list(ends)
    for number in (*range(1, len(moved) - 1), *range(1, len(moved) - 1)):
        explained, at = sums.cut(moved[number - 1], moved[number + 1])
        moved[number] = at if explained else moved[number]
    return tuple(moved)


def _one_more(sums: _Sums, ends: Sequence[int]) -> tuple[int, ...]:
    """Add the step that explains most."""
    explained, at = max(sums.cut(start, end) for start, end in pairwise(ends))
    return tuple(sorted((*ends, at))) if explained else tuple(ends)


Line = tuple[float, int, int, float, float]
"""The squares left over, the last point of the old level, the first of the new, the two levels."""


def _line(sums: _Sums, low: int, high: int) -> Line | None:
    """Fit a level that goes over into another along a straight line; None where the stretch is too short for one."""
    import numpy as np  # noqa: PLC0415

    step = max(1, (high - 1 - low) // _GRID)
    places = np.unique(np.append(np.arange(low, high, step), high - 1))
    found = _fitted(sums, (low, high), places, places)
    if found is None or step == 1:
        return found
    near = [np.arange(max(low, at - step), min(high - 1, at + step) + 1, max(1, step // 4), dtype=np.int64) for at in (found[1], found[2])]
    return min(found, _fitted(sums, (low, high), *near) or found)


def _fitted(sums: _Sums, span: tuple[int, int], starts: Places, ends: Places) -> Line | None:
    """Return the best fit of all with these starts and ends of the line.

    It is a regression on a figure that is 0 up to the start, goes to 1 along the line and stays there.
    """
    import numpy as np  # noqa: PLC0415

    low, high = span
    start, end = (each.ravel() for each in np.meshgrid(starts, ends, indexing="ij"))
    long = end - start >= _LEAST_LENGTH
    if not long.any():
        return None
    start, end = start[long], end[long]
    length, inner, points = (end - start).astype(float), end - start - 1.0, high - low
    t, tt, y, ty = (each[end] - each[start + 1] for each in (sums.t, sums.tt, sums.y, sums.ty))
    x = (t - start * inner) / length + (high - end)
    xx = (tt - 2 * start * t + start.astype(float) ** 2 * inner) / length**2 + (high - end)
    xy = (ty - start * y) / length + sums.y[high] - sums.y[end]
    total = float(sums.y[high] - sums.y[low])
    spread, together = np.maximum(xx - x * x / points, 1e-12), xy - x * total / points
    left = float(sums.yy[high] - sums.yy[low]) - total**2 / points - together**2 / spread
    best = int(left.argmin())
    by = float(together[best] / spread[best])
    before = sums.mean + (total - by * float(x[best])) / points
    return float(left[best]), int(start[best]), int(end[best]), before, before + by
