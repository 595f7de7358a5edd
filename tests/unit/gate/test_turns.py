"""Turns are what is counted: what they differ by, and whether fresh ones agree."""

from __future__ import annotations

import math
import random

import pytest

from footfall.gate.turns import chance_of_turns, drifts, levels_of_turns


def test_a_turn_is_told_by_one_number_that_a_hiccup_does_not_move() -> None:
    """One stalled iteration of five leaves its turn where it was."""
    steady, stalled = [100.0, 101, 102, 103, 104], [100.0, 101, 102, 103, 900]
    ((first, second),) = levels_of_turns([((*steady, *stalled), ())])
    assert first == pytest.approx(math.log(102), abs=0.01)
    assert second == pytest.approx(first, abs=0.02)


def test_turns_have_the_lengths_that_they_had() -> None:
    """A turn that lost a sample is a turn; without lengths they are of five, and a rest is none."""
    values = [math.e] * 4 + [math.e**2] * 5
    assert levels_of_turns([(values, (4, 5)), (values, ())]) == [pytest.approx([1.0, 2.0]), pytest.approx([1.2], abs=0.3)]


def test_few_turns_lean_on_a_usual_drift_and_all_metrics_share_a_mood() -> None:
    """Two turns that happen to agree are not taken for steady; one metric's unrest widens the others' doubt."""
    steady, restless = ([6.0, 6.0], [6.0, 6.0]), ([6.0, 6.2], [6.2, 6.0])
    alone, beside = drifts([steady])[0], drifts([steady, restless])[0]
    assert 0.02 < alone.error < beside.error
    assert alone.reach(0.001) > alone.reach(0.01) > 0


def test_equal_turns_are_seldom_found_apart() -> None:
    """As often as was said: one in twenty, for two turns as for eight."""
    rng = random.Random(1)
    for turns in (2, 8):
        found = [chance_of_turns(*([rng.gauss(0, 1) for _ in range(turns)] for _ in range(2))) for _ in range(2000)]
        assert 0.035 < sum(chance <= 0.05 for chance in found) / len(found) < 0.065


def test_too_few_turns_and_equal_ones_say_nothing() -> None:
    """One turn has no scatter; no scatter at all is sure only where there is a difference."""
    assert chance_of_turns([1.0], [2.0, 2.1]) == 1.0
    assert chance_of_turns([1.0, 1.0], [1.0, 1.0]) == 1.0
    assert chance_of_turns([1.0, 1.0], [2.0, 2.0]) == 0.0
    assert chance_of_turns([2.0, 2.1], [1.0, 1.1]) > 0.9
