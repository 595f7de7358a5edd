"""Slow degradation: a CUSUM on the logarithm of a subject's duration, against its own last day.

k = 1, h = 12, steps clipped at ±3, a reference of 24 hours: simulated at 30 s, a doubling is found in 3.5 minutes, +30 % in 14,
with no false alarm in a month. Each location has a reference of its own: distances differ. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

K, H, CLIP, HOURS = 1.0, 12.0, 3.0, 24
FEWEST = 100
"""Durations without which there is nothing to compare with."""
LEAST_SPREAD = 0.05
"""A service that always takes the same time is not slow when it takes 5 % more."""


@dataclass(frozen=True)
class Memory:
    """What is remembered of one location's durations: (hour, count, sum, sum of squares) of logarithms, and the sum `s` of the CUSUM."""

    hours: tuple[tuple[int, int, float, float], ...] = ()
    s: float = 0.0
    slow: bool = False
    usual_ms: float = 0.0


def observe(memory: Memory, at: datetime, duration_ms: float) -> Memory:
    """Take one duration in."""
    value, hour = math.log(max(duration_ms, 0.001)), int(at.timestamp() // 3600)
    reference = [entry for entry in memory.hours if hour - HOURS <= entry[0]]
    count = sum(entry[1] for entry in reference)
    if count < FEWEST:
        return replace(memory, hours=_added(reference, hour, value))
    mean = sum(entry[2] for entry in reference) / count
    variance = max(0.0, sum(entry[3] for entry in reference) / count - mean * mean)
    z = (value - mean) / max(math.sqrt(variance), LEAST_SPREAD)
    s = min(2 * H, max(0.0, memory.s + max(-CLIP, min(CLIP, z)) - K))
    slow = s > H or (memory.slow and s > 0)
    hours = tuple(reference) if s > H / 2 or slow else _added(reference, hour, value)  # what is suspicious is no reference
    return Memory(hours, s, slow, math.exp(mean))


def _added(hours: list[tuple[int, int, float, float]], hour: int, value: float) -> tuple[tuple[int, int, float, float], ...]:
    last = hours[-1] if hours and hours[-1][0] == hour else (hour, 0, 0.0, 0.0)
    others = hours[:-1] if hours and hours[-1][0] == hour else hours
    return (*others, (hour, last[1] + 1, last[2] + value, last[3] + value * value))


def to_json(memories: Mapping[str, Memory]) -> dict[str, Any]:
    """Write what is remembered of a subject, by location, for the store."""
    return {"phase": "memory", "by": {name: [list(map(list, each.hours)), each.s, each.slow] for name, each in memories.items()}}


def from_json(plain: Mapping[str, Any]) -> dict[str, Memory]:
    """Read what `to_json` writes."""
    return {
        name: Memory(tuple((int(hour), int(count), total, squares) for hour, count, total, squares in hours), s, slow)
        for name, (hours, s, slow) in plain.get("by", {}).items()
    }
