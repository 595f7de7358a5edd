"""From values to places, and round numbers for axes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_LEAST = 1e-300
"""No axis has a finer step: below it floats lose their digits and at last become 0."""


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` as shares from 0 to 1; values outside are held at the edge."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Return where a value lies."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def ticks(self, most: int = 5) -> list[float]:
        """Return up to `most` round values within the scale."""
        step = nice((self.high - self.low) / max(1, most - 1), up=True)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, first + most) if n * step <= self.high * (1 + 1e-9)]


def nice(value: float, *, up: bool) -> float:
    """Return the next of 1, 2, 2.5, 5 × a power of ten, at or above (`up`) or below `value`, which must be above 0."""
    value = max(value, _LEAST)
    power = 10.0 ** math.floor(math.log10(value))
    rungs = [power * rung for rung in (1, 2, 2.5, 5, 10)]
    if up:
        return next(rung for rung in rungs if rung >= value * (1 - 1e-9))
    return next(rung for rung in reversed(rungs) if rung <= value * (1 + 1e-9))


def finite(values: Iterable[float | None]) -> list[float]:
    """Return the values that can be drawn."""
    return [value for value in values if value is not None and math.isfinite(value)]


def from_zero(values: Iterable[float | None], least: float = 0.0) -> Scale:
    """Return a scale from 0 to a round number at or above all values (and above `least`)."""
    highest = max([*finite(values), least], default=0.0)
    return Scale(0.0, _roof(highest) if highest > 0 else 1.0)


def _roof(highest: float) -> float:
    step = nice(highest / 4, up=True)
    return max(highest, step * math.ceil(highest / step - 1e-9))  # a product may fall short by its last bit


def steady(values: Iterable[float | None]) -> Scale:
    """Return a scale on which noise looks like noise: at least half as high as the median is, so that a few per cent stay a ripple."""
    known = sorted(finite(values)) or [0.0, 1.0]
    low, high, middle = known[0], known[-1], known[len(known) // 2]
    missing = max(0.0, 0.5 * abs(middle) - (high - low)) or (0.0 if high > low else 1.0)
    room = (high - low) * 0.06
    return Scale(low - missing / 2 - room, high + missing / 2 + room)


def around(values: Iterable[float | None]) -> Scale:
    """Return a scale that shows values' differences: from 0 unless they all lie far from it, with air on both sides."""
    known = finite(values) or [0.0, 1.0]
    low, high = min(known), max(known)
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return Scale(0.0 if 0 <= low < 0.4 * high else low - room, high + room)
