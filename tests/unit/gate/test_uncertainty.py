"""How sure a few numbers make us: against exact values, and at the edges."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from footfall.gate import uncertainty
from footfall.stats import Histogram, percentile


def seconds(level: list[float], count: int = 40, seed: int = 1) -> list[Histogram]:
    """Return one histogram a second, log-normal around each level."""
    rng = random.Random(seed)
    histograms = []
    for median in level:
        histogram = Histogram()
        for _ in range(count):
            histogram.record(rng.lognormvariate(math.log(median), 0.3))
        histograms.append(histogram)
    return histograms


@pytest.mark.parametrize(("count", "factor"), [(5, 3.407), (10, 2.355), (20, 1.926), (50, 1.646)])
def test_the_tolerance_bound_is_the_published_one(count: int, factor: float) -> None:
    """One-sided tolerance factors for 90 % content at 95 % confidence, as tables of them print."""
    root = math.sqrt(count)
    assert uncertainty._noncentral_t(count - 1, root * uncertainty._normal_quantile(0.9), root * factor) == pytest.approx(0.95, abs=0.0005)


@pytest.mark.parametrize("freedom", [4, 6, 40, 1000])
@pytest.mark.parametrize("centre", [-20.0, -1.5, 0.0, 1.5, 20.0])
@pytest.mark.parametrize("value", [-1e5, -30.0, -2.0, 0.0, 2.0, 30.0, 1e5])
def test_the_non_central_t_holds_everywhere(freedom: float, centre: float, value: float) -> None:
    """Where the exact series gives up, in the far tails, the answer is still a probability and near the normal one."""
    found = uncertainty._noncentral_t(freedom, centre, value)
    assert 0 <= found <= 1
    exact = float(stats.nct.cdf(value, freedom, centre))
    if not math.isnan(exact):
        assert found == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize(
    ("values", "limit", "decided"),
    [
        ([600.0, 620.0, 650.0, 700.0, 640.0], 4000.0, "within"),
        ([40.0, 30.0, 60.0, 90.0, 35.0], 500.0, "within"),
        ([3400.0, 3350.0, 3600.0, 3500.0, 3380.0], 2500.0, "beyond"),
        ([2400.0, 2450.0, 2600.0, 2550.0, 2380.0], 2500.0, ""),
        ([800.0], 4000.0, "within"),  # one sample, five times below
        ([3500.0], 4000.0, ""),
        ([400.0] * 5, 2500.0, "within"),  # no spread seen is not no spread
        ([400.0] * 5, 420.0, ""),
        ([400.0, 410.0, 390.0, 405.0, 4000.0], 2500.0, "within"),  # one hiccup, beyond the percentile's own rank
        ([400.0, 410.0, 390.0, 4100.0, 4000.0], 2500.0, ""),  # two of five are no hiccup
    ],
)
def test_few_samples_decide_far_from_the_limit_only(values: list[float], limit: float, decided: str) -> None:
    """Far away a handful is enough; near the limit it is not, and one hiccup does not drown the answer."""
    odds = uncertainty.lognormal(values, 75, limit, upper=True)
    assert ("within" if odds.within <= 0.05 else "beyond" if odds.beyond <= 0.005 else "") == decided


def test_a_lower_limit_mirrors_an_upper_one() -> None:
    """`p25 >= L` over 1/x is `p75 <= 1/L` over x."""
    values = [600.0, 620.0, 650.0, 700.0, 640.0]
    upper = uncertainty.lognormal(values, 75, 900.0, upper=True)
    lower = uncertainty.lognormal([1e6 / value for value in values], 25, 1e6 / 900.0, upper=False)
    assert [lower.within, lower.beyond] == pytest.approx([upper.within, upper.beyond])


def test_more_says_how_many_would_settle_it() -> None:
    """Another such set of that size is decisive, one smaller is not."""
    values = [2000.0, 2100.0, 1900.0, 2050.0, 2200.0]
    odds = uncertainty.lognormal(values, 75, 2500.0, upper=True)
    count = odds.more(0.001, 0.001)
    assert count is not None
    assert len(values) < count < 50
    assert uncertainty.lognormal([2130.0] * 5, 75, 2130.0, upper=True).more(1e-9, 1e-9) is None


@pytest.mark.parametrize(
    ("beyond", "count", "q", "within", "worse"),
    [(0, 5, 75.0, 0.75**5, 1.0), (5, 5, 75.0, 1.0, 0.25**5), (1, 1, 95.0, 1.0, 0.05), (0, 1, 95.0, 0.95, 1.0), (0, 0, 75.0, 1.0, 1.0)],
)
def test_ranks_are_binomial(beyond: int, count: int, q: float, within: float, worse: float) -> None:
    """If the percentile is at the limit, each sample is beyond it with the share above the percentile."""
    odds = uncertainty.ranks(beyond, count, q, upper=True)
    assert [odds.within, odds.beyond] == pytest.approx([within, worse])
    assert odds.spotless == (beyond == 0)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.sampled_from([1.0, 50.0, 75.0, 95.0, 99.9]))
def test_a_rank_interval_holds_the_percentile_seen(values: list[float], q: float) -> None:
    """The bounds are samples, in order, around the percentile."""
    low, high = uncertainty.rank_interval(sorted(values), q)
    assert low <= percentile(values, q) <= high


def test_a_load_far_from_its_limit_is_decided_and_near_it_is_not() -> None:
    """A p95 of about 165 ms."""
    histograms = seconds([100.0] * 45)
    assert uncertainty.blocks(histograms, 95, 250.0, upper=True).within < 0.05
    assert uncertainty.blocks(histograms, 95, 110.0, upper=True).beyond < 0.01
    near = uncertainty.blocks(histograms, 95, 168.0, upper=True)
    assert near.within > 0.05
    assert near.beyond > 0.01


def test_a_load_that_drifts_is_less_sure_than_a_steady_one() -> None:
    """Neighbouring seconds that are alike are one piece of evidence, not many."""
    drifting = [100.0 * (1.3 if second // 15 % 2 else 0.8) for second in range(60)]
    _, steady_error, _ = uncertainty.block_error(seconds([100.0] * 60), 95)
    _, drifting_error, _ = uncertainty.block_error(seconds(drifting), 95)
    assert drifting_error > 1.5 * steady_error


def test_a_steady_load_s_error_is_that_of_independent_requests() -> None:
    """The p95 of 2,400 log-normal values has a relative standard error of 0.013; the rest is the usual one's share."""
    _, error, freedom = uncertainty.block_error(seconds([100.0] * 60), 95)
    drawn = (error**2 * freedom - uncertainty.USUAL_ERROR_WEIGHT * uncertainty.USUAL_ERROR**2) / (freedom - uncertainty.USUAL_ERROR_WEIGHT)
    assert 0.007 < math.sqrt(drawn) < 0.02


