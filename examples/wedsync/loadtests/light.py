"""The daily light run, and the gate's."""

from __future__ import annotations

from people import Couple, Supplier

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Couple", "Supplier"]


class Light(StagedShape):
    """Forty at once."""

    stages = (ramp(to=40, over="5s"), hold("30s"))
