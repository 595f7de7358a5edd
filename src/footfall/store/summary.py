"""From the records of a run to what is kept of each series: pure, so that a stored run can be summed up again."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from datetime import datetime

from footfall.gate.evidence import Observation
from footfall.metrics import Kind
from footfall.samples import Json, Run, Series
from footfall.stats import Figures, Histogram
from footfall.store.provenance import machine_class

FAULT_LABEL = "fault"
"""The run label that names what the target was told to do wrong."""

PART_LABEL = "part_of"
"""The run label that names the run which this one only helps to judge (the other deployment's, a confirmation's)."""

WATCH_KIND = "watch"
"""What the watch's own runs are called: beside each stands a result of the monitor."""

ASIDE_LABEL = "aside"
"""The run label of a walk of the watch that counts nowhere: `recheck` or `maintenance`."""

COMPARED_LABELS = {"journey": ("iterations", "workers"), "load": ("profile", "users", "processes"), "probe": ()}
"""Per source, the run labels that must be equal for two runs' figures to be compared."""


def comparable_key(run: Run, source: str) -> str:
    """Return what is equal for runs whose figures of `source` may be compared.

    It stands for the machine's class, the settings that matter to that source and, for journeys, the browser's major version.
    """
    facts = [machine_class(run.machine), *(f"{name}={run.labels.get(name, '')}" for name in COMPARED_LABELS.get(source, ()))]
    if source == "journey":
        facts.append(run.versions.get("chromium", "").partition(".")[0])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def weight(value: float, detail: Json) -> float:
    """Return over how many requests a rate's sample counts: its detail `of`, or 1 for a plain yes or no."""
    of = detail.get("of", 1)
    usable = isinstance(of, (int, float)) and not isinstance(of, bool) and math.isfinite(of) and of >= value
    return float(of) if usable else 1.0


def rate_figures(yes: Sequence[float], of: Sequence[float]) -> Figures:
    """Sum up a rate: `yes[i]` of `of[i]` in the order seen. `count` is all of them, `mean` the rate, `total` how many were yes.

    The other figures are over the shares of each pair. Raises ValueError when there was nothing to count.
    """
    shares = Figures.of_values([part / whole for part, whole in zip(yes, of, strict=True) if whole])
    count, total = math.fsum(of), math.fsum(yes)
    return Figures(
        round(count), total / count, shares.min, shares.max, shares.p50, shares.p75, shares.p90, shares.p95, shares.p99, total, shares.last
    )


def observed_rate(series: Series, unit: str, yes: Sequence[float], of: Sequence[float]) -> Observation | None:
    """Return what was seen of a rate, piece by piece, those without anything left out; None where there was nothing to count."""
    pieces = [(part, whole) for part, whole in zip(yes, of, strict=True) if whole]
    if not pieces:
        return None
    shares = tuple(part / whole for part, whole in pieces)
    return Observation(series, Kind.RATE, unit, rate_figures(yes, of), shares, weights=tuple(whole for _, whole in pieces))


class SeriesTotals:
    """Gathers what one run saw of one series, in any order."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._seen: list[tuple[datetime, int, float, float]] = []
        self._windows: Histogram | None = None

    def add_value(self, at: datetime, seq: int, value: float, of: float = 1.0) -> None:
        """Add a sample; `seq` orders those of one moment."""
        self._seen.append((at, seq, value, of))

    def add_histogram(self, histogram: Histogram) -> None:
        """Add one window's histogram."""
        self._windows = self._windows or Histogram()
        self._windows.add(histogram)

    @property
    def windows(self) -> Histogram | None:
        """All windows in one histogram, or None where there are none."""
        return self._windows

    def figures(self) -> Figures | None:
        """Sum up; None where nothing was counted (a window without requests)."""
        self._seen.sort()
        values = [value for _, _, value, _ in self._seen]
        if self._windows is not None and self._windows.count:
            return _mixed(self._windows, values)
        if self._kind is Kind.RATE:
            of = [of for *_, of in self._seen]
            return rate_figures(values, of) if any(of) else None
        return Figures.of_values(values) if values else None


def _mixed(windows: Histogram, values: Sequence[float]) -> Figures:
    everything = Histogram.merged([windows])
    for value in values:
        everything.record(value)
    return Figures.of_histogram(everything)