def test_runs_of_a_load_that_stand_at_their_limit_seldom_decide() -> None:
    """Three to ten runs whose p95 differs by 3 %, and is in truth just the limit: neither answer comes too often."""
    rng = random.Random(4)
    failed = passed = 0
    for _ in range(50):
        drawn = [seconds([100.0 * rng.lognormvariate(0, 0.03)], 200, rng.randrange(9999))[0] for _ in range(rng.randint(2, 10))]
        odds = uncertainty.runs(drawn, 50, 100.0, upper=True)
        failed, passed = failed + (odds.beyond <= 0.01), passed + (odds.within <= 0.05)
    assert failed <= 2
    assert passed <= 6


def test_the_same_load_gets_the_same_answer() -> None:
    """The bootstrap draws with a fixed seed."""
    histograms = seconds([100.0] * 20)
    assert uncertainty.block_error(histograms, 95) == uncertainty.block_error(histograms, 95)


def test_a_load_s_percentile_is_that_of_all_its_histograms() -> None:
    """p̂ is the merged histogram's, not a mean of windows."""
    histograms = seconds([50.0, 100.0, 400.0, 90.0] * 5)
    figure, _, _ = uncertainty.block_error(histograms, 99)
    assert figure == pytest.approx(Histogram.merged(histograms).percentile(99))


@pytest.mark.parametrize("number", [1, 2, 3, 7])
def test_a_very_short_load_is_judged_with_great_care(number: int) -> None:
    """A few seconds decide only what is far away."""
    histograms = seconds([100.0] * number)
    odds = uncertainty.blocks(histograms, 95, 190.0, upper=True)
    assert odds.within > 0.05
    assert uncertainty.blocks(histograms, 95, 2000.0, upper=True).within < 0.05


def test_silent_seconds_and_zeros_do_no_harm() -> None:
    """Windows without requests are part of a load, and so are latencies that round to nothing."""
    histograms = seconds([100.0] * 20)
    silent = [Histogram() if index % 3 else histogram for index, histogram in enumerate(histograms)]
    assert 0 <= uncertainty.blocks(silent, 95, 200.0, upper=True).within <= 1
    zeros = [Histogram() for _ in range(20)]
    for histogram in zeros:
        histogram.record(0.0)
    assert uncertainty.blocks(zeros, 95, 200.0, upper=True).within <= 0.05
