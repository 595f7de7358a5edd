"""A profile's stages as a Locust shape."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from locust import LoadTestShape

from footfall.load.stages import Aim, Plan, Stage


class StagedShape(LoadTestShape):
    """How many users, and when: subclass it and set `stages`; they are checked when the locustfile is read.

    Locust's `--users` scales the profile so that its peak is that many, `--run-time` ends it early.
    """

    abstract: ClassVar[bool] = True
    use_common_options: ClassVar[bool] = True
    stages: ClassVar[Sequence[Stage]] = ()
    plan: ClassVar[Plan]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__dict__.get("abstract", False):
            cls.plan = Plan.of(cls.stages, where=f"{_place(cls)}: {cls.__name__}.stages")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Locust is annotated in part
        self.running = self.plan
        self._ends_at = self.plan.seconds

    def adapt(self, users: int | None, run_time_s: float | None) -> None:
        """Scale the peak to `users` and end after `run_time_s`, where given. Raises ScriptError when that makes no sense."""
        if users:
            self.running = self.plan.scaled(users)
        if run_time_s:
            self._ends_at = min(float(run_time_s), self.running.seconds)

    def aim(self, moment: float) -> Aim | None:
        """Return the aim `moment` seconds after the start, None when the profile is over."""
        return self.running.at(max(moment, 0.0)) if moment < self._ends_at else None

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and how fast to get there, as Locust asks once a second."""
        aim = self.aim(self.get_run_time())  # type: ignore[no-untyped-call]
        return None if aim is None else (aim.users, aim.rate)


def _place(cls: type) -> str:
    """Return file and line of a class, as far as they are known."""
    try:
        path, line = Path(inspect.getsourcefile(cls) or ""), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return cls.__module__
    here = Path.cwd()
    return f"{path.relative_to(here) if path.is_relative_to(here) else path}:{line}"
