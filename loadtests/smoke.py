"""Does the suite work at all: a handful of users for ten seconds."""

from __future__ import annotations

from users import Booker, Shopper, Supplier

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Booker", "Shopper", "Supplier"]


class Smoke(StagedShape):
    """A few of each kind."""

    stages = (ramp(to=10, over="2s"), hold("10s"))
