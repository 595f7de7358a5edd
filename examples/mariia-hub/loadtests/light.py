"""An ordinary evening: what every gate can afford."""

from __future__ import annotations

from clients import Client

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Client"]


class Light(StagedShape):
    """Twenty clients at once."""

    stages = (ramp(to=20, over="5s"), hold("30s"))
