"""Promises held against what was seen lately."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from footfall.monitor.held import Held, walked
from footfall.monitor.plan import Plan
from footfall.samples import Sample
from footfall.store.watch import Seen
from tests.unit.monitor.budgets import budgets, holding, plan_for
from tests.unit.monitor.test_promises import CHECKOUT, SHOP

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)


def check(second: float, latency_ms: float, *, ok: bool = True, location: str = "ams", **more: Any) -> Seen:
    """One check of the shop."""
    return Seen(f"{location}{second}", SHOP.key, location, T0 + timedelta(seconds=second), ok, latency_ms=latency_ms, **more)


def said(plan: Plan, checks: Iterable[Seen]) -> dict[str, str]:
    """What the last of some checks leads to, by budget."""
    of = plan.subject((found := list(checks))[-1].subject)
    held, promise = Held(), plan.promises[of.key]
    held.begin(of.key)
    for each in found:
        held.add(promise, of, each)
    return {level.budget.key.rpartition(".")[2]: problem for level, problem in held.judged(promise, of, found[-1])}


def shop(**values: Any) -> Plan:
    """A plan with budgets on the shop."""
    return holding(plan_for(SHOP), budgets("probes.shop", **values))


def test_the_figure_is_that_of_the_window() -> None:
    """Ten checks in five minutes: a slow one that was seen before them does not count, nor do those that fail."""
    planned = shop(latency="p95 <= 500ms over 5m")
    slow = [check(30 * n, 900 if n == 0 else 100) for n in range(11)]
    assert said(planned, slow[:10]) == {"latency": SLOW}
    assert said(planned, slow) == {"latency": ""}
    assert said(planned, [*slow, check(330, 9000, ok=False)]) == {"latency": ""}


SLOW = "latency: p95 is 900 ms, 80 % over the limit of 500 ms; 10 samples in 5 min, from ams (p95 <= 500ms over 5m)"


def test_without_a_window_the_last_check_counts() -> None:
    """One that fails says nothing, and neither does one that did not measure it."""
    planned = shop(latency={"fail": "p95 <= 500ms", "for": "5m"}, ttfb={"fail": "max <= 10ms", "for": "5m"})
    before = [check(0, 900, figures={"ttfb": 90.0})]
    assert said(planned, [*before, check(30, 100)]) == {"latency": ""}
    assert said(planned, [*before, check(30, 900, ok=False)]) == {}
    assert said(planned, [*before, check(30, 100, figures={"ttfb": 11.0})])["ttfb"].startswith(
        "ttfb: max is 11 ms, 10 % over the limit of 10 ms"
    )


def test_a_location_speaks_for_itself() -> None:
    """What another one measures is no part of its figure; a budget may mean one alone."""
    both = [check(0, 900, location="fra"), check(1, 100)]
    assert said(shop(latency="max <= 500ms over 5m"), both) == {"latency": ""}
    assert said(shop(latency={"fail": "max <= 500ms over 5m", "where": {"location": "fra"}}), both) == {}


def test_so_few_samples_as_the_budget_does_not_want_say_nothing() -> None:
    """`min_samples`."""
    planned = shop(latency={"fail": "max <= 500ms over 5m", "min_samples": 3})
    assert [bool(said(planned, [check(n, 900) for n in range(count)])) for count in (2, 3)] == [False, True]


def test_two_failed_checks_break_no_rate() -> None:
    """Where checks are rare one of them would be a tenth; three are told as how many of how many held."""
    planned = shop(success="rate >= 99% over 1h")

    def failing(count: int) -> str:
        return said(planned, [check(30 * n, 10, ok=n >= count) for n in range(20)])["success"]

    assert failing(2) == ""
    assert failing(3) == "success: rate is 85 %, short of 99 %; 17 of 20 in 1 h, from ams (rate >= 99% over 1h)"


def walk(second: float, ok: float, **durations: float) -> Seen:
    """A walk of the checkout whose result carries what is promised of it."""
    at, labels = T0 + timedelta(seconds=second), {"device": "desktop", "browser": "chromium"}
    samples = [Sample("run", at, "journey", "checkout", part, "duration", ms, labels=labels) for part, ms in durations.items()]
    samples.append(Sample("run", at, "journey", "checkout", "", "success", ok, labels=labels))
    figures = walked(PLAN.promises.get(CHECKOUT.key), CHECKOUT, samples, "ams")
    return Seen(f"w{second}", CHECKOUT.key, "ams", at, bool(ok), latency_ms=sum(durations.values()), figures=figures)


PLAN = holding(
    plan_for(CHECKOUT),
    budgets("journeys.checkout.steps.pay", duration="p75 <= 1s over 1h"),
    budgets("journeys.checkout.steps.*", duration={"fail": "max <= 3s over 1h", "where": {"device": "desktop"}}),
    budgets("journeys.*", success="rate >= 90% over 1h", lcp="p75 <= 2.5s"),
)


def test_a_step_is_held_by_what_its_walks_carry() -> None:
    """The most exact budget counts for `pay`, the other one for the worst of the rest; of a failed walk no times count."""
    walks = [walk(300 * n, 1, pay=1200, cart=3100, home=100) for n in range(3)] + [walk(900, 0, pay=90_000)]
    assert said(PLAN, walks[:3]) == {
        "duration": "cart · duration: max is 3.1 s, 3.3 % over the limit of 3 s; 3 samples in 1 h, from ams (max <= 3s over 1h)",
        "success": "",
    }
    keys = [level.subject.key for level in PLAN.promises[CHECKOUT.key].levels]
    assert keys[:2] == [f"budget:journey:checkout#journeys.checkout.steps.{step}.duration" for step in ("pay", "*")]
    assert [row[:2] for row in walks[3].figures["samples"]] == [["pay", "duration"], ["", "success"]]
    assert said(PLAN, [walk(0, 0, pay=90_000)]) == {"success": ""}


def test_a_walk_carries_nothing_where_nothing_is_promised() -> None:
    """A suite whose budgets are the gate's alone keeps no sample twice."""
    planned = holding(plan_for(CHECKOUT), budgets("journeys.*", duration="p75 <= 5s"))
    sample = Sample("run", T0, "journey", "checkout", "", "duration", 1.0)
    assert walked(planned.promises.get(CHECKOUT.key), CHECKOUT, [sample], "ams") == {}
