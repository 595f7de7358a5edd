"""Which figure of a summary a report shows, and what Google's bands say of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from footfall.gate.expression import ParseError, Statistic, parse
from footfall.gate.figures import of_summary
from footfall.gate.verdict import WORST_FIRST, Verdict
from footfall.metrics import BANDS, Kind, Source, format_quantity
from footfall.samples import Series
from footfall.stats import Figures

VITALS = ("lcp", "inp", "cls", "fcp", "ttfb")
"""The Web Vitals in the order in which they are shown."""
NAMES = {
    "lcp": "LCP",
    "inp": "INP",
    "cls": "CLS",
    "fcp": "FCP",
    "ttfb": "TTFB",
    "tbt": "TBT",
    "dns": "DNS",
    "tls": "TLS",
    "ux_score": "UX score",
}


def metric_name(metric: str) -> str:
    """Write a metric for people: `LCP`, `page load`."""
    return NAMES.get(metric, metric.replace("_", " "))


def titled(metric: str) -> str:
    """Write a metric as a table's heading: `LCP`, `Page load`."""
    name = metric_name(metric)
    return name[:1].upper() + name[1:]


def shown(value: float, unit: str) -> str:
    """Write a figure of a table: scores to the thousandth, all else to three digits."""
    if unit == "score":
        return f"{value:.3f}".rstrip("0").rstrip(".") if value < 10 else f"{value:.0f}"
    return format_quantity(value, unit)


def value_of(figures: Figures, statistic: str, kind: Kind) -> float | None:
    """Return a statistic of a summary by its name in budgets; None where the summary does not hold it (`p97`)."""
    asked = _asked(statistic)
    return None if asked is None else of_summary(asked, figures, kind)


@lru_cache(maxsize=256)
def _asked(statistic: str) -> Statistic | None:
    """Read a statistic's name; a page asks for the same few a thousand times."""
    try:
        return parse(f"{statistic} <= 0").statistic
    except ParseError:
        return None


def usual_statistic(series: Series, kind: Kind) -> str:
    """The statistic that is shown where no budget asks for one: p75 of what a customer feels, p95 of a load's latencies."""
    if series.source == Source.LOAD and series.metric == "throughput":
        return "median"  # of its seconds; the busiest one says little
    if kind == Kind.TREND:
        return "p95" if series.source == Source.LOAD else "p75"
    return {Kind.RATE: "rate", Kind.COUNTER: "p75"}.get(kind, "max")


def band(metric: str, value: float) -> str:
    """Return `good`, `fair` or `poor` by Google's bands; empty for a metric that has none."""
    if metric not in BANDS:
        return ""
    good, poor = BANDS[metric]
    return "good" if value <= good else "fair" if value <= poor else "poor"


def worst_of(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The verdict that matters most, or None of none."""
    return min(verdicts, key=lambda verdict: WORST_FIRST.index(verdict.outcome), default=None)
