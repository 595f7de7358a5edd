"""How long users think, drawn from a stated distribution: `wait_time = lognormal(median_s=4, sigma=0.8)` in a user class."""

from __future__ import annotations

import random
from collections.abc import Callable

WaitTime = Callable[[object], float]
"""What Locust takes as a user's `wait_time`: given the user, returns seconds."""

_LONGEST = 10
"""Times the average (or the median) beyond which nobody thinks: one user who never comes back is not a crowd."""


def exponential(mean_s: float) -> WaitTime:
    """Think independently of what was before: arrivals of many such users are a Poisson process. At most ten times the mean."""
    return lambda _: min(random.expovariate(1 / mean_s), _LONGEST * mean_s) if mean_s > 0 else 0.0


def lognormal(median_s: float, sigma: float) -> WaitTime:
    """Mostly short, sometimes long, as people read pages: `sigma` is the standard deviation of the logarithm. At most ten medians."""
    return lambda _: min(median_s * random.lognormvariate(0, sigma), _LONGEST * median_s)


def uniform(low_s: float, high_s: float) -> WaitTime:
    """Anything from `low_s` to `high_s`, all alike."""
    return lambda _: random.uniform(low_s, high_s)  # noqa: S311  # no secret
