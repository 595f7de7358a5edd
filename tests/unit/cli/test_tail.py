"""The high percentiles of a crowd, where there are requests enough."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from footfall.cli.tables import _tail
from footfall.gate.evidence import Observation, Window
from footfall.metrics import Kind
from footfall.samples import Series
from footfall.stats import Figures, Histogram


@pytest.mark.parametrize(("requests", "names"), [(9_000, []), (10_000, ["p99.9"]), (100_000, ["p99.9", "p99.99"])])
def test_a_tail_is_shown_where_ten_values_lie_beyond_it(requests: int, names: list[str]) -> None:
    """A p99.99 of a thousand requests is the slowest of them, and no percentile."""
    histogram = Histogram()
    histogram.record(20, requests)
    series = Series("corner", "load", "ci", "", "latency")
    window = Window(datetime(2026, 11, 22, tzinfo=UTC), 1, histogram)
    seen = Observation(series, Kind.TREND, "ms", Figures.of_histogram(histogram), windows=(window,))
    assert list(_tail(seen)) == names
