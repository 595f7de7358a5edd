"""Capacity: a hundred more every half minute until a budget of [load.growth] breaks. `footfall capacity growth` finds the exact place."""

from __future__ import annotations

from people import Buyer

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Buyer"]


class Growth(StagedShape):
    """From a hundred to a thousand, which is what staging may be sent."""

    stages = tuple(stage for users in range(100, 1001, 100) for stage in (ramp(to=users, over="5s"), hold("25s")))
