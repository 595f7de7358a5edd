"""Two deployments side by side: slower is found, equal passes, and what cannot be told is said to be so."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from footfall.gate.against import SHARE
from footfall.gate.compare import IN_TURN, LOOKS, Comparison, Levels, Pairs, answer, compare
from footfall.gate.finding import Rules
from footfall.gate.turns import TURN
from footfall.gate.verdict import Outcome
from footfall.samples import Series


def drawn(rng: random.Random, times: float, count: int, variation: float = 0.05, name: str = "pay", median: float = 450.0) -> Pairs:
    """Draw a step's durations at both deployments; the newer one takes `times` as long."""
    before = tuple(median * rng.lognormvariate(0, variation) for _ in range(count))
    after = tuple(median * times * rng.lognormvariate(0, variation) for _ in range(count))
    return Pairs(Series("new", "journey", "checkout", name, "duration"), "ms", before, after)


def one(pairs: Pairs) -> Comparison:
    """Compare a single series."""
    (found,) = compare([pairs])
    return found


def test_a_slower_deployment_fails_and_says_by_how_much() -> None:
    """The ratio is near the truth and its interval holds it."""
    found = one(drawn(random.Random(1), 1.2, 20))
    assert found.outcome is Outcome.FAIL
    assert found.interval[0] < 1.2 < found.interval[1]
    assert found.ratio == pytest.approx(1.2, rel=0.05)
    assert (found.pairs, found.needed) == (20, None)


def test_an_equal_deployment_passes() -> None:
    """A slowdown by a tenth is ruled out."""
    found = one(drawn(random.Random(2), 1.0, 20))
    assert found.outcome is Outcome.PASS
    assert found.after <= found.allowed


def test_a_faster_deployment_passes() -> None:
    """Better is not worse."""
    assert one(drawn(random.Random(3), 0.7, 10)).outcome is Outcome.PASS


def test_noise_is_neither_and_says_how_many_pairs_would_do() -> None:
    """Ten pairs that scatter by 30 % prove nothing."""
    found = one(drawn(random.Random(4), 1.05, 10, variation=0.3))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.needed is not None
    assert found.needed > 100


def test_a_difference_that_nobody_notices_does_not_count() -> None:
    """Four milliseconds become six, surely, and it passes."""
    found = one(drawn(random.Random(5), 1.5, 40, median=4.0))
    assert (found.outcome, found.ratio > 1.3) == (Outcome.PASS, True)


def test_one_slow_metric_among_forty_is_found_alone() -> None:
    """The correction for many metrics does not hide a clear one, nor does it drag others down."""
    rng = random.Random(6)
    steps = [drawn(rng, 1.0, 40, name=f"s{number}") for number in range(39)]
    found = compare([*steps, drawn(rng, 1.15, 40)])
    assert [each.series.part for each in found if each.outcome is Outcome.FAIL] == ["pay"]
    assert answer(found) is Outcome.FAIL
    assert answer(found[:-1]) is Outcome.PASS


def test_what_has_no_ratio_or_too_few_samples_is_left_out() -> None:
    """Zeros, scores and three samples say nothing; then nothing is sure."""
    few = drawn(random.Random(7), 1.0, 3)
    zeros = Pairs(few.series, "ms", (0.0,) * 20, (1.0,) * 20)
    scores = Pairs(few.series, "score", (90.0,) * 20, (80.0,) * 20)
    assert compare([few, zeros, scores]) == ()
    assert answer(()) is Outcome.INCONCLUSIVE


def test_equal_samples_are_equal() -> None:
    """All ties: no change, and no fault."""
    same = Pairs(Series("new", "journey", "checkout", "pay", "duration"), "ms", (400.0,) * 20, (400.0,) * 20)
    assert one(same).outcome is Outcome.PASS
    assert one(same).interval == (1.0, 1.0)


def test_the_looks_share_one_chance() -> None:
    """However often one looks, the gate's chance of a false failure stays what it was."""
    assert Levels().failing * len(LOOKS) == pytest.approx(0.01)
    assert Levels(false_failure=0.008).failing == pytest.approx(0.002)
    assert IN_TURN.false_failure * IN_TURN.confirming < Rules().false_failures * SHARE / 4  # samples of one turn are not independent


def in_turn(pairs: Pairs, fresh: Pairs | None = None) -> Comparison:
    """Compare a single series as `footfall gate --against` does."""
    (found,) = compare([replace(pairs, fresh=fresh)], IN_TURN)
    return found


def test_a_suspicion_fails_nothing_until_fresh_turns_confirm_it() -> None:
    """However clear it looks; and the fresh pairs count in what is told."""
    rng = random.Random(8)
    slower, again, as_before = drawn(rng, 1.3, 20), drawn(rng, 1.3, 20), drawn(rng, 1.0, 20)
    suspected = in_turn(slower)
    assert (suspected.outcome, suspected.suspected, suspected.fresh) == (Outcome.INCONCLUSIVE, True, 0)
    confirmed = in_turn(slower, again)
    assert (confirmed.outcome, confirmed.suspected, confirmed.fresh, confirmed.pairs) == (Outcome.FAIL, False, 20, 40)
    refuted = in_turn(slower, as_before)
    assert (refuted.outcome, refuted.suspected, refuted.fresh) == (Outcome.INCONCLUSIVE, True, 20)


def test_fresh_turns_decide_nothing_that_was_not_suspected() -> None:
    """Another step of the same journey is measured again too; it is judged by what was seen before."""
    rng = random.Random(9)
    assert in_turn(drawn(rng, 1.0, 20), drawn(rng, 1.3, 20)).outcome is not Outcome.FAIL


def test_one_fresh_turn_confirms_nothing() -> None:
    """The time cap may end the confirming: nobody knows what turns differ by from a single one."""
    rng = random.Random(10)
    assert in_turn(drawn(rng, 1.3, 20), drawn(rng, 1.3, 5)).outcome is Outcome.INCONCLUSIVE


def in_turns(rng: random.Random, *levels: float) -> tuple[float, ...]:
    """Return five samples of each turn, which scatter by one per cent around the turn's own level."""
    return tuple(level * rng.lognormvariate(0, 0.01) for level in levels for _ in range(TURN))


def test_turns_that_differ_by_themselves_are_no_slowdown() -> None:
    """Ten samples of two turns are not ten independent ones: where turns lie apart as far as the deployments, nothing is said yet."""
    rng = random.Random(6)
    series = Series("new", "journey", "checkout", "pay", "duration")
    moody = Pairs(series, "ms", in_turns(rng, 440, 470), in_turns(rng, 480, 520))
    assert compare([moody])[0].outcome is Outcome.INCONCLUSIVE
    steady = Pairs(series, "ms", in_turns(rng, 450, 452), in_turns(rng, 541, 540))
    assert compare([steady])[0].outcome is Outcome.FAIL
