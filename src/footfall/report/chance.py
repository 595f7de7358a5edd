"""The chance that a figure of two runs is this far apart though nothing had changed: for rates, and for the percentiles of a load."""

from __future__ import annotations

import math

from footfall.gate.baseline import USUAL_SPREAD
from footfall.gate.evidence import Observation
from footfall.gate.uncertainty import block_error, bursts
from footfall.metrics import Kind, Source

LOAD_PERCENTILE = 95.0


def chance(before: Observation, after: Observation) -> float | None:
    """Return the two-sided chance, or None for a series that is judged by its single samples or not at all."""
    if before.kind is Kind.RATE:
        return _of_rates(before, after)
    if before.windows and after.windows:
        return _of_loads(before, after)
    return None


def _of_rates(before: Observation, after: Observation) -> float:
    """Fisher's exact test."""
    import numpy as np  # noqa: PLC0415
    from scipy import stats  # noqa: PLC0415  # a second to import

    table = []
    for seen in (before, after):
        count = max(round(seen.figures.count / _likeness(seen)), 1)
        yes = round(seen.figures.mean * count)
        table.append([yes, count - yes])
    return float(stats.fisher_exact(np.array(table)).pvalue)


def _likeness(seen: Observation) -> float:
    """Return how many requests of a load say as much as one by itself would."""
    return bursts(seen.values, seen.weights) if seen.series.source == Source.LOAD else 1.0


def _of_loads(before: Observation, after: Observation) -> float | None:
    """A t-test on ln p95: each run's own error by blocks of seconds, and what runs of one load usually differ by."""
    from scipy import special  # noqa: PLC0415

    if not (before.figures.count and after.figures.count):
        return None
    sides = [block_error([window.histogram for window in seen.windows], LOAD_PERCENTILE) for seen in (before, after)]
    if min(figure for figure, _, _ in sides) <= 0:
        return None
    squares = [error**2 + USUAL_SPREAD**2 for _, error, _ in sides]
    freedom = sum(squares) ** 2 / sum(square**2 / free for square, (_, _, free) in zip(squares, sides, strict=True))
    steps = abs(math.log(sides[0][0] / sides[1][0])) / math.sqrt(sum(squares))
    return 2 * float(special.stdtr(freedom, -steps))
