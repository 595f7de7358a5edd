"""There is one definition of a percentile, for plain values and for histograms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.stats import Figures, Histogram, PackedHistogram, percentile

_values = st.lists(st.floats(0.01, 3_000_000), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("values", "q", "expected"),
    [
        ([7.0], 99, 7.0),
        ([5, 1, 4, 2, 3], 50, 3),
        ([5, 1, 4, 2, 3], 75, 4),  # the fourth of five: at least 75 % do not exceed it
        ([1, 2, 3, 4], 50, 2),  # always a value that was seen, never one between two
        ([1, 2, 3, 4], 0, 1),
        ([1, 2, 3, 4], 100, 4),
    ],
)
def test_a_percentile_is_the_nearest_rank(values: list[float], q: float, expected: float) -> None:
    """The smallest value that at least q per cent of all do not exceed."""
    assert percentile(values, q) == expected


def test_nothing_has_no_percentile() -> None:
    """No values is an error, never 0."""
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)
    with pytest.raises(ValueError, match="no values"):
        Histogram().percentile(50)
    with pytest.raises(ValueError, match="no values"):
        Figures.of_values([])


@settings(max_examples=40, deadline=None)
@given(_values, st.sampled_from([50.0, 75.0, 90.0, 95.0, 99.0, 99.9]))
def test_a_histogram_agrees_with_the_values_it_counted(values: list[float], q: float) -> None:
    """To three significant digits (and half of a thousandth), whatever the values."""
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    assert math.isclose(histogram.percentile(q), percentile(values, q), rel_tol=1e-3, abs_tol=0.0006)
    assert histogram.count == len(values)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.floats(0, 10), st.floats(-1, 1e9), st.integers(0, 5000)), max_size=120))
def test_counting_many_at_once_is_counting_each(values: list[float]) -> None:
    """A histogram that is asked after each value, and one that is asked at the end, are the same to the last cell."""
    asked, left = Histogram(), Histogram()
    for number, value in enumerate(values, 1):
        asked.record(value)
        left.record(value)
        assert asked.count == number
    assert left.encode() == asked.encode()
    assert (left.count, left.minimum, left.maximum) == (asked.count, asked.minimum, asked.maximum)


@settings(max_examples=25, deadline=None)
@given(st.lists(_values, min_size=1, max_size=4))
def test_merging_is_exact_in_any_order(parts: list[list[float]]) -> None:
    """Merged histograms answer as one that counted everything, even after a trip through their text form."""
    histograms = []
    for part in parts:
        histogram = Histogram()
        for value in part:
            histogram.record(value)
        histograms.append(histogram)
    together = Histogram()
    for value in (value for part in parts for value in part):
        together.record(value)
    travelled = [Histogram.decode(histogram.encode()) for histogram in reversed(histograms)]
    merged = Histogram.merged(travelled)
    assert Figures.of_histogram(merged) == Figures.of_histogram(together)


def test_an_empty_histogram_adds_nothing() -> None:
    """Not even a least value of 0: an idle second was not fast."""
    total = Histogram()
    total.record(20)
    total.add(Histogram())
    assert (total.count, total.minimum) == (1, 20)


@settings(max_examples=30, deadline=None)
@given(_values)
def test_the_mean_is_that_of_the_values(values: list[float]) -> None:
    """Within three digits, and 0 for nothing."""
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    assert histogram.mean == pytest.approx(math.fsum(values) / len(values), rel=1e-3, abs=1e-3)
    assert Histogram().mean == 0


def test_a_packed_histogram_is_the_same_in_less_memory() -> None:
    """It answers and merges as the one that it was made from."""
    histogram = Histogram()
    for value in (5, 20, 20, 400):
        histogram.record(value)
    packed = PackedHistogram(histogram.encode())
    assert Figures.of_histogram(packed) == Figures.of_histogram(histogram)
    assert Figures.of_histogram(Histogram.merged([packed, packed])).count == 8
    assert packed.encode() == histogram.encode()
    assert not hasattr(packed, "unknown")


def test_a_value_beyond_the_range_counts_as_the_largest() -> None:
    """A two-hour answer is not lost; it counts as an hour."""
    histogram = Histogram()
    histogram.record(7_200_000)
    assert histogram.count == 1
    assert histogram.maximum == pytest.approx(3_600_000, rel=1e-3)


@pytest.mark.parametrize("text", ["", "nonsense", "HISTFAAAAA", "§"])
def test_what_is_no_histogram_is_a_value_error(text: str) -> None:
    """A damaged histogram is told apart from an empty one."""
    with pytest.raises(ValueError, match="not an HDR histogram"):
        Histogram.decode(text)


def test_figures_of_values() -> None:
    """A summary holds what the budgets ask for."""
    figures = Figures.of_values([4.0, 1.0, 3.0, 2.0])
    assert (figures.count, figures.mean, figures.min, figures.max, figures.p50, figures.p95) == (4, 2.5, 1, 4, 2, 4)
    assert (figures.total, figures.last) == (10, 2)
