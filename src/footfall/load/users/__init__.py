"""What runs inside Locust: users, shapes and the recorder. Importing it imports Locust, which patches the interpreter.

from footfall.load.stages import hold, ramp
from footfall.load.users import LeanUser, StagedShape
"""

from __future__ import annotations

from footfall.load.http.answer import Options, RequestFailed, Response
from footfall.load.users.install import installed
from footfall.load.users.shape import ArrivalShape, ReplayShape, StagedShape
from footfall.load.users.user import LeanUser, ReplayUser

__all__ = [
    "ArrivalShape",
    "LeanUser",
    "Options",
    "ReplayShape",
    "ReplayUser",
    "RequestFailed",
    "Response",
    "StagedShape",
    "installed",
]
