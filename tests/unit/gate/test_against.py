"""A comparison told as verdicts: what was compared, how much it changed, how sure that is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from footfall.gate.against import Fresh, pairs_of, pairs_of_turns, verdicts
from footfall.gate.compare import IN_TURN, compare
from footfall.gate.evidence import Observation
from footfall.gate.looks import Look
from footfall.gate.verdict import Outcome, Verdict, exit_code
from footfall.samples import Sample
from tests.unit.gate.making import START, seen


def steps(rng: random.Random, median: float, variation: float = 0.05, count: int = 20) -> list[Observation]:
    """Return what one deployment saw of a step."""
    values = [median * rng.lognormvariate(0, variation) for _ in range(count)]
    return [seen(values, part="pay"), seen([0.1] * count, "cls", part="pay"), seen(values, "fcp", part="pay")]


def told(before: float, after: float, variation: float = 0.05, *, capped: bool = False) -> Verdict:
    """Compare one step and return its verdict."""
    rng = random.Random(1)
    pairs = pairs_of(steps(rng, before, variation), steps(rng, after, variation))
    (verdict,) = verdicts(compare(pairs), "staging", Look(2, 4, capped))
    return verdict


def test_a_failure_says_how_much_slower_and_than_what() -> None:
    """Figure, change with its bounds, the other deployment and the pairs; the gate exits 1."""
    verdict = told(450, 540)
    assert (verdict.outcome, verdict.key, verdict.text) == (
        Outcome.FAIL,
        "against.journeys.checkout.steps.pay.duration",
        "no slower than staging",
    )
    assert verdict.reason.startswith("median is 5")
    assert "% more (+1" in verdict.reason
    assert "at staging; 20 pairs; too much for chance" in verdict.reason
    assert (verdict.pairs, verdict.limit is not None and verdict.figure is not None and verdict.figure > verdict.limit) == (20, True)
    assert exit_code([verdict]) == 1


def test_a_pass_stays_within_its_limit() -> None:
    """What passes is within what it shows."""
    verdict = told(450, 450)
    assert verdict.outcome is Outcome.PASS
    assert verdict.figure is not None
    assert verdict.limit is not None
    assert verdict.figure <= verdict.limit


def test_what_cannot_be_told_says_why_it_ended_and_what_would_do() -> None:
    """The time cap is named, and the number of pairs."""
    verdict = told(450, 480, 0.3, capped=True)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert f"about {verdict.needed} pairs would settle it (the time cap came first)" in verdict.reason


def test_only_the_named_metrics_are_compared_and_only_where_both_saw_them() -> None:
    """A step that the older deployment does not have is nothing to compare."""
    rng = random.Random(2)
    new = [*steps(rng, 450), seen([300.0] * 20, part="gift-wrap")]
    assert [pairs.series.metric for pairs in pairs_of(steps(rng, 450), new, ("fcp", "duration"))] == ["duration", "fcp"]


def test_a_suspicion_is_told_as_one() -> None:
    """Confirmed, refuted, or not asked because the time cap came first."""
    rng = random.Random(3)
    (slower,) = pairs_of(steps(rng, 450), steps(rng, 560))
    (again,) = pairs_of(steps(rng, 450), steps(rng, 560))
    (equal,) = pairs_of(steps(rng, 450), steps(rng, 450))
    confirmed, refuted = "40 pairs; too much for chance, and 20 fresh pairs confirm it", "20 fresh pairs did not confirm it (the last look)"
    for fresh, words in ((again, confirmed), (equal, refuted)):
        (verdict,) = verdicts(compare([replace(slower, fresh=fresh)], IN_TURN), "staging", Look(4, 4))
        assert words in verdict.reason
    (verdict,) = verdicts(compare([slower], IN_TURN), "staging", Look(2, 4, capped=True))
    assert verdict.reason.endswith("it looks slower, and was not measured again to confirm it (the time cap came first)")
    assert exit_code([verdict]) == 3


def turn(number: int, target: str, iterations: int = 5, metric: str = "duration", subject: str = "checkout") -> Iterator[Sample]:
    """Yield what a turn saw: iteration 3 of turn 2 took 203 ms."""
    for iteration in range(1, iterations + 1):
        at = START + timedelta(minutes=number, seconds=iteration)
        yield Sample(target, at, "journey", subject, "pay", metric, 100.0 * number + iteration, iteration)


def test_samples_are_sorted_into_turns_by_their_iterations() -> None:
    """Each turn counts from 1, whatever was lost of it and in whatever order its files are read; other metrics and senses are left out."""
    older = [*turn(3, "old"), *turn(0, "old", 4), *turn(0, "old", metric="cls")]
    newer = [*turn(1, "new"), *turn(2, "new"), *turn(2, "new", metric="lcp")]
    newer.append(replace(newer[0], source="load"))
    (pairs,) = pairs_of_turns(older, newer, "corner")
    assert (pairs.series.target, pairs.series.metric, pairs.unit, pairs.turns) == ("corner", "duration", "ms", ((4, 5), (5, 5)))
    assert pairs.before[3:5] == (4.0, 301.0)
    assert pairs.fresh is None


def test_what_was_measured_again_stands_apart() -> None:
    """From its moment on, and only of the journeys that were suspected."""
    both = [[*turn(0, side), *turn(3, side), *turn(0, side, subject="home"), *turn(3, side, subject="home")] for side in ("old", "new")]
    fresh = Fresh(("checkout",), START + timedelta(minutes=2))
    checkout, home = pairs_of_turns(both[0], both[1], "corner", fresh=fresh)
    assert (checkout.turns, home.turns) == (((5,), (5,)), ((5, 5), (5, 5)))
    assert checkout.fresh is not None
    assert checkout.fresh.after == (301.0, 302.0, 303.0, 304.0, 305.0)
    assert home.fresh is None
