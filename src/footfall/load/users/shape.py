"""A profile's stages as a Locust shape."""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from locust import LoadTestShape

from footfall.errors import ScriptError, UsageError
from footfall.load.arrivals import intended
from footfall.load.replay import Visit, read_recording
from footfall.load.stages import FASTEST_RAMP, Aim, Plan, Stage, hold, step
from footfall.metrics import parse_duration

_FEWEST = 10
_PER_RATE = 5
"""Users per arrival a second where a profile says nothing: enough for tasks of five seconds (Little's law)."""


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
            cls.plan = Plan.of(cls.stages, where=f"{place(cls)}: {cls.__name__}.stages")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Locust is annotated in part
        self.running = self.plan
        self._ends_at = self.plan.seconds

    def adapt(self, users: int | None, run_time_s: float | None, rate: float | None = None, hold: str = "") -> None:
        """Scale the peak to `users` and end after `run_time_s`, where given. Raises ScriptError when that makes no sense."""
        if rate:
            raise UsageError("--rate is for open profiles, whose shape is an ArrivalShape", hint="use --users")
        self._scale(users, hold)
        if run_time_s:
            self._ends_at = min(float(run_time_s), self.running.seconds)

    def _scale(self, peak: int | None, hold: str) -> None:
        if hold:
            self.running = Plan.plateau(peak or self.plan.peak, hold)
        elif peak:
            self.running = self.plan.scaled(peak)
        self._ends_at = self.running.seconds

    def aim(self, moment: float) -> Aim | None:
        """Return the aim `moment` seconds after the start, None when the profile is over."""
        return self.running.at(max(moment, 0.0)) if moment < self._ends_at else None

    @property
    def most_users(self) -> int:
        """The most users at any moment."""
        return self.running.peak

    @property
    def fastest(self) -> float:
        """The most users that come in a second."""
        return max(span.aim.rate for span in self.running.spans)

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and how fast to get there, as Locust asks once a second."""
        aim = self.aim(self.get_run_time())  # type: ignore[no-untyped-call]
        return None if aim is None else (aim.users, aim.rate)


class ArrivalShape(StagedShape):
    """An open profile: `stages` say how many arrivals a second begin, whatever the site does. Each is one task of one user.

    `users` is the most that can be under way at once (0: five times the highest rate); an arrival that finds nobody free waits,
    which its `response` time shows, and is dropped after `patience`. Arrivals come at random, independently of each other, or evenly
    spaced with `even`. Locust's `--rate` scales the profile so that its highest rate is that, `--users` replaces `users`.
    """

    abstract: ClassVar[bool] = True
    users: ClassVar[int] = 0
    patience: ClassVar[str] = "2s"
    even: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._pool = self.users
        self._times = 1.0

    def adapt(self, users: int | None, run_time_s: float | None, rate: float | None = None, hold: str = "") -> None:
        """Scale the highest rate to `rate`, allow `users` at once, end after `run_time_s`, where given. Raises ScriptError, UsageError."""
        if rate is not None and not 0 < rate < math.inf:
            raise UsageError(f"--rate {rate:g} is no number of arrivals a second", hint="it is above 0, as 0.5 is: one every two seconds")
        super().adapt(math.ceil(rate) if rate and hold else None, run_time_s, hold=hold)
        self._times = rate / self.running.peak if rate else 1.0  # stages are whole numbers, and rates need not be
        self._pool = users or self._pool

    @property
    def most_users(self) -> int:
        """The most users at any moment."""
        return self._pool or max(_FEWEST, math.ceil(_PER_RATE * self.running.peak * self._times))

    @property
    def fastest(self) -> float:
        """The most users that come in a second."""
        return min(FASTEST_RAMP, float(self.most_users))

    @property
    def patience_s(self) -> float:
        """How long an arrival may wait for a user."""
        return parse_duration(self.patience) / 1000

    def meant(self, share: Callable[[float], float]) -> Iterator[tuple[float, Any]]:
        """Yield when arrivals are meant to begin, `share` of them, each with what is to be done (None: a task of the user's)."""
        for moment in intended(self.running, lambda moment: share(moment) * self._times, random.Random(), even=self.even):  # noqa: S311  # no secret
            yield moment, None

    def tick(self) -> tuple[int, float] | None:
        """Return all users at once: they wait for arrivals."""
        if self.aim(self.get_run_time()) is None:  # type: ignore[no-untyped-call]
            return None
        return self.most_users, self.fastest


class ReplayShape(ArrivalShape):
    """What others asked of the site once, asked again at the same moments: set `recording`, a HAR file or an access log.

    The file stands beside the locustfile. `speed` 2 asks twice as fast. Users are of `ReplayUser`'s kind.
    """

    abstract: ClassVar[bool] = True
    users: ClassVar[int] = 50
    recording: ClassVar[str] = ""
    speed: ClassVar[float] = 1.0
    visits: ClassVar[Sequence[Visit]] = ()
    left_out: ClassVar[int] = 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if not cls.__dict__.get("abstract", False):
            where = place(cls)
            if cls.speed <= 0:
                raise ScriptError(f"{where}: {cls.__name__}.speed: {cls.speed!r} is not above 0")
            path = Path(inspect.getfile(cls)).parent / cls.recording
            cls.visits, cls.left_out = read_recording(path, where=f"{where}: {cls.__name__}.recording")
            cls.stages = (step(to=1), hold(f"{cls.visits[-1].at_s / cls.speed + 1:.3f}s"))
        super().__init_subclass__(**kwargs)

    def meant(self, share: Callable[[float], float]) -> Iterator[tuple[float, Any]]:
        """Yield the recorded visits; one process asks them all."""
        del share
        for visit in self.visits:
            yield 1 + visit.at_s / self.speed, visit


def place(cls: type) -> str:
    """Return file and line of a class, as far as they are known; else its module."""
    try:
        path, line = Path(inspect.getsourcefile(cls) or ""), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return cls.__module__
    here = Path.cwd()
    return f"{path.relative_to(here) if path.is_relative_to(here) else path}:{line}"
