"""How noisy a series is within one run, and how many iterations it would take to see a small change through that noise."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from footfall.gate.evidence import Observation
from footfall.metrics import Kind, Source
from footfall.samples import Series

CHANGE = 0.10
"""The change that a report asks about."""
_LEAST = 3


@dataclass(frozen=True)
class Noise:
    """`cv` is the coefficient of variation (standard deviation by mean) over `count` iterations; `needed` iterations show a 10 % change."""

    series: Series
    cv: float
    count: int
    needed: int


def variation(values: Sequence[float]) -> float | None:
    """Return the coefficient of variation; None of fewer than three values, or where their mean is not above zero."""
    middle = statistics.fmean(values) if len(values) >= _LEAST else 0.0
    return statistics.stdev(values) / middle if middle > 0 else None


def iterations_needed(cv: float, change: float = CHANGE, tests: int = 1) -> int:
    """Return how many iterations of each of two versions show a `change` (0.1 is 10 %) of a series as noisy as `cv`.

    n = 2.1 (z(1 − 0.01/tests) + z(0.95))² (σ / ln(1 + change))², the sample size of a one-sided comparison on the logarithmic scale with
    1 % false alarms over `tests` series and 95 % power, with 5 % added because ranks are compared; σ is the log-normal's of that `cv`.
    """
    sigma = math.sqrt(math.log1p(cv * cv))
    normal = NormalDist()
    certainty = normal.inv_cdf(1 - 0.01 / tests) + normal.inv_cdf(0.95)
    return max(1, math.ceil(2.1 * (certainty * sigma / math.log1p(change)) ** 2))


def noise(observations: Iterable[Observation]) -> tuple[Noise, ...]:
    """Return the noise of every trend of a journey that has enough iterations, its script's own measurements too, noisiest first."""
    found = []
    for seen in observations:
        wanted = seen.series.source == Source.JOURNEY and seen.kind == Kind.TREND
        cv = variation(seen.values) if wanted else None
        if cv is not None:
            found.append(Noise(seen.series, cv, len(seen.values), iterations_needed(cv)))
    return tuple(sorted(found, key=lambda each: -each.cv))
