"""Hours of an ordinary day: what leaks, fills up or slows down only shows with time. `--run-time 30m` ends it early."""

from __future__ import annotations

from users import Booker, Chatter, FormSender, JobPoster, Shopper, Supplier

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Booker", "Chatter", "FormSender", "JobPoster", "Shopper", "Supplier"]


class Soak(StagedShape):
    """A hundred people for four hours."""

    stages = (ramp(to=100, over="1m"), hold("4h"))
