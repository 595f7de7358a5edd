"""Slow degradation is found, and ordinary spread is none."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from footfall.monitor import slow

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_slow_degradation_is_found_and_steadiness_is_not() -> None:
    """A doubling within minutes, 30 % within half an hour; days of ordinary spread, and of none at all, never."""
    dice = random.Random(7)

    def run(hours: float, factor: float, sigma: float, memory: slow.Memory, start_h: float = 0.0) -> tuple[slow.Memory, float | None]:
        for number in range(int(hours * 120)):
            at = T0.timestamp() + start_h * 3600 + number * 30
            memory = slow.observe(memory, datetime.fromtimestamp(at, UTC), 100 * factor * dice.lognormvariate(0, sigma))
            if memory.slow:
                return memory, number * 30 / 60
        return memory, None

    usual, alarm = run(4 * 24, 1.0, 0.2, slow.Memory())
    assert alarm is None
    assert run(24, 1.0, 0.0, slow.Memory())[1] is None
    doubled, minutes = run(2, 2.0, 0.2, usual, 4 * 24)
    assert minutes is not None
    assert minutes <= 6
    third = run(2, 1.3, 0.1, run(48, 1.0, 0.1, slow.Memory())[0], 48)[1]
    assert third is not None
    assert third <= 30
    for number in range(120):  # what is slow does not become the measure of what is slow
        doubled = slow.observe(doubled, datetime.fromtimestamp(T0.timestamp() + 4.05 * 86400 + number * 30, UTC), 200)
    assert doubled.slow
    assert doubled.usual_ms < 110
    kept = slow.from_json(slow.to_json({"ams": doubled}))["ams"]
    assert (kept.hours, kept.s, kept.slow) == (doubled.hours, doubled.s, True)
    recovered = kept
    for number in range(60):
        recovered = slow.observe(recovered, datetime.fromtimestamp(T0.timestamp() + 4.1 * 86400 + number * 30, UTC), 100)
    assert not recovered.slow
