"""Which budget is held against which series."""

from __future__ import annotations

from typing import Any

import pytest

from footfall.gate.budget import Budget
from footfall.gate.evidence import Evidence, Observation, Scope
from footfall.gate.matching import match
from footfall.metrics import Source
from tests.unit.gate.making import budgets, on_journey, on_load, on_probe, seen


def pairs(found: list[Budget], *observations: Observation, scope: Scope | None = None) -> list[tuple[str, tuple[str, ...]]]:
    """Return the key of each case's budget with the titles of what it is held against."""
    cases = match(found, Evidence(observations, scope=scope))
    return [(case.budget.key, tuple(f"{item.series.subject}/{item.series.part}" for item in case.observations)) for case in cases]


STEPS = tuple(seen([1.0], "lcp", journey, step) for journey in ("booking", "checkout") for step in ("browse", "pay"))


def test_a_journey_s_page_metrics_are_held_against_each_of_its_steps_together() -> None:
    """One verdict per journey: its worst step decides."""
    assert pairs(on_journey("p75 <= 4s", "lcp", "*"), *STEPS) == [
        ("*.lcp", ("booking/browse", "booking/pay")),
        ("*.lcp", ("checkout/browse", "checkout/pay")),
    ]


def test_a_journey_s_own_metrics_are_held_against_the_journey() -> None:
    """`duration` in a journey's table is the whole journey's, not a step's."""
    observations = (seen([1.0], part=""), seen([1.0], part="pay"))
    assert pairs(on_journey("p75 <= 4s", "duration"), *observations) == [("checkout.duration", ("checkout/",))]


def test_an_exact_table_wins_over_the_star_per_metric() -> None:
    """The subject counts before the part; other steps keep the wider budget."""
    found = [
        *on_journey("p75 <= 4s", "lcp", "*"),
        *on_journey("p75 <= 5s", "lcp", "*", "pay"),
        *on_journey("p75 <= 3s", "lcp", "checkout"),
        *on_journey("p75 <= 2s", "lcp", "checkout", "pay"),
    ]
    assert pairs(found, *STEPS) == [
        ("*.lcp", ("booking/browse",)),
        ("*.pay.lcp", ("booking/pay",)),
        ("checkout.lcp", ("checkout/browse",)),
        ("checkout.pay.lcp", ("checkout/pay",)),
    ]


def test_steps_of_a_star_are_judged_one_by_one() -> None:
    """`steps."*"` asks for a verdict per step, and the journey as a whole is no step."""
    observations = (seen([1.0], part=""), seen([1.0], part="browse"), seen([1.0], part="pay"))
    assert pairs(on_journey("p75 <= 4s", "duration", "checkout", "*"), *observations) == [
        ("checkout.*.duration", ("checkout/browse",)),
        ("checkout.*.duration", ("checkout/pay",)),
    ]


def test_a_profile_s_budget_is_held_against_its_total() -> None:
    """Requests have tables of their own."""
    observations = [seen([1.0], "latency", "ci", part, Source.LOAD) for part in ("", "POST /api/orders")]
    assert pairs(on_load("p75 <= 1s"), *observations) == [("ci.latency", ("ci/",))]
    assert pairs(on_load("p75 <= 1s", part="POST /api/orders"), *observations) == [
        ("ci.POST /api/orders.latency", ("ci/POST /api/orders",))
    ]


def test_the_same_name_in_another_sense_is_another_metric() -> None:
    """A probe's latency is not a profile's."""
    found = budgets("p75 <= 1s", Source.PROBE, "*", None, "latency")
    assert pairs(found, seen([1.0], "latency", "ci", "", Source.LOAD), seen([1.0], "latency", "health", "", Source.PROBE)) == [
        ("*.latency", ("health/",))
    ]


def test_labels_asked_for_must_be_there_and_others_are_judged_apart() -> None:
    """Each device has its own verdict, and `where` picks one."""
    observations = [seen([1.0], "lcp", part="pay", labels={"device": device}) for device in ("desktop", "mobile")]
    assert len(pairs(on_journey("p75 <= 4s", "lcp"), *observations)) == 2
    assert len(pairs(on_journey({"fail": "p75 <= 4s", "where": {"device": "mobile"}}, "lcp"), *observations)) == 1


def test_an_exact_budget_for_one_device_leaves_the_others_to_the_star() -> None:
    """Series are resolved one by one, so nothing goes unjudged."""
    observations = [seen([1.0], "lcp", part="pay", labels={"device": device}) for device in ("desktop", "mobile")]
    found = [*on_journey({"fail": "p75 <= 9s", "where": {"device": "mobile"}}, "lcp"), *on_journey("p75 <= 4s", "lcp", "*")]
    assert sorted(key for key, _ in pairs(found, *observations)) == ["*.lcp", "checkout.lcp"]


def test_vitals_under_load_are_judged_only_where_that_is_asked_for() -> None:
    """They stand beside the ones at rest and have budgets of their own."""
    crowded = seen([1.0], "lcp", part="pay", labels={"under_load": "peak"})
    assert pairs(on_journey("p75 <= 4s", "lcp", "*"), crowded) == []
    assert len(pairs(on_journey({"fail": "p75 <= 4s", "where": {"under_load": "peak"}}, "lcp", "*"), crowded)) == 1


@pytest.mark.parametrize(
    ("value", "scope", "missing"),
    [
        ("p75 <= 4s", None, True),
        ("p75 <= 4s", Scope({"journey": ("checkout",)}), True),
        ("p75 <= 4s", Scope({"journey": ("booking",)}), False),
        ("p75 <= 4s", Scope({"load": ("checkout",)}), False),
        ({"fail": "p75 <= 4s", "where": {"device": "mobile"}}, Scope({"journey": ("checkout",)}, {"device": ("desktop",)}), False),
        ({"fail": "p75 <= 4s", "where": {"device": "mobile"}}, Scope({"journey": ("checkout",)}, {"device": ("mobile",)}), True),
    ],
)
def test_nothing_is_missing_that_was_not_to_be_measured(value: Any, scope: Scope | None, *, missing: bool) -> None:
    """A budget on a journey or a device that this run left out is not held against it."""
    assert pairs(on_journey(value, part="pay"), scope=scope) == ([("checkout.pay.duration", ())] if missing else [])


@pytest.mark.parametrize(("value", "metric", "missing"), [("last >= 1", "orders", True), ("p95 <= 1s", "latency", False)])
def test_of_probes_whose_figures_are_read_no_times_are_missing(value: str, metric: str, *, missing: bool) -> None:
    """A figure that could not be read is missing; the times of that one reading are nobody's promise."""
    found = on_probe(value, metric, "sales")
    assert bool(pairs(found, scope=Scope({"probe": ("health",)}, figures=("sales",)))) is missing
    assert pairs(found, scope=Scope({"probe": ("health",)})) == []


def test_an_exact_budget_whose_every_step_has_its_own_is_not_missing() -> None:
    """It found samples; narrower budgets judge them."""
    found = [*on_journey("p75 <= 3s", "lcp"), *on_journey("p75 <= 2s", "lcp", part="pay")]
    assert pairs(found, seen([1.0], "lcp", part="pay")) == [("checkout.pay.lcp", ("checkout/pay",))]
