"""Budgets and evidence for tests, in few words."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from footfall.gate.budget import Budget, Place, read_budgets
from footfall.gate.evaluate import evaluate
from footfall.gate.evidence import Evidence, Observation, Window
from footfall.gate.verdict import Verdict
from footfall.metrics import CATALOGUE, Source, custom
from footfall.samples import Series
from footfall.stats import Figures, Histogram
from footfall.store.summary import observed_rate

START = datetime(2026, 11, 21, 5, tzinfo=UTC)


def budgets(value: Any, source: Source, subject: str, part: str | None, metric: str) -> list[Budget]:
    """Read what might stand at a metric's key; the key is `subject.part.metric`."""
    place = Place(source, subject, part)
    read, problems = read_budgets(value, place, CATALOGUE[source][metric], ".".join(filter(None, (subject, part, metric))))
    assert not problems, problems
    return [budget for _, budget in read]


def on_journey(value: Any, metric: str = "duration", subject: str = "checkout", part: str | None = None) -> list[Budget]:
    """Read a journey's budgets."""
    return budgets(value, Source.JOURNEY, subject, part, metric)


def on_probe(value: Any, metric: str, subject: str) -> list[Budget]:
    """Read a probe's budgets; of a figure of its own too."""
    place = Place(Source.PROBE, subject, None)
    read, problems = read_budgets(value, place, CATALOGUE[Source.PROBE].get(metric, custom(metric, "")), f"{subject}.{metric}")
    assert not problems, problems
    return [budget for _, budget in read]


def on_load(value: Any, metric: str = "latency", subject: str = "ci", part: str | None = None) -> list[Budget]:
    """Read a profile's budgets."""
    return budgets(value, Source.LOAD, subject, part, metric)


def seen(
    values: Sequence[float],
    metric: str = "duration",
    subject: str = "checkout",
    part: str = "",
    source: Source = Source.JOURNEY,
    labels: Mapping[str, str] | None = None,
) -> Observation:
    """Return an observation of single values."""
    kind = CATALOGUE[source][metric]
    series = Series("corner", source, subject, part, metric, tuple(sorted((labels or {}).items())))
    return Observation(series, kind.kind, kind.unit, Figures.of_values(values), tuple(values))


def loaded(median: float, seconds: int = 30, part: str = "", subject: str = "ci") -> Observation:
    """Return a load's latencies, log-normal around `median` with sigma 0.3: the p95 is 1.64 times it."""
    rng = random.Random(7)
    windows = []
    for second in range(seconds):
        histogram = Histogram()
        for _ in range(40):
            histogram.record(rng.lognormvariate(math.log(median), 0.3))
        windows.append(Window(START + timedelta(seconds=second), 1.0, histogram))
    metric = CATALOGUE[Source.LOAD]["latency"]
    merged = Histogram.merged(window.histogram for window in windows)
    series = Series("corner", Source.LOAD, subject, part, "latency")
    return Observation(series, metric.kind, metric.unit, Figures.of_histogram(merged), (), tuple(windows))


def failing(failed: Sequence[int], of: int = 40) -> Observation:
    """Return a load's errors: how many of `of` requests failed in each second."""
    series, kind = Series("corner", Source.LOAD, "ci", "", "errors"), CATALOGUE[Source.LOAD]["errors"]
    found = observed_rate(series, kind.unit, failed, [float(of)] * len(failed))
    assert found is not None
    return found


def judged(found: Sequence[Budget], *observations: Observation, **more: Any) -> tuple[Verdict, ...]:
    """Evaluate budgets against observations."""
    return evaluate(found, Evidence(observations, **more))


def one(found: Sequence[Budget], *observations: Observation, **more: Any) -> Verdict:
    """Evaluate budgets that must yield one verdict."""
    (verdict,) = judged(found, *observations, **more)
    return verdict
