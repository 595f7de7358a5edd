"""An ordinary afternoon: what every gate can afford."""

from __future__ import annotations

from people import Host, Visitor

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Host", "Visitor"]


class Light(StagedShape):
    """Twenty at once."""

    stages = (ramp(to=20, over="5s"), hold("30s"))
