"""Silence says something only while somebody listens."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from footfall.monitor.awake import GAP_S, Awake, from_json, to_json

T0 = datetime(2026, 11, 21, 5, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """A moment of the test."""
    return T0 + timedelta(seconds=seconds)


def looking(awake: Awake, begin: float, end: float) -> Awake:
    """A judge that looks every ten seconds."""
    for second in range(int(begin), int(end) + 1, 10):
        awake = awake.looked(at(second))
    return awake


def test_a_gap_counts_for_nothing() -> None:
    """An hour of sleep in the middle of two minutes: two minutes have passed; what was heard of within the gap is as old as its end."""
    awake = looking(looking(Awake(), 0, 60), 3660, 3720)
    assert awake.seconds_since(T0, at(3720)) == 120
    assert awake.seconds_since(at(1000), at(3720)) == 60
    assert awake.seconds_since(at(3700), at(3720)) == 20
    assert looking(Awake(), 0, 60).seconds_since(T0, at(60)) == 60


def test_a_clock_that_was_set_back_and_a_slow_round_are_no_gaps() -> None:
    """Only what is longer than any round is one."""
    awake = Awake().looked(T0).looked(at(GAP_S)).looked(at(5)).looked(at(6))
    assert awake.gaps == ()
    assert awake.seconds_since(T0, at(GAP_S)) == GAP_S


def test_the_next_judge_knows_the_gaps() -> None:
    """Written to the store and read again; the time between the two judges is one more gap."""
    first = looking(looking(Awake(), 0, 60), 3660, 3720)
    second = from_json(json.loads(json.dumps(to_json(first)))).looked(at(7200))
    assert second.gaps == ((at(60), at(3660)), (at(3720), at(7200)))
    assert from_json({}).looked(T0).gaps == ()
