"""How many users a profile has, and when: stages written as data, checked before anything is sent.

    stages = [ramp(to=50, over="10s"), hold("35s"), step(to=80), hold("30s"), ramp(to=0, over="5s")]

A `hold` is the steady part, which budgets judge; all else is on the way to it. Pure: no clock, no Locust.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from footfall.errors import ScriptError
from footfall.metrics import parse_duration

FASTEST_RAMP = 500.0
"""Users per second: beyond it the arrivals themselves are what is measured, and Locust's spawning falls behind."""

PLATEAU_RAMP = 200.0
"""Users per second on the way to a plateau."""


class StageKind(StrEnum):
    """What a stage does with the number of users."""

    RAMP = "ramp"
    HOLD = "hold"
    STEP = "step"


@dataclass(frozen=True)
class Stage:
    """One part of a profile: `users` at its end (None: as before), `seconds` long. `wrong` says why it makes no sense."""

    kind: StageKind
    users: int | None
    seconds: float
    wrong: str = ""


def ramp(to: int, over: str) -> Stage:
    """Go evenly from the users so far `to` that many, `over` a time such as `"10s"`."""
    return _stage(StageKind.RAMP, to, over)


def hold(lasting: str) -> Stage:
    """Keep the users so far for a time such as `"2m"`: the steady part, which budgets judge."""
    return _stage(StageKind.HOLD, None, lasting)


def step(to: int) -> Stage:
    """Go to that many users at once."""
    return _stage(StageKind.STEP, to, "0s")


def _stage(kind: StageKind, users: int | None, time: str) -> Stage:
    """Build a stage; what is wrong with it is kept, so that `Plan.of` can tell all faults of a profile at once."""
    wrong = []
    if users is not None and (not isinstance(users, int) or isinstance(users, bool) or users < 0):
        wrong.append(f"{users!r} is not a number of users")
    try:
        seconds = parse_duration(time) / 1000
    except (TypeError, ValueError):
        wrong.append(f'{time!r} is not a time (write "45s" or "2m")')
        seconds = 0.0
    return Stage(kind, users, seconds, "; ".join(wrong))


@dataclass(frozen=True)
class Aim:
    """What a profile wants at a moment: `users`, reached at `rate` users per second; `steady` when this is a hold."""

    users: int
    rate: float
    steady: bool


@dataclass(frozen=True)
class _Span:
    start: float
    end: float
    before: int
    aim: Aim

    def level(self, moment: float) -> float:
        """Return what is wanted within the span: at once where it is a step, else evenly on the way."""
        way = (moment - self.start) / (self.end - self.start) if self.sloping else 1.0
        return self.before + (self.aim.users - self.before) * way

    sloping: bool = False


@dataclass(frozen=True)
class Plan:
    """Checked stages on one time line, from 0 to `seconds`; `peak` is the most users at any moment."""

    stages: tuple[Stage, ...]
    spans: tuple[_Span, ...]

    @classmethod
    def of(cls, stages: Sequence[Stage], *, where: str = "stages") -> Plan:
        """Check stages and lay them on a time line. Raises ScriptError that tells every fault, each with `where` and its number."""
        faults = [f"{where}[{number}]: {fault}" for number, fault in _faults(stages)]
        if not faults and not any(stage.kind is StageKind.HOLD for stage in stages):
            faults = [f"{where}: nothing is held, so there is no steady part to judge"]
        if faults:
            raise ScriptError("\n".join(faults), hint='stages read like [ramp(to=20, over="10s"), hold("35s")]')
        return cls(tuple(stages), tuple(_spans(stages)))

    @classmethod
    def plateau(cls, users: int, lasting: str) -> Plan:
        """Return a plan that goes up to `users` evenly, and holds them for a time such as `"30s"`. Raises ScriptError."""
        return cls.of([ramp(to=users, over=f"{max(2.0, users / PLATEAU_RAMP):g}s"), hold(lasting)], where="--hold")

    @property
    def seconds(self) -> float:
        """How long the whole profile takes."""
        return self.spans[-1].end

    @property
    def peak(self) -> int:
        """The most users at any moment."""
        return max(span.aim.users for span in self.spans)

    def at(self, moment: float) -> Aim | None:
        """Return the aim `moment` seconds after the start, or None when the profile is over."""
        return next((span.aim for span in self.spans if moment < span.end), None)

    def level(self, moment: float) -> float:
        """Return the number that is wanted `moment` seconds after the start, evenly on its way in a ramp; 0 when the profile is over."""
        return next((span.level(max(moment, 0.0)) for span in self.spans if moment < span.end), 0.0)

    def scaled(self, users: int) -> Plan:
        """Return the same profile with its peak at `users`, all other numbers in proportion. Raises ScriptError."""
        share = users / self.peak
        return Plan.of([replace(s, users=None if s.users is None else round(s.users * share)) for s in self.stages], where="--users")


def _faults(stages: Sequence[Stage]) -> list[tuple[int, str]]:
    """Return what is wrong, with the number of the stage (from 0, as in the list)."""
    faults, users = [], 0
    for number, stage in enumerate(stages):
        fault = stage.wrong or _fault_in_order(stage, users)
        if fault:
            faults.append((number, fault))
        if stage.users is not None and not stage.wrong:
            users = stage.users
    return faults


def _fault_in_order(stage: Stage, before: int) -> str:
    """Return what is wrong with a stage that comes after `before` users, or nothing."""
    if stage.kind is StageKind.HOLD:
        if stage.seconds <= 0:
            return "a hold lasts longer than nothing"
        return "" if before else "nobody is there to hold: ramp or step up first"
    if stage.users == before:
        return f"there are {before} users already: use hold"
    if stage.kind is StageKind.RAMP:
        return _fault_in_ramp(abs((stage.users or 0) - before), stage.seconds)
    return ""


def _fault_in_ramp(change: int, seconds: float) -> str:
    if seconds <= 0:
        return "a ramp takes longer than nothing: use step to change at once"
    if change / seconds > FASTEST_RAMP:
        return f"{change} users in {seconds:g} s is over {FASTEST_RAMP:g} a second: ramp over at least {change / FASTEST_RAMP:g} s"
    return ""


def _spans(stages: Sequence[Stage]) -> list[_Span]:
    spans: list[_Span] = []
    clock, users = 0.0, 0
    for stage in stages:
        target = users if stage.users is None else stage.users
        change = abs(target - users)
        # A step takes the second in which Locust next asks for the aim.
        seconds = stage.seconds or 1.0
        aim = Aim(target, max(change / seconds, 1e-3) if change else 1.0, steady=stage.kind is StageKind.HOLD)
        spans.append(_Span(clock, clock + seconds, users, aim, sloping=stage.kind is StageKind.RAMP))
        clock, users = clock + seconds, target
    return spans
