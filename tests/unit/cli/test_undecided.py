"""Which journeys are walked on because their first walks left a budget undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from footfall.cli.undecided import further, looks
from footfall.config.suite import GateSpec
from footfall.gate.against import nothing
from footfall.gate.verdict import Outcome, Verdict
from footfall.samples import Series

PHONE = "iPhone 15"
SPEC = GateSpec(("booking", "checkout"), ("desktop", PHONE), iterations=5, most_iterations=15)


def verdict(
    subject: str = "checkout",
    needed: int | None = None,
    outcome: Outcome = Outcome.INCONCLUSIVE,
    *,
    count: int = 5,
    device: str = "desktop",
    statistic: str = "p75",
    figure: float = 900.0,
) -> Verdict:
    """Return a verdict on the payment of a journey, which may take a second."""
    series = Series("corner", "journey", subject, "pay", "duration", (("device", device),))
    about = replace(nothing("", ()), outcome=outcome, source="journey", subject=subject, series=series, count=count, needed=needed)
    return replace(about, statistic=statistic, comparator="<=", figure=figure, limit=1000.0)


def test_a_few_more_than_would_settle_it_if_they_looked_alike() -> None:
    """Only the undecided journeys, each on the device on which it is."""
    assert further([verdict("booking", outcome=Outcome.PASS), verdict(needed=7)], SPEC) == {("desktop", 3): ("checkout",)}
    found = further([verdict(needed=7), verdict("booking", 9, device=PHONE), verdict(needed=6)], SPEC)
    assert found == {("desktop", 3): ("checkout",), (PHONE, 6): ("booking",)}
    assert further([verdict(needed=7), verdict("booking", 7)], SPEC) == {("desktop", 3): ("checkout", "booking")}
    assert further([verdict(needed=14)], SPEC) == {("desktop", 10): ("checkout",)}  # no more than allowed


def test_samples_are_reckoned_in_walks() -> None:
    """A metric that is seen in two walks of five needs more walks, one that is seen several times in each fewer; one walk is the least."""
    assert further([verdict(needed=4, count=2)], SPEC) == {("desktop", 8): ("checkout",)}
    assert further([verdict(needed=14, count=10)], SPEC) == {("desktop", 3): ("checkout",)}
    assert further([verdict(needed=3, count=5)], SPEC) == {("desktop", 2): ("checkout",)}


@pytest.mark.parametrize(
    "verdicts",
    [
        [],
        [verdict(outcome=Outcome.PASS), verdict(outcome=Outcome.WARN)],
        [verdict(needed=7), verdict("booking", outcome=Outcome.FAIL)],  # exit code 1 whatever comes
        [verdict(needed=7), verdict("booking", outcome=Outcome.MISSING)],
        [verdict(needed=7), verdict("booking", needed=94)],  # it would pass, and the exit code stay 3
        [verdict(needed=None, figure=1100.0)],
    ],
)
def test_nothing_is_walked_that_would_not_change_the_answer(verdicts: list[Verdict]) -> None:
    """A pipeline does not wait for what it knows already."""
    assert further(verdicts, SPEC) == {}


def test_what_may_yet_fail_is_settled_beside_what_cannot_be() -> None:
    """A failure weighs more than what stays undecided."""
    assert further([verdict(needed=7, figure=1100.0), verdict("booking", needed=94)], SPEC) == {("desktop", 3): ("checkout",)}


@pytest.mark.parametrize("statistic", ["sum", "count", "max", "min"])
def test_what_a_number_of_walks_decides_is_not_walked_on(statistic: str) -> None:
    """Five walks that made 100 requests keep a limit that eight of them break."""
    assert further([verdict(needed=7), verdict(outcome=Outcome.PASS, statistic=statistic)], SPEC) == {}


def test_a_gate_that_may_walk_on_looks_twice() -> None:
    """And takes that into account; one that may not does not."""
    assert looks(SPEC) == 2
    assert looks(replace(SPEC, most_iterations=5)) == 1
    assert looks(replace(SPEC, journeys=())) == 1
