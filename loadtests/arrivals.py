"""An open door: visitors come 40 a second at their busiest, whether or not the shop keeps up. Judge it by `response`."""

from __future__ import annotations

from users import Passerby

from footfall.load.stages import hold, ramp
from footfall.load.users import ArrivalShape

__all__ = ["Passerby"]


class Arrivals(ArrivalShape):
    """Each arrival is one thing that a passer-by does, from the moment at which it was meant to begin."""

    stages = (ramp(to=40, over="5s"), hold("55s"))
    users = 200  # at most so many at once
