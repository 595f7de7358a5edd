"""More and more until a budget breaks: those of [load.stress] that say `abort = true` end it. `footfall capacity` finds the exact place."""

from __future__ import annotations

from users import Booker, Shopper, Supplier

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Booker", "Shopper", "Supplier"]


class Stress(StagedShape):
    """Two hundred more every twenty-five seconds."""

    stages = tuple(stage for users in range(200, 4001, 200) for stage in (ramp(to=users, over="5s"), hold("20s")))
