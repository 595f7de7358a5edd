"""Which budgets the watch holds, against what, and what it means when one breaks."""

from __future__ import annotations

from typing import Any

import pytest

from footfall.config.watch import Watched
from footfall.monitor.plan import JOURNEY, PROBE, Plan, Subject
from footfall.monitor.promises import left_out
from footfall.monitor.state import Rule
from tests.unit.monitor.budgets import budgets, holding, milder, plan_for

SHOP = Subject("probe:shop", "shop", PROBE, Watched(every_s=30, owner="shop", runbook="runbook.md#shop"), Rule(), "shop is down")
CHECKOUT = Subject("journey:checkout", "checkout", JOURNEY, Watched(every_s=300), Rule((5.0,), stale_s=7200), "checkout is down")


def held(plan: Plan, key: str = "probe:shop") -> list[Subject]:
    """What may break beside a subject."""
    return [level.subject for level in plan.promises[key].levels] if key in plan.promises else []


@pytest.mark.parametrize(
    ("value", "is_held"),
    [
        ("p75 <= 2s", False),  # a gate's: five checks, made at one time, on purpose
        ({"warn": "p75 <= 1s", "fail": "p75 <= 2s", "severity": "P0"}, False),
        ("p95 <= 500ms over 5m", True),
        ({"fail": "p95 <= 500ms", "for": "5m"}, True),
        ("p95 <= 500ms over 24h", True),
        ("p95 <= 500ms over 25h", False),
        ({"fail": "p95 <= baseline + 10%", "for": "5m"}, False),
        ("p95 <= baseline + 10% or 500ms over 5m", False),
    ],
)
def test_a_budget_that_says_how_long_is_held(value: Any, *, is_held: bool) -> None:
    """`over` or `for`; what nobody can hold all day long, although it says so, is named."""
    found = budgets("probes.shop", latency=value)
    assert len(held(holding(plan_for(SHOP), found))) == is_held
    says = "over" in str(value) or "for" in str(value)
    assert len(left_out(found)) == (says and not is_held)


def test_success_is_held_over_a_window_alone() -> None:
    """A single failed check is what `alert_after` and the rechecks judge."""
    found = budgets("probes.shop", success=[{"fail": "rate >= 99%", "for": "5m"}, "rate >= 99% over 1h"])
    assert [each.key for each in held(holding(plan_for(SHOP), found))] == ["budget:probe:shop#probes.shop.success[2]"]
    assert left_out(found) == ["probes.shop.success[1] (each failed check is judged already; with `over` its share is)"]


def test_budgets_are_held_against_what_is_watched() -> None:
    """`*` means every probe, but not one with a budget of its own; a load test's are its own affair."""
    api = Subject("probe:api", "api", PROBE, Watched(), Rule(), "api is down")
    planned = holding(
        plan_for(SHOP, api, CHECKOUT),
        budgets("probes.*", latency="p95 <= 500ms over 5m"),
        budgets("probes.api", latency="p75 <= 2s"),
        budgets("journeys.other", duration="p75 <= 5s over 1h"),
        budgets("load.ci", latency="p95 <= 500ms over 1m"),
        budgets("journeys.*.steps.*", lcp={"warn": "p75 <= 2.5s", "for": "15m"}),
    )
    assert {key: [each.key for each in held(planned, key)] for key in planned.promises} == {
        "probe:shop": ["budget:probe:shop#probes.*.latency"],
        "journey:checkout": ["budget:journey:checkout#journeys.*.steps.*.lcp.warn"],
    }


@pytest.mark.parametrize(
    ("value", "severities"),
    [
        ({"fail": "max < 1s"}, ["P2"]),
        ({"warn": "max < 1s"}, ["P3"]),
        ({"warn": "max < 1s", "severity": "P1"}, ["P1"]),
        ({"warn": "max < 1s", "fail": "max < 2s", "severity": "P0"}, ["P0", "P1"]),
        ({"warn": "max < 1s", "fail": "max < 2s", "severity": "info"}, ["P3", "P3"]),
    ],
)
def test_a_warning_beside_a_failure_is_a_step_milder(value: Any, severities: list[str]) -> None:
    """The severity is the budget's, or P2 as for slowness, however grave an outage would be."""
    planned = holding(plan_for(milder(SHOP, severity="P0")), budgets("probes.shop", latency={**value, "for": "5m"}))
    assert [each.severity for each in held(planned)] == severities


def test_what_is_broken_is_told_as_the_budget_says() -> None:
    """Its owner and runbook, or else the probe's; a warning waits while the failure beside it is broken."""
    own = {"warn": "max < 1s", "fail": "max < 2s", "for": "5m", "owner": "payments", "runbook": "runbook.md#pay"}
    planned = holding(plan_for(SHOP), budgets("probes.shop", latency=own, ttfb={"fail": "max < 1s", "for": "5m"}))
    fail, warn, ttfb = planned.promises["probe:shop"].levels
    assert (fail.subject.watched.owner, fail.subject.watched.runbook) == ("payments", "runbook.md#pay")
    assert (ttfb.subject.watched.owner, ttfb.subject.watched.runbook) == ("shop", "runbook.md#shop")
    assert (fail.subject.title, warn.subject.title) == ("shop breaks its budget of latency", "shop is beyond the warning limit of latency")
    assert (fail.above, warn.above) == ("", fail.subject.key)
    assert planned.subject(fail.subject.key) is fail.subject
    assert planned.knows(fail.subject.key)
    assert not planned.knows("budget:probe:shop#probes.shop.dns")


def test_how_long_it_must_be_broken() -> None:
    """`for`, or as many checks in a row as an outage takes with its rechecks; a night between two checks is no part of it."""
    lasting = {"fail": "max < 1s", "for": "5m"}
    rules = [
        held(holding(plan_for(of), budgets(where, **{metric: value})), of.key)[0].rule
        for of, where, metric, value in (
            (SHOP, "probes.shop", "latency", lasting),
            (SHOP, "probes.shop", "latency", "max < 1s over 5m"),
            (CHECKOUT, "journeys.checkout", "duration", "max < 9s over 1h"),
            (milder(SHOP, cron="0 3 * * *"), "probes.shop", "latency", lasting),
        )
    ]
    assert [(rule.pauses_s, rule.alert_after, rule.for_s, rule.recover_after) for rule in rules] == [
        ((), 1, 300, 2),
        ((), 3, 0, 2),
        ((), 2, 0, 2),
        ((), 1, 300, 2),
    ]
    assert [rule.gap_s for rule in rules] == [780, 240, 7800, float("inf")]
