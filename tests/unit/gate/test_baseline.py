"""What "as before" means, and how sure one more run can make us."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from footfall.gate import baseline
from footfall.gate.expression import Statistic
from footfall.metrics import Kind
from footfall.stats import Figures

MEDIAN = Statistic("median")


def runs(*medians: float) -> list[Figures]:
    """Return the figures of runs that saw one value each."""
    return [Figures.of_values([median]) for median in medians]


def test_the_usual_figure_is_the_median_of_the_runs() -> None:
    """One bad run does not move it."""
    found = baseline.usual(MEDIAN, runs(100.0, 102.0, 98.0, 101.0, 900.0), Kind.TREND)
    assert found is not None
    assert (found.figure, found.runs) == (101.0, 5)


def test_too_little_is_known_of_nothing() -> None:
    """Without history, and for a statistic that no summary holds, there is no usual figure."""
    assert baseline.usual(MEDIAN, [], Kind.TREND) is None
    assert baseline.usual(Statistic("percentile", 97.0), runs(1.0, 2.0), Kind.TREND) is None


def test_a_new_run_is_judged_by_a_t_test_on_logarithms() -> None:
    """The error of one run against K others is the spread between runs times the root of 1 + 1/K."""
    before = baseline.usual(MEDIAN, runs(*([95.0, 100.0, 105.0] * 7)), Kind.TREND)
    assert before is not None
    assert before.spread is not None
    odds = baseline.odds(120.0, 110.0, before, upper=True)
    assert odds is not None
    steps = math.log(120 / 110) / (before.spread * math.sqrt(1 + 1 / 21))
    assert odds.beyond == pytest.approx(float(stats.t.sf(steps, 24)))
    mirrored = baseline.odds(1 / 120.0, 1 / 110.0, before, upper=False)
    assert mirrored is not None
    assert mirrored.beyond == pytest.approx(odds.beyond)


def test_runs_that_all_agree_leave_some_doubt() -> None:
    """Equal figures do not prove that runs never differ."""
    before = baseline.usual(MEDIAN, runs(*([100.0] * 20)), Kind.TREND)
    assert before is not None
    assert before.spread == pytest.approx(baseline.USUAL_SPREAD * math.sqrt(4 / 23))


def test_zeros_have_no_logarithm() -> None:
    """A history with zeros is compared as observed."""
    before = baseline.usual(Statistic("sum"), runs(0.0, 1.0, 0.0), Kind.COUNTER)
    assert before is not None
    assert before.spread is None
    assert baseline.odds(1.0, 1.0, before, upper=True) is None


def test_a_rate_s_count_is_how_often_it_was_so() -> None:
    """Three failures of four are three."""
    before = baseline.usual(Statistic("count"), [Figures.of_values([1.0, 1.0, 0.0, 1.0])], Kind.RATE)
    assert before is not None
    assert before.figure == 3.0
