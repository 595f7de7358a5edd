"""Turns: what one browser saw of one deployment before it was the other's turn, and how far turns lie apart by themselves.

A turn is five iterations in a browser of its own. They share the machine's mood, so five samples of one turn are not five independent
ones; turns are. Each is told by one number, the pseudo-median of ln x (the median of the means of all pairs; Hodges and Lehmann 1963),
which a lone hiccup does not move. Pure; scipy and numpy are imported when first needed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

TURN = 5
"""Iterations of a turn."""
USUAL_DRIFT = 0.03
"""Standard deviation of ln x between turns to expect before any is seen."""
USUAL_WEIGHT = 8
FEWEST_TURNS = 2
"""Turns at each deployment without which fresh ones say nothing."""


@dataclass(frozen=True)
class Drift:
    """By how much turns make two deployments differ: the standard error of ln ratio, and its degrees of freedom."""

    error: float
    freedom: float

    def reach(self, chance: float) -> float:
        """How far apart they come with so small a chance."""
        from scipy import special  # noqa: PLC0415

        return float(special.stdtrit(self.freedom, 1 - chance)) * self.error


def levels_of_turns(sides: Sequence[tuple[Sequence[float], Sequence[int]]]) -> list[list[float]]:
    """Return for each side (its positive samples in order, the lengths of its turns) one number a turn: the pseudo-median of ln x.

    Without lengths, turns are of five samples, and one that was cut short is left out.
    """
    turns = [_cut(values, lengths) for values, lengths in sides]
    found = iter(_pseudo_medians([turn for side in turns for turn in side]))
    return [[next(found) for _ in side] for side in turns]


def _cut(values: Sequence[float], lengths: Sequence[int]) -> list[Sequence[float]]:
    starts = (*accumulate(lengths, initial=0),) if lengths else (*range(0, len(values) + 1, TURN),)
    return [values[start:end] for start, end in pairwise(starts) if end > start]


def _pseudo_medians(turns: Sequence[Sequence[float]]) -> list[float]:
    import numpy as np  # noqa: PLC0415

    alike: dict[int, list[int]] = defaultdict(list)
    for position, turn in enumerate(turns):
        alike[len(turn)].append(position)
    found = [0.0] * len(turns)
    for size, positions in alike.items():  # those of one size together: a simulation has a hundred thousand
        logs = np.log(np.array([turns[position] for position in positions]))
        first, second = np.triu_indices(size)
        for position, level in zip(positions, np.median((logs[:, first] + logs[:, second]) / 2, axis=1), strict=True):
            found[position] = float(level)
    return found


def drifts(sides: Sequence[tuple[Sequence[float], Sequence[float]]]) -> list[Drift]:
    """Estimate for each series what turns differ by, from the levels of its turns at both deployments.

    One turn's mood meets all metrics alike, so that many of them tell no more of it than one does, only more exactly: the mean over all
    counts, or the series' own where that is more; drawn towards a usual one, for few turns can look steady by chance.
    """
    counts = [max(1, min(map(len, both))) for both in sides]
    found = [sum(map(_squares, both)) / max(2 * (count - 1), 1) for both, count in zip(sides, counts, strict=True)]
    common = math.fsum(found) / max(len(found), 1)
    return [_drift(max(variance, common), count) for variance, count in zip(found, counts, strict=True)]


def _drift(variance: float, turns: int) -> Drift:
    seen = 2 * (turns - 1)
    drawn = (USUAL_WEIGHT * USUAL_DRIFT**2 + seen * variance) / (USUAL_WEIGHT + seen)
    return Drift(math.sqrt(drawn * 2 / turns), USUAL_WEIGHT + seen)


def chance_of_turns(before: Sequence[float], after: Sequence[float]) -> float:
    """Return the one-sided chance of turns this far apart if nothing had changed: the t-test on their levels, nothing assumed of them."""
    from scipy import special  # noqa: PLC0415

    if min(len(before), len(after)) < FEWEST_TURNS:
        return 1.0
    freedom = len(before) + len(after) - 2
    distance = math.fsum(after) / len(after) - math.fsum(before) / len(before)
    error = math.sqrt((_squares(before) + _squares(after)) / freedom * (1 / len(before) + 1 / len(after)))
    if not error:
        return 0.0 if distance > 0 else 1.0
    return float(special.stdtr(freedom, -distance / error))


def _squares(levels: Sequence[float]) -> float:
    """Return the squared distances from their mean."""
    middle = math.fsum(levels) / max(len(levels), 1)
    return math.fsum((level - middle) ** 2 for level in levels)
