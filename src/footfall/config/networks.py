"""The slow networks that journeys can be walked on, by name.

The figures of `slow-3g`, `slow-4g` and `fast-4g` are those of Chrome DevTools' presets (its NetworkManager), which are what Lighthouse's
documentation of throttling calls "applied" throttling: delays are added per request, so they are larger than the round trips
they stand for. Those of `3g`, `4g`, `lte`, `dsl`, `cable` and `fios` are WebPageTest's connectivity profiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """Kilobits per second down and up, and milliseconds that each request waits."""

    down: float
    up: float
    latency_ms: float


NETWORKS: Mapping[str, Network] = {
    "slow-3g": Network(500 * 0.8, 500 * 0.8, 400 * 5),
    "slow-4g": Network(1600 * 0.9, 750 * 0.9, 150 * 3.75),
    "fast-4g": Network(9000 * 0.9, 1500 * 0.9, 60 * 2.75),
    "3g": Network(1600, 768, 300),
    "4g": Network(9000, 9000, 170),
    "lte": Network(12_000, 12_000, 70),
    "dsl": Network(1500, 384, 50),
    "cable": Network(5000, 1000, 28),
    "fios": Network(20_000, 5000, 4),
}
