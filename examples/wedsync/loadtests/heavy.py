"""The weekly heavy run: more than ten thousand people at once."""

from __future__ import annotations

import people

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape


class Couple(people.Couple):
    """So many people take their time: ten seconds between two things, on average."""

    think_s = 10.0


class Supplier(people.Supplier):
    """As the couples."""

    think_s = 10.0


class Heavy(StagedShape):
    """Held for five minutes."""

    stages = (ramp(to=10_500, over="45s"), hold("5m"))
