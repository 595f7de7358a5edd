"""What a statistic says of an observation or of a summary."""

from __future__ import annotations

from footfall.gate.evidence import Observation
from footfall.gate.expression import Statistic
from footfall.metrics import Kind
from footfall.stats import Figures, Histogram, percentile

_FIELDS = {"min": "min", "max": "max", "mean": "mean", "rate": "mean", "sum": "total", "last": "last"}
_PERCENTILES = {50.0: "p50", 75.0: "p75", 90.0: "p90", 95.0: "p95", 99.0: "p99"}


def of_summary(statistic: Statistic, figures: Figures, kind: Kind) -> float | None:
    """Return the statistic as far as a summary holds it; of a rate, `count` is how often it was so. None for other percentiles."""
    if statistic.name == "count":
        return float(round(figures.mean * figures.count)) if kind is Kind.RATE else float(figures.count)
    quantile = statistic.quantile
    name = _FIELDS.get(statistic.name) if quantile is None else _PERCENTILES.get(quantile)
    return None if name is None else float(getattr(figures, name))


def of_observation(statistic: Statistic, observation: Observation) -> float | None:
    """Return the statistic of what was seen: from its summary, else from its values or histograms. None when those are gone."""
    quantile = statistic.quantile
    if quantile is not None and observation.values:
        return percentile(observation.values, quantile)
    found = of_summary(statistic, observation.figures, observation.kind)
    if found is None and quantile is not None:
        merged = Histogram.merged([*observation.runs, *(window.histogram for window in observation.windows)])
        return merged.percentile(quantile) if merged.count else None
    return found
