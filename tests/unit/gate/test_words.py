"""Budgets and verdicts in words that a person on call understands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from footfall.gate.budget import Budget
from footfall.gate.words import explain
from footfall.metrics import Source
from tests.unit.gate.making import budgets, failing, loaded, on_journey, on_load, one, seen
from tests.unit.gate.test_evaluate import FAST, NEAR, SLOW, cases


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            on_journey({"warn": "p75 <= 2.5s", "fail": "p75 <= 4s", "severity": "P1"}, "lcp", "*"),
            "Every journey, every step: 75 % of lcp samples must be at most 4 s and should be at most 2.5 s; severity: P1.",
        ),
        (on_journey("rate >= 99.95% over 30d", "success"), "Journey checkout: the rate of success must be at least 99.95 % over 30 d."),
        (
            on_journey("p50 <= baseline + 10% or baseline + 50ms", part="pay"),
            (
                "Journey checkout, step pay: 50 % of duration samples must be at most 10 % above the usual or 50 ms above the "
                "usual, whichever is more."
            ),
        ),
        (on_journey("p25 >= 60", "ux_score"), "Journey checkout: 75 % of ux_score samples must be at least 60."),
        (
            on_load({"warn": "max >= 10000", "fail": "mean > 9000", "owner": "load"}, "users"),
            "Profile ci: the mean users must be above 9,000 and the largest users should be at least 10,000; owner: load.",
        ),
        (
            on_load({"fail": "rate <= baseline + 0.5%", "min_samples": 100}, "errors", part="POST /api/orders"),
            (
                "Profile ci, request POST /api/orders: the rate of errors must be at most 0.5 % (in points) above the usual; "
                "at least 100 samples are needed."
            ),
        ),
        (
            on_load({"fail": "rate <= 2%", "abort": True, "abort_after": "30s"}, "errors"),
            "Profile ci: the rate of errors must be at most 2 %; a load test that breaks it is stopped after 30 s.",
        ),
        (
            budgets({"warn": "p95 <= 500ms over 5m", "for": "5m"}, Source.PROBE, "stripe", None, "latency"),
            (
                "Probe stripe: 95 % of latency samples should be at most 500 ms over 5 min; "
                "it counts as broken only when it stays so for 5 min."
            ),
        ),
        (
            on_journey({"fail": "max <= 3s", "on_missing": "skip", "owner": "till", "runbook": "docs/pay.md"}, part="pay"),
            (
                "Journey checkout, step pay: the largest duration must be at most 3 s; where nothing is seen it is passed over; "
                "owner: till; runbook: docs/pay.md."
            ),
        ),
        (
            on_journey({"fail": "p50 <= baseline", "on_no_baseline": "inconclusive"}, part="pay"),
            (
                "Journey checkout, step pay: 50 % of duration samples must be at most the usual; "
                "until enough runs are known it is inconclusive."
            ),
        ),
        (
            on_journey({"fail": "p75 < baseline", "where": {"device": "mobile"}}, "lcp", "*", "*"),
            "Every journey, every step, device mobile: 75 % of lcp samples must be below the usual.",
        ),
    ],
)
def test_explains_a_budget_in_one_sentence(found: list[Budget], words: str) -> None:
    """What is demanded, where, and what follows."""
    assert [explain(budget) for budget in found] == [words]


@given(cases())
def test_every_budget_can_be_explained(drawn: tuple[list[Budget], Any, Any]) -> None:
    """No legal budget is beyond words."""
    assert all(explain(budget).endswith(".") for budget in drawn[0])


@pytest.mark.parametrize(
    ("value", "values", "reason"),
    [
        ("p75 <= 2.5s", FAST, "p75 is 650 ms, within the limit of 2.5 s; 5 samples"),
        ("p75 <= 2.5s", SLOW, "p75 is 3.5 s, 40 % over the limit of 2.5 s; 5 samples; too far beyond the limit for chance"),
        ("max <= 2.5s", [2500.4], "max is 2.5004 s, 0.016 % over the limit of 2.5 s; 1 sample"),
        ("max < 2.5s", [2500.0], "max is 2.5 s, and it must be below that; 1 sample"),
        ("min >= 1s", [500.0], "min is 500 ms, 50 % short of 1 s; 1 sample"),
        ("min >= 1s", [1500.0], "min is 1.5 s, where at least 1 s is asked for; 1 sample"),
        ("max <= 0s", [500.0], "max is 500 ms, over the limit of 0 ms; 1 sample"),
        ("p75 <= baseline", FAST, "0 of 20 runs; p75 is 650 ms, and what is usual is not yet known"),
    ],
)
def test_a_reason_shows_figure_limit_and_count(value: str, values: list[float], reason: str) -> None:
    """With enough digits that the verdict is visible."""
    assert one(on_journey(value, part="pay"), seen(values, part="pay")).reason == reason


def test_a_load_s_reason_says_how_long_a_run_would_settle_it() -> None:
    """Samples of a load are bought with time."""
    verdict = one(on_load("p95 <= 200ms"), loaded(115.0))
    assert "1,200 requests in 30 s of load; too close to call: about " in verdict.reason
    assert verdict.reason.endswith(" of such load would settle it")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            [1.0] * 5,
            "rate is 100 %, where at least 99 % is asked for; 5 of 5; judged as observed: so few only rule out a true rate below 55 %",
        ),
        ([1.0] * 300, "rate is 100 %, where at least 99 % is asked for; 300 of 300"),
        ([1.0] * 4 + [0.0], "rate is 80 %, short of 99 %; 4 of 5"),
    ],
)
def test_a_rate_over_few_runs_says_how_weak_it_is(values: list[float], reason: str) -> None:
    """Five passes pass, and prove little."""
    assert one(on_journey("rate >= 99%", "success"), seen(values, "success")).reason == reason


@pytest.mark.parametrize(
    ("failed", "reason"),
    [
        ([0] * 5, "rate is 0 %, within the limit of 1 %; 0 of 200; judged as observed: so few only rule out a true rate above 1.5 %"),
        ([1] + [0] * 19, "rate is 0.125 %, within the limit of 1 %; 1 of 800"),
        ([0] * 60, "rate is 0 %, within the limit of 1 %; 0 of 2,400"),
        ([0, 1] * 30, "rate is 1.25 %, over the limit of 1 %; 30 of 2,400; too close to call: about 9,600 such requests would settle it"),
        ([1] * 60, "rate is 2.5 %, over the limit of 1 %; 60 of 2,400; too far beyond the limit for chance"),
    ],
)
def test_a_load_s_error_rate_says_how_sure_it_is(failed: list[int], reason: str) -> None:
    """Weak, near, or beyond doubt."""
    assert one(on_load("rate <= 1%", "errors"), failing(failed)).reason == reason


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (on_journey("p75 <= 1s", part="pya"), "no samples of duration for journey checkout, step pya; the nearest step observed is 'pay'"),
        (on_journey("p75 <= 1s", part="xyz"), "no samples of duration for journey checkout, step xyz; steps observed: pay"),
        (
            on_journey("p75 <= 1s", subject="chekout"),
            "no samples of duration for journey chekout; the nearest journey observed is 'checkout'",
        ),
        (on_journey("p75 <= 1s", "fcp", part="pay"), "no samples of fcp for journey checkout, step pay; metrics observed: duration"),
        (
            on_journey({"fail": "p75 <= 1s", "where": {"device": "mobile"}}, part="pay"),
            "no samples of duration for journey checkout, step pay with device=mobile",
        ),
        (on_load("p75 <= 1s"), "no samples of latency for profile ci: the run saw no profile at all"),
    ],
)
def test_a_missing_budget_names_what_may_have_been_meant(found: list[Budget], reason: str) -> None:
    """A renamed step is found in seconds."""
    assert one(found, seen(NEAR, part="pay")).reason == reason
