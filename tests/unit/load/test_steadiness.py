"""Whether the steady part was one."""

from __future__ import annotations

import random

import pytest

from footfall.load.steadiness import Steady, steadiness

DRAW = random.Random(3)


def seconds(count: int, p95: float = 20.0, growth: float = 0.0) -> list[Steady]:
    """Noisy seconds whose p95 grows by a share over all of them."""
    return [Steady(p95 * (1 + growth * n / count) * DRAW.uniform(0.9, 1.1), DRAW.randint(90, 110)) for n in range(count)]


def test_noise_is_steady() -> None:
    """Ten per cent up and down is no trend."""
    assert steadiness(seconds(60)) == "steady state: 60 s without a trend in p95 or throughput"


def test_a_site_that_slows_down_is_not() -> None:
    """It is told with where it came from and where it went."""
    assert "no steady state in 60 s: p95 went from 2" in steadiness(seconds(60, growth=2.0))


def test_a_small_drift_is_no_matter() -> None:
    """A tenth over the whole part, however sure."""
    assert steadiness(seconds(600, growth=0.1)).startswith("steady state")


def test_throughput_counts_too() -> None:
    """A crowd that is served less and less has not settled."""
    fading = [Steady(20.0, 200 - 2 * n) for n in range(60)]
    assert "throughput went from 196/s to 86/s" in steadiness(fading)


@pytest.mark.parametrize("count", [1, 19])
def test_too_short_to_say(count: int) -> None:
    """Four blocks of five seconds are the least."""
    assert "too few to say" in steadiness(seconds(count))


def test_seconds_without_requests() -> None:
    """A quiet profile has seconds in which nobody asked."""
    assert "too few to say" in steadiness([Steady(None, 0)] * 40)


def test_no_steady_part_at_all() -> None:
    """A profile that ended on its way there says so, and how to have one."""
    assert steadiness([]) == "there was no steady part, so no budget can speak of it: hold for 20 s or more"
