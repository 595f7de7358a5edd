"""Budgets that end a test early: judged while it runs as they are judged afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from footfall.gate.budget import Budget, Place, read_budgets
from footfall.load.abort import AbortWatch
from footfall.metrics import LOAD_METRICS, Source
from footfall.samples import HistogramWindow, Record, Sample
from footfall.stats import Histogram

AT = datetime(2026, 11, 21, 5, tzinfo=UTC)


def budget(metric: str, value: Mapping[str, Any], subject: str = "stress") -> Budget:
    """One budget of [load.stress]."""
    read, problems = read_budgets(dict(value), Place(Source.LOAD, subject), LOAD_METRICS[metric], f"load.{subject}.{metric}")
    assert problems == []
    return read[0][1]


def second(number: int, latency_ms: float, failed: int = 0, **labels: str) -> Iterator[Record]:
    """One second with fifty requests."""
    at, histogram = AT + timedelta(seconds=number), Histogram()
    histogram.record(latency_ms, 50)
    yield HistogramWindow("R", at, 1, "load", "stress", "", "latency", histogram.encode(), labels)
    yield Sample("R", at, "load", "stress", "", "errors", failed, labels=labels, detail={"of": 50})


def watched(*budgets: Budget) -> AbortWatch:
    """A watch whose clock goes on by ten seconds with every look."""
    return AbortWatch(budgets, "stress", "corner", count(step=10.0).__next__)


LATENCY = budget("latency", {"fail": "p95 <= 500ms", "abort": True, "abort_after": "5s"})
ERRORS = budget("errors", {"fail": "rate <= 1%", "abort": True})


def ended_at(watch: AbortWatch, latency_ms: float, failed: int = 0, seconds: int = 20, **labels: str) -> tuple[int, str]:
    """Return the second that ended it and why; -1 where nothing did."""
    for number in range(seconds):
        watch.add(list(second(number, latency_ms, failed, **labels)))
        why = watch.broken()
        if why:
            return number, why
    return -1, ""


def test_a_broken_budget_ends_it_once_it_has_stayed_broken() -> None:
    """Five seconds after the gate would have failed it, and the reason is the gate's."""
    number, why = ended_at(watched(LATENCY), 900, seconds=60)
    assert number >= 5
    assert why.startswith("load.stress.latency is broken: p95 is 900 ms")


def test_failures_end_it_too() -> None:
    """A rate, without any grace."""
    number, why = ended_at(watched(LATENCY, ERRORS), 20, failed=25)
    assert 0 <= number < 5
    assert why.startswith("load.stress.errors is broken")


def test_what_holds_goes_on() -> None:
    """So does what no aborting budget speaks of, and what is not the steady part."""
    assert ended_at(watched(LATENCY, ERRORS), 100) == (-1, "")
    assert ended_at(watched(budget("latency", {"fail": "p95 <= 500ms"})), 900) == (-1, "")
    assert ended_at(watched(budget("latency", {"fail": "p95 <= 500ms", "abort": True}, subject="ci")), 900) == (-1, "")
    assert ended_at(watched(LATENCY), 900, phase="ramp") == (-1, "")


def test_only_what_its_budgets_speak_of_is_kept() -> None:
    """A soak of hours has a histogram a second for each request name; the others need none of them."""
    watch = watched(LATENCY)
    for part in ("", "GET /shop"):
        watch.add([HistogramWindow("R", AT, 1, "load", "stress", part, "latency", Histogram().encode(), {})])
    assert [series.part for series in watch._seen] == [""]
