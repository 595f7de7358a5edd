"""What Corner counts since its start: requests, business figures, the steps of its funnels. The day's takings stand in the database."""

from __future__ import annotations

import time
from collections import Counter, deque

FUNNELS: dict[str, tuple[str, ...]] = {
    "booking": ("service", "time", "details", "payment", "confirmed"),
    "shop": ("browse", "cart", "checkout", "payment", "tracking"),
    "market": ("search", "view", "contact", "purchase"),
    "supply": ("open", "offer", "accepted", "delivered"),
    "events": ("job", "quotes", "booked"),
}
REVENUE_TARGET_CENTS = 500_000  # a good day


LATELY_S = 60


class Lately:
    """Counts of the last minute, by the second: what tells a burst from a sum since the start, at the cost of sixty counters."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, Counter[str]]] = deque(maxlen=LATELY_S)

    def count(self, name: str) -> None:
        """Add one to a counter, now."""
        now = int(time.monotonic())
        if not self._seconds or self._seconds[-1][0] != now:
            self._seconds.append((now, Counter()))
        self._seconds[-1][1][name] += 1

    def total(self, name: str) -> int:
        """Return how often it was counted in the last minute."""
        since = int(time.monotonic()) - LATELY_S
        return sum(counts[name] for second, counts in self._seconds if second > since)


class Figures:
    """Named counters, cheap enough to be counted on every request."""

    def __init__(self) -> None:
        self.started = time.time()
        self._clock = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.busy_seconds = 0.0
        self.lately = Lately()

    def count(self, name: str, more: int = 1) -> None:
        """Add to a counter."""
        self.counts[name] += more

    def suspicious(self, name: str) -> None:
        """Add to a counter of what an attack does, of which the last minute counts too."""
        self.count(name)
        self.lately.count(name)

    def step(self, funnel: str, step: str) -> None:
        """Somebody has reached this step of a funnel."""
        self.counts[f"{funnel}.{step}"] += 1

    def funnel(self, name: str) -> dict[str, dict[str, float]]:
        """Per step of a funnel: how many reached it, and their share of the step before (0 to 1)."""
        steps: dict[str, dict[str, float]] = {}
        before = 0
        for step in FUNNELS[name]:
            here = self.counts[f"{name}.{step}"]
            steps[step] = {"count": here, "conversion": round(min(1.0, here / before), 4) if before else 1.0}
            before = here
        return steps

    def uptime(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._clock

    def payment_success(self) -> float:
        """The share of payments that were accepted, from 0 to 1; 1 when there were none."""
        accepted, failed = self.counts["payments.accepted"], self.counts["payments.failed"]
        return accepted / (accepted + failed) if accepted + failed else 1.0
