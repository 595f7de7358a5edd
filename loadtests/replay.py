"""What the access log of an ordinary hour says, asked again at the same moments. Put your own log or HAR file in its place."""

from __future__ import annotations

from footfall.load.users import ReplayShape, ReplayUser


class Visitor(ReplayUser):
    """Asks what somebody asked once."""


class Replay(ReplayShape):
    """Four times as fast as it was."""

    recording = "visits.log"
    speed = 4.0
