"""How the watch itself does: what it may say of itself to others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from footfall.clock import Clock
from footfall.monitor.bench import ALIVE_S

ROUND_S = 30.0
"""The longest that keeping and judging what was found may take: a judge that takes longer hangs."""


@dataclass
class Health:
    """How the watch itself does."""

    judging: bool = False
    store_away: str = ""
    last_kept: datetime | None = None
    suspects: Mapping[str, datetime] = field(default_factory=dict)
    down: Collection[str] = ()
    hangs: bool = False
    unjudged: tuple[int | None, float] = (None, 0.0)
    """The oldest result that nobody has judged, and since when it is that one."""

    def truly_watching(self, clock: Clock) -> bool:
        """Whether results are kept and judged, here or elsewhere: what may be told to somebody else's dead man's switch."""
        recent = self.last_kept is not None and (clock.now() - self.last_kept).total_seconds() < ALIVE_S
        first, since = self.unjudged
        return recent and not self.store_away and not self.hangs and (first is None or clock.monotonic() - since < ROUND_S)
