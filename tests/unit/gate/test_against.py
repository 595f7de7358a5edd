"""A comparison told as verdicts: what was compared, how much it changed, how sure that is."""

from __future__ import annotations

import random

from footfall.gate.against import Look, pairs_of, verdicts
from footfall.gate.compare import compare
from footfall.gate.evidence import Observation
from footfall.gate.verdict import Outcome, Verdict, exit_code
from tests.unit.gate.making import seen


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
