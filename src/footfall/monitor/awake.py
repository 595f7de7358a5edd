"""When there was a judge that could hear of things: neither suspended, nor without the store, nor dead. Pure.

Silence says something only while somebody listens. A laptop that slept, or a store that was away, makes no location missing and no
heartbeat overdue: such gaps count for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from footfall.clock import from_text, to_text

KEY = "watch:awake"
GAP_S = 30.0
"""A judge looks twice a second; between two looks further apart than this it was not there."""
KEEP_S = 10.0
_FORGET = timedelta(days=40)
_MOST = 200


@dataclass(frozen=True)
class Awake:
    """The last look, the gaps before it, and when this was last kept."""

    last: datetime | None = None
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    kept: datetime | None = None

    def looked(self, now: datetime) -> Awake:
        """Return what is known after a look at `now`."""
        if self.last is None or (now - self.last).total_seconds() <= GAP_S:
            return replace(self, last=now)
        recent = tuple(gap for gap in self.gaps if now - gap[1] < _FORGET)
        return replace(self, last=now, gaps=(*recent, (self.last, now))[-_MOST:])

    def seconds_since(self, moment: datetime, now: datetime) -> float:
        """Return the seconds from a moment to `now`, without the gaps."""
        missed = sum(max(0.0, (min(end, now) - max(begin, moment)).total_seconds()) for begin, end in self.gaps)
        return (now - moment).total_seconds() - missed


def to_json(awake: Awake) -> dict[str, Any]:
    """Write it for the store, among the states."""
    gaps = [[to_text(begin), to_text(end)] for begin, end in awake.gaps]
    return {"phase": "memory", "last": to_text(awake.last) if awake.last else None, "gaps": gaps}


def from_json(plain: Mapping[str, Any]) -> Awake:
    """Read what `to_json` writes; an empty table is a judge that never looked."""
    last = plain.get("last")
    gaps = tuple((from_text(begin), from_text(end)) for begin, end in plain.get("gaps", ()))
    return Awake(from_text(last) if last else None, gaps)
