"""Capacity: fifty more every half minute until a budget of [load.growth] breaks. `footfall capacity growth` finds the exact place."""

from __future__ import annotations

from people import Host, Visitor

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Host", "Visitor"]


class Growth(StagedShape):
    """From fifty to four hundred, which is what staging may be sent."""

    stages = tuple(stage for users in range(50, 401, 50) for stage in (ramp(to=users, over="5s"), hold("25s")))
