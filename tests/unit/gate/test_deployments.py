"""Deployments counted as DORA counts them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from footfall.gate.deployments import Deployment, figures

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def test_success_and_change_failures_are_counted() -> None:
    """One of five failed to arrive; of the four that arrived, one was rolled back and one was followed by trouble."""
    told = ("succeeded", "failed", "rolled_back", "succeeded", "succeeded")
    made = [Deployment(str(number), MONDAY + number * DAY, "shop", outcome) for number, outcome in enumerate(told)]
    found = figures(made, [MONDAY + 3 * DAY + timedelta(hours=2), MONDAY - DAY])
    assert (found.count, found.success_rate, found.change_failure_rate, found.blamed) == (5, 0.6, 0.5, ("2", "3"))


def test_trouble_belongs_to_the_last_deployment_before_it_and_not_for_ever() -> None:
    """The next deployment takes the blame over; two days later it is nobody's."""
    made = [Deployment("a", MONDAY, "shop"), Deployment("b", MONDAY + timedelta(hours=1), "shop")]
    assert figures(made, [MONDAY + timedelta(hours=2)]).blamed == ("b",)
    assert figures(made, [MONDAY + 2 * DAY]).blamed == ()


def test_without_deployments_there_is_no_rate() -> None:
    """None is not 100 %; where none arrived, none can have failed later."""
    assert figures([]).success_rate is None
    assert figures([Deployment("a", MONDAY, "shop", "failed")]).change_failure_rate is None
