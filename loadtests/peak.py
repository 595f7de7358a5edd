"""The busiest hour: ten thousand users at once, held for five minutes, about a thousand requests a second."""

from __future__ import annotations

import users

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape


class Booker(users.Booker):
    """At the busiest hour people take their time: ten seconds between two things, on average."""

    think_s = 10.0


class Shopper(users.Shopper):
    """As the bookers."""

    think_s = 10.0


class Supplier(users.Supplier):
    """As the bookers."""

    think_s = 10.0


class Peak(StagedShape):
    """250 more each second until they are all there."""

    stages = (ramp(to=10_000, over="40s"), hold("5m"))
