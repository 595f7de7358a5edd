"""The UX score lies on Lighthouse's curves."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.browser.score import DESKTOP, MOBILE, WEIGHTS, Curves, ux_score


@pytest.mark.parametrize("curves", [MOBILE, DESKTOP])
def test_the_two_points_that_lighthouse_publishes(curves: Curves) -> None:
    """A page at every median has 50, one at every tenth percentile 90, one without any wait 100."""
    assert ux_score({name: curve.median for name, curve in curves.items()}, curves) == pytest.approx(50)
    assert ux_score({name: curve.p10 for name, curve in curves.items()}, curves) == pytest.approx(90)
    assert ux_score(dict.fromkeys(curves, 0.0), curves) == pytest.approx(100)


@given(st.floats(0.001, 1e5))
def test_a_curve_is_a_log_normal_one(value: float) -> None:
    """A curve is the share of a log-normal distribution above a value, reckoned here in another way."""
    for curve in (*MOBILE.values(), *DESKTOP.values()):
        sigma = math.log(curve.median / curve.p10) / NormalDist().inv_cdf(0.9)
        assert curve.score(value) == pytest.approx(1 - NormalDist(math.log(curve.median), sigma).cdf(math.log(value)), abs=1e-9)


def test_weights_are_shared_out() -> None:
    """Without Speed Index the weights of the other four stand for the whole: 10, 25, 30 and 25 of 90."""
    values = {"fcp": 3000.0, "lcp": 4000.0, "tbt": 0.0, "cls": 0.0}
    assert ux_score(values, MOBILE) == pytest.approx((10 * 50 + 25 * 50 + 30 * 100 + 25 * 100) / 90)


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_slower_is_never_better(one: float, other: float) -> None:
    """Scores lie between 0 and 1 and fall with the value."""
    for curve in (*MOBILE.values(), *DESKTOP.values()):
        assert 0 <= curve.score(max(one, other)) <= curve.score(min(one, other)) <= 1


@pytest.mark.parametrize("missing", WEIGHTS)
def test_a_part_that_was_not_observed_leaves_no_score(missing: str) -> None:
    """A page without a largest paint has no score, rather than a good one."""
    assert ux_score({name: 1.0 for name in WEIGHTS if name != missing}, MOBILE) is None
