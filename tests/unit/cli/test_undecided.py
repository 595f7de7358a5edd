"""Which journeys are walked on because their first walks left a budget undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from footfall.cli.undecided import Further, further, looks
from footfall.config.suite import GateSpec
from footfall.gate.against import nothing
from footfall.gate.verdict import Outcome, Verdict
from footfall.samples import Series

SPEC = GateSpec(("booking", "checkout"), ("desktop", "iPhone 15"), iterations=5, most_iterations=15)


def verdict(subject: str = "checkout", needed: int | None = None, outcome: Outcome = Outcome.INCONCLUSIVE, count: int = 5) -> Verdict:
    """Return a verdict on the payment of a journey on a desktop."""
    series = Series("corner", "journey", subject, "pay", "duration", (("device", "desktop"),))
    return replace(nothing("", ()), outcome=outcome, source="journey", subject=subject, series=series, count=count, needed=needed)


def test_a_few_more_than_would_settle_it_if_they_looked_alike() -> None:
    """Only the undecided journeys, where they are undecided."""
    found = further([verdict("booking", outcome=Outcome.PASS), verdict(needed=7)], SPEC)
    assert found == Further(("checkout",), ("desktop",), 3)
    assert further([verdict(needed=7), verdict("booking", 9)], SPEC) == Further(("checkout", "booking"), ("desktop",), 6)
    assert further([verdict(needed=14)], SPEC) == Further(("checkout",), ("desktop",), 10)  # no more than allowed


def test_samples_are_reckoned_in_walks() -> None:
    """A metric that is seen in two walks of five needs more walks; one that is seen several times in each fewer."""
    assert further([verdict(needed=4, count=2)], SPEC) == Further(("checkout",), ("desktop",), 8)
    assert further([verdict(needed=14, count=10)], SPEC) == Further(("checkout",), ("desktop",), 3)


@pytest.mark.parametrize(
    "verdicts",
    [
        [],
        [verdict(outcome=Outcome.PASS), verdict(outcome=Outcome.WARN)],
        [verdict(needed=7), verdict("booking", outcome=Outcome.FAIL)],  # exit code 1 whatever comes
        [verdict(needed=7), verdict("booking", outcome=Outcome.MISSING)],
        [verdict(needed=7), verdict("booking", needed=94)],  # exit code 3 whatever comes
        [verdict(needed=None)],
    ],
)
def test_nothing_is_walked_that_would_not_change_the_answer(verdicts: list[Verdict]) -> None:
    """A pipeline does not wait for what it knows already."""
    assert further(verdicts, SPEC) is None


def test_a_gate_that_may_walk_on_looks_twice() -> None:
    """And takes that into account; one that may not does not."""
    assert looks(SPEC) == 2
    assert looks(replace(SPEC, most_iterations=5)) == 1
    assert looks(replace(SPEC, journeys=())) == 1
