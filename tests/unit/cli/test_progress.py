"""Progress says how far a command is, from the records that its children write."""

from __future__ import annotations

from datetime import UTC, datetime

from footfall.cli.progress import Tally
from footfall.samples import HistogramWindow, Sample
from footfall.stats import Histogram

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_journeys_are_counted_by_iteration() -> None:
    """Done and failed iterations, and the newest step."""
    tally = Tally()
    tally.add(Sample("r", NOW, "journey", "booking", "pay", "duration", 812.4, 1))
    tally.add(Sample("r", NOW, "journey", "booking", "", "success", 1, 1))
    tally.add(Sample("r", NOW, "journey", "booking", "", "success", 0, 2))
    assert tally.journey_line(["booking", "checkout"], 5) == "booking 2/5 · checkout 0/5 · 1 failed   booking › pay 812 ms"


def test_the_crowd_is_told_by_its_totals() -> None:
    """Users, rate, the newest p50, p95 and p99, and how many requests failed."""
    tally = Tally()
    latency = Histogram()
    latency.record(12)
    tally.add(Sample("r", NOW, "load", "ci", "", "users", 50))
    tally.add(Sample("r", NOW, "load", "ci", "", "throughput", 33))
    tally.add(Sample("r", NOW, "load", "ci", "", "errors", 2, detail={"of": 33}))
    tally.add(Sample("r", NOW, "load", "ci", "GET /", "errors", 2, detail={"of": 33}))  # a request's own: not counted twice
    tally.add(HistogramWindow("r", NOW, 1, "load", "ci", "", "latency", latency.encode()))
    assert tally.load_line() == "50 users · 33 requests/s · p50 12 ms p95 12 ms p99 12 ms · 33 requests, 2 failed"


def test_what_the_generator_could_not_start_is_told_each_second() -> None:
    """The sum so far, beside the generator's own health; nothing where everything was started."""
    tally = Tally()
    tally.add(Sample("r", NOW, "load", "ci", "", "generator_cpu", 0.3))
    tally.add(Sample("r", NOW, "load", "ci", "", "dropped", 0))
    assert tally.load_line().endswith(" · generator 30% of a core")
    tally.add(Sample("r", NOW, "load", "ci", "", "dropped", 1200))
    tally.add(Sample("r", NOW, "load", "ci", "", "dropped", 34))
    assert tally.load_line().endswith(" · generator 30% of a core, 1,234 not started in time")


def test_checks_are_counted() -> None:
    """How many were made and how many did not hold."""
    tally = Tally()
    tally.add(Sample("r", NOW, "probe", "health", "", "success", 1))
    tally.add(Sample("r", NOW, "probe", "health", "", "success", 0))
    assert tally.probe_line() == "2 checks · 1 failed"
