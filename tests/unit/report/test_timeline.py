"""A load run on one time axis, and the order of steps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from footfall.gate.evidence import Observation, Window
from footfall.metrics import Kind
from footfall.report.timeline import BUCKETS, step_order, timelines
from footfall.samples import Sample
from footfall.stats import Figures, Histogram
from tests.unit.report.views import RUN, STARTED, series


def _histogram(*values: float) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


def _latency(part: str, *windows: tuple[int, Histogram]) -> Observation:
    merged = Histogram.merged(histogram for _, histogram in windows)
    placed = tuple(Window(STARTED + timedelta(seconds=second), 1, histogram) for second, histogram in windows)
    return Observation(series("load", "ci", part, "latency"), Kind.TREND, "ms", Figures.of_histogram(merged), windows=placed)


def _sample(second: float, metric: str, value: float, part: str = "", of: int | None = None) -> Sample:
    detail = {} if of is None else {"of": of}
    return Sample(RUN.id, STARTED + timedelta(seconds=second), "load", "ci", part, metric, value, detail=detail)


def test_each_second_says_what_was_seen_and_gaps_stay_gaps() -> None:
    """Seconds without a figure are None, not 0; latencies come from that second's histogram alone."""
    (line,) = timelines([_latency("", (0, _histogram(10)), (2, _histogram(30)))], [_sample(0, "users", 5), _sample(2, "errors", 1, of=4)])
    assert [moment.p95 and round(moment.p95) for moment in line.moments] == [10, None, 30]
    assert [moment.users for moment in line.moments] == [5, None, None]
    assert [moment.errors for moment in line.moments] == [None, None, 0.25]


def test_requests_make_the_whole_where_it_was_not_recorded() -> None:
    """Latency and errors of single requests add up when there is no total; user counts never do."""
    records = [_sample(0, "errors", 1, "GET /", of=2), _sample(0, "errors", 0, "POST /", of=2), _sample(0, "users", 3, "GET /")]
    (line,) = timelines([_latency("GET /", (0, _histogram(10, 10))), _latency("POST /", (0, _histogram(50)))], records)
    assert (line.moments[0].p50, line.moments[0].p99) == pytest.approx((10, 50), rel=0.001)
    assert line.moments[0].errors == 0.25
    assert line.moments[0].users is None
    assert line.moments[0].throughput == 3


def test_a_long_run_is_merged_into_wider_buckets_and_percentiles_are_never_averaged() -> None:
    """An hour fits a chart; a bucket's percentile is the merged histogram's."""
    (line,) = timelines([_latency("", (0, _histogram(*[10] * 99)), (1, _histogram(1000)), (3599, _histogram(1)))], [])
    assert len(line.moments) <= BUCKETS
    assert line.moments[0].p99 == pytest.approx(10, rel=0.001)
    assert line.moments[0].p95 == pytest.approx(10, rel=0.001)
    assert sum(moment.p50 is not None for moment in line.moments) == 2


def test_what_budgets_do_not_judge_is_marked() -> None:
    """Seconds of the ramp carry its name; one that is partly steady is steady."""
    ramp = [Sample(RUN.id, STARTED + timedelta(seconds=n), "load", "ci", "", "users", 1.0, labels={"phase": "ramp"}) for n in range(2)]
    (line,) = timelines([], [*ramp, _sample(1, "users", 2), _sample(2, "users", 2)])
    assert [moment.phase for moment in line.moments] == ["ramp", "", ""]


def test_other_sources_have_no_timeline() -> None:
    """Journeys and probes are passed over."""
    assert timelines([], [Sample(RUN.id, STARTED, "probe", "health", "", "latency", 1.0)]) == ()


def test_steps_stand_in_the_order_in_which_they_first_ended() -> None:
    """The order of names or of iterations does not matter."""
    samples = [
        Sample(RUN.id, STARTED + timedelta(seconds=at), "journey", "checkout", part, "duration", 1.0)
        for at, part in ((9, "browse"), (5, "pay"), (1, "cart"), (0, "browse"))
    ]
    assert step_order(samples) == {"checkout": ("browse", "cart", "pay")}
