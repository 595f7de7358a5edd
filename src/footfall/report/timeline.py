"""A load run second by second, on one time axis: what the site felt, and whether the generator was honest about it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from footfall.metrics import Source
from footfall.samples import HistogramWindow, Sample
from footfall.stats import Histogram

BUCKETS = 180
"""Points that a chart is given at most: longer runs are merged into wider buckets."""


@dataclass(frozen=True)
class Moment:
    """One bucket of a timeline; `at` is in seconds from its start. None is "not observed".

    `users` and `throughput` (per second) are means over the bucket, `p50` to `p99` come from its merged histogram in ms, `errors` is
    failed/total, `generator_cpu` a share of one core and `generator_lag` in ms (both the worst of the bucket), `dropped` a sum.
    """

    at: float
    users: float | None = None
    throughput: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    errors: float | None = None
    generator_cpu: float | None = None
    generator_lag: float | None = None
    dropped: float | None = None


@dataclass(frozen=True)
class Timeline:
    """A load profile's run: `moments` are `width_s` seconds wide each, in order, without holes."""

    profile: str
    started: datetime
    width_s: float
    moments: tuple[Moment, ...]


def timelines(records: Iterable[Sample | HistogramWindow]) -> tuple[Timeline, ...]:
    """Fold a run's load records, in any order, into one timeline per profile; records of other sources are passed over."""
    by_profile: dict[str, list[Sample | HistogramWindow]] = defaultdict(list)
    for record in records:
        if record.source == Source.LOAD:
            by_profile[record.subject].append(record)
    return tuple(_timeline(profile, found) for profile, found in sorted(by_profile.items()))


def _timeline(profile: str, records: Sequence[Sample | HistogramWindow]) -> Timeline:
    started = min(record.at for record in records)
    length = max((record.at - started).total_seconds() for record in records) + 1
    width = max(1, math.ceil(length / BUCKETS))
    windows: dict[int, list[HistogramWindow]] = defaultdict(list)
    samples: dict[int, dict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))
    for record in _totals(records):
        bucket = int((record.at - started).total_seconds() // width)
        if isinstance(record, HistogramWindow):
            windows[bucket].append(record)
        else:
            samples[bucket][record.metric].append(record)
    moments = tuple(_moment(n * width, width, samples.get(n, {}), windows.get(n, [])) for n in range(math.ceil(length / width)))
    return Timeline(profile, started, width, moments)


def _totals(records: Sequence[Sample | HistogramWindow]) -> list[Sample | HistogramWindow]:
    """Keep the records of the whole profile (part ""); latency and errors can be put together from single requests where need be."""
    whole = {record.metric for record in records if not record.part}
    parts = {"latency", "errors"} - whole
    return [record for record in records if not record.part or record.metric in parts]


def _moment(at: float, width: float, samples: Mapping[str, Sequence[Sample]], windows: Sequence[HistogramWindow]) -> Moment:
    values = {metric: [sample.value for sample in found] for metric, found in samples.items()}
    merged = Histogram.merged(Histogram.decode(window.hdr) for window in windows if window.metric == "latency")
    p50, p95, p99 = (merged.percentile(q) if merged.count else None for q in (50, 95, 99))
    return Moment(
        at=float(at),
        users=_mean(values.get("users")),
        throughput=_mean(values.get("throughput")) if "throughput" in values or not merged.count else merged.count / width,
        p50=p50,
        p95=p95,
        p99=p99,
        errors=_failed_share(samples.get("errors", ())),
        generator_cpu=max(values.get("generator_cpu", ()), default=None),
        generator_lag=max(values.get("generator_lag", ()), default=None),
        dropped=sum(values["dropped"]) if "dropped" in values else None,
    )


def _mean(values: Sequence[float] | None) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _failed_share(samples: Sequence[Sample]) -> float | None:
    """Return failed/total over a bucket; a sample without "of" counts as one request."""
    total = math.fsum(float(sample.detail.get("of", 1)) for sample in samples)
    return math.fsum(sample.value for sample in samples) / total if total else None
