"""The faults that Corner can be told to have: parsed from `NAME[=VALUE]`, switched on and off while it runs.

A value is kept in its base unit: seconds, bytes, a ratio or a count. `docs/corner.md` says what each one does.
"""

from __future__ import annotations

import difflib
import math
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s|)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)(B|KB|MB)", re.IGNORECASE)
_SIZE_UNITS = {"b": 1, "kb": 1_000, "mb": 1_000_000}


_MOST_SECONDS, _MOST_SIZE = 3600, 50_000_000


class FaultError(ValueError):
    """A fault that does not exist, or a value that it cannot have; the message is for the user."""


def seconds(text: str) -> float:
    """Read `300ms`, `3s` or bare seconds."""
    match = _TIME.fullmatch(text.strip())
    if not match:
        raise FaultError(f"'{text}' is not a time; write 300ms or 3s")
    value = float(match[1]) / (1000 if match[2] == "ms" else 1)
    if value > _MOST_SECONDS:
        raise FaultError(f"'{text}' is too long; a fault lasts for an hour at most")
    return value


def size(text: str) -> float:
    """Read `100KB` or `3MB` as bytes."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise FaultError(f"'{text}' is not a size; write 100KB or 3MB")
    value = float(match[1]) * _SIZE_UNITS[match[2].lower()]
    if value > _MOST_SIZE:
        raise FaultError(f"'{text}' is too large; write 50MB or less")
    return value


def _number(text: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= most:
        raise FaultError(f"'{text}' is not a number from 0 to {most:g}")
    return value


def _ratio(text: str) -> float:
    return _number(text, 1)


def _score(text: str) -> float:
    return _number(text, 2)


def _count(text: str) -> float:
    return float(int(_number(text, 1_000_000)))


# Each switch with the value it takes when none is given; a switch without a value is only on or off.
_SWITCHES: dict[str, tuple[Callable[[str], float], str] | None] = {
    "slow-payment": (seconds, "3s"),
    "payment-declined": None,
    "payment-down": None,
    "layout-shift": (_score, "0.25"),
    "late-hero": (seconds, "1500ms"),
    "heavy-hero": (size, "3MB"),
    "block-click": (seconds, "300ms"),
    "script-error": None,
    "broken-button": None,
    "drop-websocket": (_count, "1"),
    "stale-cache": (seconds, "30s"),
    "memory-growth": (size, "100KB"),
    "database-lock": (seconds, "1s"),
    "health-lies": None,
    "slow-start": (seconds, "5s"),
}
_BY_PATH = ("slow", "errors")
NAMES = (*_SWITCHES, *_BY_PATH)

# What the browser has to do itself; the pages hand these to static/faults.js.
_IN_PAGE = ("layout-shift", "block-click", "script-error", "broken-button")


@dataclass(frozen=True, slots=True)
class Delay:
    """How late the responses under a path are, in seconds."""

    median: float
    sigma: float = 0.0
    every: float = 0.0

    def draw(self, dice: random.Random, now: float) -> float:
        """How long to wait at `now` (monotonic seconds): fixed, lognormal, or until the end of the stall that is on."""
        if self.every:
            return max(0.0, self.median - now % self.every)
        return dice.lognormvariate(math.log(self.median), self.sigma) if self.sigma else self.median


def parse_delay(text: str) -> Delay:
    """Read `TIME`, `lognormal:MEDIAN:SIGMA` or `stall:TIME:EVERY`."""
    match text.split(":"):
        case [fixed]:
            return Delay(seconds(fixed))
        case ["lognormal", median, sigma]:
            if seconds(median) == 0:
                raise FaultError("the median of a lognormal delay must be more than 0")
            return Delay(seconds(median), sigma=_number(sigma, 5))
        case ["stall", length, every]:
            if seconds(every) <= seconds(length):
                raise FaultError("a stall must be shorter than the time between two stalls")
            return Delay(seconds(length), every=seconds(every))
        case _:
            raise FaultError(f"'{text}' is not a delay; write 300ms, lognormal:20ms:0.5 or stall:1s:20s")


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")


class Faults:
    """What is broken just now."""

    def __init__(self, texts: tuple[str, ...] = (), *, dice: random.Random | None = None) -> None:
        self._dice = dice or random.Random()  # noqa: S311 - misfortune, not cryptography
        self._values: dict[str, float] = {}
        self._delays: dict[str, Delay] = {}
        self._rates: dict[str, float] = {}
        self._texts: dict[str, str] = {}
        for text in texts:
            self.set(text)

    def set(self, text: str) -> None:
        """Switch on what `NAME[=VALUE]` names; a repeated one replaces the earlier. Raises `FaultError`."""
        name, _, value = text.strip().partition("=")
        if name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(sorted(NAMES))}"
            raise FaultError(f"there is no fault '{name}'{hint}")
        if name in _BY_PATH:
            self._set_by_path(name, value, text)
            return
        kind = _SWITCHES[name]
        if kind is None:
            if value:
                raise FaultError(f"the fault '{name}' takes no value")
            self._values[name] = 1.0
        else:
            self._values[name] = kind[0](value or kind[1])
        self._texts[name] = text

    def _set_by_path(self, name: str, value: str, text: str) -> None:
        path, found, rest = value.partition(":")
        if not path.startswith("/"):
            path, rest, found = "/", value, ":"
        if name == "slow":
            if not (found and rest):
                raise FaultError("'slow' needs a path and a time, as in slow=/api/orders:300ms")
            self._delays[path] = parse_delay(rest)
        else:
            self._rates[path] = _ratio(rest or "0.1")
        self._texts[f"{name} {path}"] = text

    def clear(self, name: str | None = None) -> None:
        """Switch one fault off, or all of them."""
        for key in [key for key in self._texts if name in (None, key.split()[0])]:
            del self._texts[key]
            kind, _, path = key.partition(" ")
            self._values.pop(kind, None)
            if path:
                (self._delays if kind == "slow" else self._rates).pop(path, None)

    def active(self) -> list[str]:
        """What is on, as it was written."""
        return list(self._texts.values())

    def value(self, name: str) -> float | None:
        """The value of a fault in its base unit, or None when it is off."""
        return self._values.get(name)

    @property
    def any(self) -> bool:
        """Whether anything is broken at all; the quick path asks this first."""
        return bool(self._texts)

    def delay(self, path: str) -> float:
        """How many seconds late a response to this path has to be."""
        return sum(delay.draw(self._dice, time.monotonic()) for prefix, delay in self._delays.items() if _below(path, prefix))

    def fails(self, path: str) -> bool:
        """Whether this response is one of those that must be a 500."""
        return any(self._dice.random() < rate for prefix, rate in self._rates.items() if _below(path, prefix))

    def in_page(self) -> dict[str, float]:
        """The faults that the browser carries out, with their values (times in milliseconds)."""
        values = {name: self._values[name] for name in _IN_PAGE if name in self._values}
        if "block-click" in values:
            values["block-click"] *= 1000
        return values
