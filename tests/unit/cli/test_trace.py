"""Which journeys are walked once more for a trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from footfall.cli.trace import untraced
from footfall.gate.against import nothing
from footfall.gate.verdict import Outcome, Verdict
from footfall.samples import Artifact, Series


def verdict(subject: str, outcome: Outcome = Outcome.FAIL, source: str = "journey", **labels: str) -> Verdict:
    """Return a verdict on a journey's payment."""
    series = Series("corner", source, subject, "pay", "duration", tuple(labels.items()))
    return replace(nothing("", ()), outcome=outcome, source=source, subject=subject, series=series)


def test_what_failed_its_budget_and_left_no_trace_is_walked_again() -> None:
    """On the device on which it failed; what passed, what is no journey, and what was slow under load is not."""
    phone = verdict("booking", device="iPhone 15")
    others = [verdict("quote", Outcome.INCONCLUSIVE), verdict("ci", source="load"), verdict("forms", under_load="ci")]
    found = untraced([verdict("checkout", device="desktop"), verdict("checkout", device="desktop"), phone, *others], [])
    assert found == {"desktop": ("checkout",), "iPhone 15": ("booking",)}


def test_a_journey_that_failed_has_its_own_trace() -> None:
    """The walk that failed was repeated already."""
    kept = Artifact("r", datetime(2026, 11, 21, tzinfo=UTC), "trace", "artifacts/failures/checkout-1/trace-1.zip", "checkout", "pay", 1)
    assert untraced([verdict("checkout")], [kept]) == {}
    assert untraced([verdict("booking")], [kept]) == {"desktop": ("booking",)}


def test_where_everything_is_slow_a_few_are_enough() -> None:
    """A gate does not take minutes more for traces that say the same."""
    assert len(untraced([verdict(f"j{number}") for number in range(9)], [])["desktop"]) == 5
