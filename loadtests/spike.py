"""A sudden crowd: ten times as many from one second to the next, and away again; does the shop recover."""

from __future__ import annotations

from users import Booker, Shopper, Supplier

from footfall.load.stages import hold, ramp, step
from footfall.load.users import StagedShape

__all__ = ["Booker", "Shopper", "Supplier"]


class Spike(StagedShape):
    """Before, the spike, and after it."""

    stages = (ramp(to=40, over="5s"), hold("20s"), step(to=400), hold("30s"), step(to=40), hold("30s"))
