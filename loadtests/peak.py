"""The busiest hour: ten thousand users at once, held for five minutes."""

from __future__ import annotations

from users import Booker, Shopper, Supplier

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Booker", "Shopper", "Supplier"]


class Peak(StagedShape):
    """10,000 users, 250 more each second until they are all there."""

    stages = (ramp(to=10_000, over="40s"), hold("5m"))
