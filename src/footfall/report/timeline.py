"""A load run second by second, on one time axis: what the site felt, and whether the generator was honest about it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from footfall.gate.evidence import Observation, Window
from footfall.metrics import Source
from footfall.samples import Sample
from footfall.stats import Histogram

PHASE = "phase"
"""The label of what was seen while the number of users was still changing."""
BUCKETS = 180
"""Points that a chart is given at most: longer runs are merged into wider buckets."""


@dataclass(frozen=True)
class Moment:
    """One bucket of a timeline; `at` is in seconds from its start. None is "not observed".

    `users` and `throughput` (per second) are means over the bucket, `p50` to `p99` come from its merged histogram in ms, `errors` is
    failed/total, `generator_cpu` a share of one core and `generator_lag` in ms (both the worst of the bucket), `dropped` a sum.
    `phase` is empty for the steady part, which budgets judge; else `ramp` or `stop`, or whatever the label of that name says.
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
    phase: str = ""


@dataclass(frozen=True)
class Timeline:
    """A load profile's run: `moments` are `width_s` seconds wide each, in order, without holes."""

    profile: str
    started: datetime
    width_s: float
    moments: tuple[Moment, ...]


def timelines(observations: Iterable[Observation], samples: Iterable[Sample]) -> tuple[Timeline, ...]:
    """Fold a run's load into one timeline per profile: latencies from `observations`' windows, all else from its single `samples`.

    Other sources are passed over; order does not matter.
    """
    seen: dict[str, list[_Piece]] = defaultdict(list)
    for observation in observations:
        if observation.series.source == Source.LOAD:
            of = observation.series
            seen[of.subject] += [
                _Piece(window.at, of.part, of.metric, _phase(of.label_map), window=window) for window in observation.windows
            ]
    for sample in samples:
        if sample.source == Source.LOAD:
            seen[sample.subject].append(_Piece(sample.at, sample.part, sample.metric, _phase(sample.labels), sample=sample))
    return tuple(_timeline(profile, pieces) for profile, pieces in sorted(seen.items()) if pieces)


def _phase(labels: Mapping[str, str]) -> str:
    return labels.get(PHASE, "")


@dataclass(frozen=True)
class _Piece:
    """One thing seen at one moment: a sample or a window of latencies."""

    at: datetime
    part: str
    metric: str
    phase: str
    sample: Sample | None = None
    window: Window | None = None


def _timeline(profile: str, pieces: Sequence[_Piece]) -> Timeline:
    started = min(piece.at for piece in pieces)
    length = max((piece.at - started).total_seconds() for piece in pieces) + 1
    width = max(1, math.ceil(length / BUCKETS))
    buckets: dict[int, list[_Piece]] = defaultdict(list)
    for piece in _totals(pieces):
        buckets[int((piece.at - started).total_seconds() // width)].append(piece)
    moments = (_moment(n * width, width, buckets.get(n, [])) for n in range(math.ceil(length / width)))
    return Timeline(profile, started, width, tuple(moments))


def _totals(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Keep what was seen of the whole profile (part ""); latency and errors can be put together from single requests where need be."""
    whole = {piece.metric for piece in pieces if not piece.part}
    parts = {"latency", "errors"} - whole
    return [piece for piece in pieces if not piece.part or piece.metric in parts]


def _moment(at: float, width: float, pieces: Sequence[_Piece]) -> Moment:
    values: dict[str, list[float]] = defaultdict(list)
    for piece in pieces:
        if piece.sample is not None:
            values[piece.metric].append(piece.sample.value)
    latencies, lags = _merged(pieces, "latency"), _merged(pieces, "generator_lag")
    p50, p95, p99 = (latencies.percentile(q) if latencies.count else None for q in (50, 95, 99))
    return Moment(
        at=float(at),
        users=_mean(values["users"]),
        throughput=_mean(values["throughput"]) or (latencies.count / width if latencies.count else None),
        p50=p50,
        p95=p95,
        p99=p99,
        errors=_failed_share([piece.sample for piece in pieces if piece.sample is not None and piece.metric == "errors"]),
        generator_cpu=max(values["generator_cpu"], default=None),
        generator_lag=max([*values["generator_lag"], *([lags.maximum] if lags.count else [])], default=None),
        dropped=math.fsum(values["dropped"]) if values["dropped"] else None,
        phase=min((piece.phase for piece in pieces), default=""),  # a bucket that is partly steady is steady
    )


def _merged(pieces: Sequence[_Piece], metric: str) -> Histogram:
    return Histogram.merged(piece.window.histogram for piece in pieces if piece.window is not None and piece.metric == metric)


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _failed_share(samples: Sequence[Sample]) -> float | None:
    """Return failed/total over a bucket; a sample without "of" counts as one request."""
    total = math.fsum(float(sample.detail.get("of", 1)) for sample in samples)
    return math.fsum(sample.value for sample in samples) / total if total else None


def step_order(samples: Iterable[Sample]) -> dict[str, tuple[str, ...]]:
    """Return each journey's steps in the order in which they first ended; a nested step (`pay/confirm`) ends before its parent."""
    ended: dict[str, dict[str, datetime]] = defaultdict(dict)
    for sample in samples:
        if sample.source == Source.JOURNEY and sample.metric == "duration" and sample.part:
            first = ended[sample.subject].get(sample.part, sample.at)
            ended[sample.subject][sample.part] = min(first, sample.at)
    return {journey: tuple(sorted(steps, key=steps.__getitem__)) for journey, steps in ended.items()}
