"""The gate's crowd: 45 seconds, so that every change can afford it."""

from __future__ import annotations

from users import Booker, Shopper, Supplier

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Booker", "Shopper", "Supplier"]


class Ci(StagedShape):
    """50 users."""

    stages = (ramp(to=50, over="8s"), hold("37s"))
