"""Saturday morning after a campaign: do the alerts' thresholds hold, and do the alerts come."""

from __future__ import annotations

from clients import Client

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Client"]


class Peak(StagedShape):
    """Three hundred clients at once."""

    stages = (ramp(to=300, over="30s"), hold("5m"))
