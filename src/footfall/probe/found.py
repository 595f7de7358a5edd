"""What a check of any kind beside HTTP found."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """What a check saw: figures by name (times in ms), and what is not as expected."""

    figures: Mapping[str, float]
    problem: str = ""


def ms_since(started: float) -> float:
    """Return the milliseconds since a moment of `perf_counter`."""
    return (time.perf_counter() - started) * 1000
