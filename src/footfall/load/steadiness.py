"""Whether the part of a profile that was meant to be steady was: latency and throughput without a trend."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from footfall.metrics import format_quantity

BLOCK_S = 5
"""Seconds that are looked at together: neighbouring seconds are alike."""
FEWEST_BLOCKS = 4
SURE = 1.96
"""Standard errors of Kendall's S beyond which a trend is more than chance (two-sided 5 %)."""
WORTH_TELLING = 0.25
"""A change over the whole part below this share of the middle is steady all the same."""


@dataclass(frozen=True)
class Steady:
    """One second of the steady part: its p95 in ms (None without requests) and its requests."""

    p95_ms: float | None
    requests: int


def steadiness(seconds: Collection[Steady]) -> str:
    """Say in a sentence whether there was a steady state; `seconds` are those of the steady part, in order."""
    if not seconds:
        return f"there was no steady part, so no budget can speak of it: hold for {FEWEST_BLOCKS * BLOCK_S} s or more"
    latency = _blocks([second.p95_ms for second in seconds])
    rate = _blocks([float(second.requests) for second in seconds])
    if min(len(latency), len(rate)) < FEWEST_BLOCKS:
        return f"the steady part has {len(seconds)} s, too few to say whether it was steady: hold for {FEWEST_BLOCKS * BLOCK_S} s or more"
    found = [
        f"{name} went from {format_quantity(blocks[0], unit)} to {format_quantity(blocks[-1], unit)}"
        for name, unit, blocks in (("p95", "ms", latency), ("throughput", "per_s", rate))
        if _drifts(blocks)
    ]
    if found:
        return f"no steady state in {len(seconds)} s: {' and '.join(found)}; the figures are of a system on its way: hold for longer"
    return f"steady state: {len(seconds)} s without a trend in p95 or throughput"


def _blocks(values: Sequence[float | None]) -> list[float]:
    """Return the median of each block."""
    blocks = ([v for v in values[n : n + BLOCK_S] if v is not None] for n in range(0, len(values) - BLOCK_S + 1, BLOCK_S))
    return [median(block) for block in blocks if block]


def _drifts(blocks: Sequence[float]) -> bool:
    """Mann-Kendall's test for a trend, and Theil and Sen's slope for whether it matters."""
    pairs = [(later - earlier, j - i) for i, earlier in enumerate(blocks) for j, later in enumerate(blocks) if j > i]
    score = sum((change > 0) - (change < 0) for change, _ in pairs)
    count = len(blocks)
    error = math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    slope = median(change / apart for change, apart in pairs)
    return abs(score) - 1 > SURE * error and abs(slope) * (count - 1) > WORTH_TELLING * max(median(blocks), 1e-9)
