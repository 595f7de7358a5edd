"""What is kept of a series says what its samples said, whatever order they came in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.metrics import Kind
from footfall.samples import Run
from footfall.stats import Figures, Histogram
from footfall.store.summary import SeriesTotals, comparable_key, rate_figures, weight

AT = datetime(2026, 11, 21, 5, tzinfo=UTC)
RUN = Run("R", "corner", AT, machine="Linux, 2 CPU; host-a", versions={"chromium": "156.0.1"}, labels={"iterations": "5", "users": "50"})


def seen(kind: Kind, *values: float) -> SeriesTotals:
    """Gather values one second apart."""
    totals = SeriesTotals(kind)
    for number, value in enumerate(values):
        totals.add_value(AT + timedelta(seconds=number), number, value)
    return totals


def test_values_are_summed_up_in_the_order_of_time() -> None:
    """`last` is the latest, not the last that was read."""
    totals = SeriesTotals(Kind.TREND)
    totals.add_value(AT + timedelta(seconds=2), 1, 30.0)
    totals.add_value(AT, 2, 10.0)
    totals.add_value(AT, 3, 20.0)
    assert totals.figures() == Figures.of_values([10.0, 20.0, 30.0])


@given(st.permutations(list(enumerate([5.0, 1.0, 9.0, 9.0, 2.0]))))
def test_the_order_of_reading_does_not_matter(order: list[tuple[int, float]]) -> None:
    """Any order gives the figures of the order of time."""
    totals = SeriesTotals(Kind.TREND)
    for number, value in order:
        totals.add_value(AT + timedelta(seconds=number), number, value)
    assert totals.figures() == Figures.of_values([5.0, 1.0, 9.0, 9.0, 2.0])


def test_a_rate_counts_yes_and_no() -> None:
    """Four of five: the count is five, the mean is the rate."""
    figures = seen(Kind.RATE, 1, 1, 0, 1, 1).figures()
    assert figures is not None
    assert (figures.count, figures.mean, figures.total, figures.last) == (5, 0.8, 4, 1)


def test_a_rate_over_many_requests_weighs_each_second_by_its_requests() -> None:
    """1 failed of 1000 and 9 failed of 10 are 10 of 1010, not 45 %."""
    figures = rate_figures([1, 9], [1000, 10])
    assert (figures.count, figures.mean, figures.max) == (1010, 10 / 1010, 0.9)


def test_seconds_without_requests_say_nothing_of_a_rate() -> None:
    """0 of 0 is neither good nor bad; a rate of nothing else is no figure at all."""
    totals = SeriesTotals(Kind.RATE)
    totals.add_value(AT, 1, 0, of=0)
    assert totals.figures() is None
    totals.add_value(AT, 2, 1, of=4)
    figures = totals.figures()
    assert figures is not None
    assert (figures.count, figures.mean, figures.min) == (4, 0.25, 0.25)


@pytest.mark.parametrize(
    ("detail", "expected"), [({}, 1), ({"of": 10}, 10), ({"of": "10"}, 1), ({"of": True}, 1), ({"of": -1}, 1), ({"of": 2}, 1)]
)
def test_a_rate_over_a_number_that_cannot_be_counts_as_one(detail: dict[str, object], expected: float) -> None:
    """Three failures of two requests, or of a text, are no rate."""
    assert weight(3, detail) == expected


def test_histograms_are_merged_and_never_averaged() -> None:
    """The figures of all windows are those of all values."""
    totals, everything = SeriesTotals(Kind.TREND), Histogram()
    for window in ([10, 20], [500], []):
        histogram = Histogram()
        for value in window:
            histogram.record(value)
            everything.record(value)
        totals.add_histogram(histogram)
    assert totals.figures() == Figures.of_histogram(everything)


def test_single_values_beside_histograms_are_counted_too() -> None:
    """Nothing that was seen is left out of the figures."""
    totals, histogram = seen(Kind.TREND, 7.0), Histogram()
    histogram.record(5)
    totals.add_histogram(histogram)
    figures = totals.figures()
    assert figures is not None
    assert (figures.count, figures.min, round(figures.max)) == (2, 5.0, 7)
    assert totals.windows is not None
    assert totals.windows.count == 1


def test_windows_that_counted_nothing_give_no_figures() -> None:
    """An idle second is not a latency of 0."""
    totals = SeriesTotals(Kind.TREND)
    totals.add_histogram(Histogram())
    assert totals.figures() is None


def test_runs_compare_on_equal_machines_with_equal_settings_only() -> None:
    """Another host of the same class compares; another class, browser or number of iterations does not, where it matters."""
    same = replace(RUN, machine="Linux, 2 CPU; host-b", labels={**RUN.labels, "note": "x"})
    assert comparable_key(same, "journey") == comparable_key(RUN, "journey")
    bigger = replace(RUN, machine="Linux, 8 CPU; host-a")
    assert all(comparable_key(bigger, source) != comparable_key(RUN, source) for source in ("journey", "load", "probe"))
    browser = replace(RUN, versions={"chromium": "157.0.0"})
    assert comparable_key(browser, "journey") != comparable_key(RUN, "journey")
    assert comparable_key(browser, "load") == comparable_key(RUN, "load")
    longer = replace(RUN, labels={"iterations": "20", "users": "50"})
    assert comparable_key(longer, "journey") != comparable_key(RUN, "journey")
    assert comparable_key(longer, "load") == comparable_key(RUN, "load")
