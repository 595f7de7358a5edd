"""When the arrivals of an open profile are meant to begin, whatever the site does. Pure: no clock, no Locust."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from footfall.load.stages import Plan

_STEP_S = 0.05


def intended(plan: Plan, share: Callable[[float], float], draw: random.Random, *, even: bool = False) -> Iterator[float]:
    """Yield the moments (seconds from the start) at which arrivals are meant to begin, `plan.level` of them a second.

    They come at random, independently of each other (a Poisson process, by the time change of its unit-rate form), or `even`ly
    spaced. `share` is this process's part of all of them at a moment, asked for each step of time; where only the future knows, it waits.
    """
    moment, wanted = 0.0, _gap(draw, even=even)
    while moment < plan.seconds:
        rate = plan.level(moment + _STEP_S / 2) * share(moment)
        if rate * _STEP_S < wanted:
            wanted -= rate * _STEP_S
            moment += _STEP_S
            continue
        moment += wanted / rate
        wanted = _gap(draw, even=even)
        if moment < plan.seconds:
            yield moment


def _gap(draw: random.Random, *, even: bool) -> float:
    return 1.0 if even else draw.expovariate(1.0)
