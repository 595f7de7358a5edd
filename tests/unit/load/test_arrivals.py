"""Arrivals of an open profile begin when they are meant to, as many as the plan says."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from footfall.load.arrivals import intended
from footfall.load.stages import Plan, hold, ramp, step

SEED = 7


def test_even_arrivals_are_evenly_spaced() -> None:
    """Ten a second are a tenth of a second apart."""
    plan = Plan.of((step(to=10), hold("4s")))
    moments = list(intended(plan, lambda _: 1.0, random.Random(SEED), even=True))
    assert len(moments) in {49, 50}  # the last one comes at the end, or a hair after it
    assert {round(later - earlier, 6) for earlier, later in pairwise(moments)} == {0.1}


def test_random_arrivals_are_a_poisson_process() -> None:
    """As many as the plan says, give or take; gaps vary as much as they are long (the exponential's own mark)."""
    plan = Plan.of((step(to=100), hold("99s")))
    moments = list(intended(plan, lambda _: 1.0, random.Random(SEED)))
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    mean = sum(gaps) / len(gaps)
    spread = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert len(moments) == pytest.approx(10_000, rel=0.03)
    assert spread / mean == pytest.approx(1, rel=0.05)
    assert all(0 < moment < plan.seconds for moment in moments)


def test_a_ramp_brings_more_and_more() -> None:
    """Half the arrivals of an even ramp come in its last third (1 - 1/√2 of the time, to be exact)."""
    plan = Plan.of((ramp(to=100, over="100s"), hold("1s")))
    moments = [moment for moment in intended(plan, lambda _: 1.0, random.Random(SEED), even=True) if moment < 100]
    assert len(moments) == pytest.approx(5000, abs=2)
    assert moments[len(moments) // 2] == pytest.approx(100 / 2**0.5, rel=0.01)


def test_workers_share_them() -> None:
    """A worker with a quarter of the users brings a quarter of the arrivals; one without users none."""
    plan = Plan.of((step(to=100), hold("9s")))
    assert len(list(intended(plan, lambda _: 0.25, random.Random(SEED), even=True))) == pytest.approx(250, abs=1)
    assert list(intended(plan, lambda _: 0.0, random.Random(SEED))) == []


def test_a_share_is_asked_for_at_its_moment() -> None:
    """So that a worker can wait until it knows how many of the users it has: at the start it has none."""
    plan = Plan.of([step(to=10), hold("9s")])
    moments = list(intended(plan, lambda moment: 0.0 if moment < 5 else 1.0, random.Random(SEED), even=True))
    assert len(moments) == pytest.approx(50, abs=1)
    assert moments[0] > 5
