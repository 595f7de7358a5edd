"""Time as footfall reads and writes it: UTC-aware moments, ISO text with milliseconds."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    """What tells the time; tests hand in a fake one."""

    def now(self) -> datetime:
        """Return the present moment, UTC-aware."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never jump, for durations."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, UTC-aware."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never jump, for durations."""
        return time.monotonic()


def to_text(moment: datetime) -> str:
    """Write a UTC-aware moment as `2026-11-21T05:00:00.000Z`. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be compared with others")
    return _utc_text(moment.astimezone(UTC))


@lru_cache(maxsize=1)  # many records are of one moment, whose text takes as long as all else that is written of each
def _utc_text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Read what `to_text` writes (any ISO 8601 offset is accepted). Raises ValueError for a naive or malformed one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)
