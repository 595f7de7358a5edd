"""What is measured: each metric's kind, unit and better direction, and how quantities are written and read.

The kind says which statistics are legal; nobody infers a direction or a unit from a name. Values are kept in
base units (`ms`, `bytes`, `ratio`, `count`, `score`, `per_s`, `days`); people write and read `1.5s`, `200KB`, `99.9%`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What a metric's values are: many values (trend), yes or no (rate), amounts to add (counter), a level (gauge)."""

    TREND = "trend"
    RATE = "rate"
    COUNTER = "counter"
    GAUGE = "gauge"


class Better(StrEnum):
    """Which direction is good."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


class Source(StrEnum):
    """Which sense saw it."""

    JOURNEY = "journey"
    LOAD = "load"
    PROBE = "probe"


@dataclass(frozen=True)
class Metric:
    """One kind of number: `unit` is a base unit or, for a script's own metric, any word (`EUR`)."""

    name: str
    kind: Kind
    unit: str
    better: Better
    about: str


_DISTRIBUTION = frozenset({"min", "max", "mean", "median", "percentile", "count", "last"})
LEGAL_STATISTICS = MappingProxyType(
    {
        Kind.TREND: _DISTRIBUTION,
        Kind.RATE: frozenset({"rate", "count"}),
        Kind.COUNTER: _DISTRIBUTION | {"sum"},
        Kind.GAUGE: _DISTRIBUTION - {"count"},
    }
)


def _metrics(*rows: tuple[str, Kind, str, Better, str]) -> MappingProxyType[str, Metric]:
    return MappingProxyType({row[0]: Metric(*row) for row in rows})


_T, _R, _C, _G = Kind.TREND, Kind.RATE, Kind.COUNTER, Kind.GAUGE
_LOW, _HIGH, _NEITHER = Better.LOWER, Better.HIGHER, Better.NEITHER

JOURNEY_METRICS = _metrics(
    ("success", _R, "ratio", _HIGH, "iterations in which the customer reached the end"),
    ("duration", _T, "ms", _LOW, "from the first line to the last, of a journey or a step"),
    ("flaky", _R, "ratio", _LOW, "iterations that passed only on a retry"),
    ("ux_score", _T, "score", _HIGH, "0 to 100 by Lighthouse's published curves"),
    ("page_load", _T, "ms", _LOW, "navigation start to the end of the load event"),
    ("lcp", _T, "ms", _LOW, "Largest Contentful Paint: when the main content was there"),
    ("inp", _T, "ms", _LOW, "Interaction to Next Paint: how long the slowest click or key waited"),
    ("cls", _T, "score", _LOW, "Cumulative Layout Shift: how much the page jumped"),
    ("fcp", _T, "ms", _LOW, "First Contentful Paint: when anything was there"),
    ("ttfb", _T, "ms", _LOW, "Time to First Byte of the page"),
    ("tbt", _T, "ms", _LOW, "Total Blocking Time: main thread held for over 50 ms at a time, since the first paint"),
    ("transfer_bytes", _T, "bytes", _LOW, "bytes over the network"),
    ("document_bytes", _T, "bytes", _LOW, "bytes of pages and frames"),
    ("script_bytes", _T, "bytes", _LOW, "bytes of scripts"),
    ("style_bytes", _T, "bytes", _LOW, "bytes of style sheets"),
    ("image_bytes", _T, "bytes", _LOW, "bytes of images"),
    ("font_bytes", _T, "bytes", _LOW, "bytes of fonts"),
    ("data_bytes", _T, "bytes", _LOW, "bytes that scripts asked for (fetch, XMLHttpRequest, beacons)"),
    ("media_bytes", _T, "bytes", _LOW, "bytes of video and audio"),
    ("other_bytes", _T, "bytes", _LOW, "bytes of all else"),
    ("third_party_bytes", _T, "bytes", _LOW, "bytes from other sites, as far as these let them be known"),
    ("image_time", _T, "ms", _LOW, "the slowest image, from request to its last byte"),
    ("requests", _C, "count", _LOW, "requests made"),
    ("document_requests", _C, "count", _LOW, "requests for pages and frames"),
    ("script_requests", _C, "count", _LOW, "requests for scripts"),
    ("style_requests", _C, "count", _LOW, "requests for style sheets"),
    ("image_requests", _C, "count", _LOW, "requests for images"),
    ("font_requests", _C, "count", _LOW, "requests for fonts"),
    ("data_requests", _C, "count", _LOW, "requests by scripts (fetch, XMLHttpRequest, beacons)"),
    ("media_requests", _C, "count", _LOW, "requests for video and audio"),
    ("other_requests", _C, "count", _LOW, "requests for all else"),
    ("third_party_requests", _C, "count", _LOW, "requests to other sites"),
    ("failed_requests", _C, "count", _LOW, "requests that failed or were answered with 400 or above"),
    ("cache_hits", _R, "ratio", _HIGH, "responses that a cache or CDN answered, of those that tell"),
    ("console_errors", _C, "count", _LOW, "errors written to the browser's console"),
    ("js_errors", _C, "count", _LOW, "uncaught JavaScript errors"),
)

LOAD_METRICS = _metrics(
    ("latency", _T, "ms", _LOW, "request to last byte, as a user felt it"),
    ("response", _T, "ms", _LOW, "intended start to last byte (open model)"),
    ("errors", _R, "ratio", _LOW, "requests that failed"),
    ("limited", _R, "ratio", _LOW, "requests that the site's own rate limiting turned away (429)"),
    ("throughput", _G, "per_s", _HIGH, "requests finished per second"),
    ("users", _G, "count", _HIGH, "users running"),
    ("users_aim", _G, "count", _NEITHER, "users that a closed profile asks for in its steady part"),
    ("received_bytes", _C, "bytes", _NEITHER, "bytes received"),
    ("generator_cpu", _G, "ratio", _LOW, "share of one core that the generator used"),
    ("generator_lag", _T, "ms", _LOW, "how late the generator's own event loop ran"),
    ("dropped", _C, "count", _LOW, "iterations that could not be started in time"),
)

PROBE_METRICS = _metrics(
    ("success", _R, "ratio", _HIGH, "checks that held"),
    ("latency", _T, "ms", _LOW, "the whole check"),
    ("dns", _T, "ms", _LOW, "name look-up"),
    ("connect", _T, "ms", _LOW, "TCP connection"),
    ("tls", _T, "ms", _LOW, "TLS handshake"),
    ("ttfb", _T, "ms", _LOW, "request sent to first byte"),
    ("certificate_days", _G, "days", _HIGH, "days until the certificate ends"),
)

CATALOGUE: MappingProxyType[Source, MappingProxyType[str, Metric]] = MappingProxyType(
    {Source.JOURNEY: JOURNEY_METRICS, Source.LOAD: LOAD_METRICS, Source.PROBE: PROBE_METRICS}
)

STEP_METRICS = frozenset(JOURNEY_METRICS) - {"success", "flaky"}
"""Journey metrics that a single step has too."""

OLD_NAMES = MappingProxyType({"fid": "inp"})
"""Metrics that browsers no longer report, and what takes their place (FID left the Web Vitals in 2024)."""


def is_own(metric: str) -> bool:
    """Whether a probe's metric is something that it measured of a business (`measure`), and not what asking it took."""
    return metric not in PROBE_METRICS


def custom(name: str, unit: str) -> Metric:
    """Return the metric of a script's own measurement, in any unit: a trend of which no direction is known."""
    return Metric(name, Kind.TREND, unit, Better.NEITHER, "measured by a script")


# Web Vitals, 75th percentile of the field: good up to the first, poor beyond the second (web.dev/articles/vitals).
BANDS = MappingProxyType(
    {"lcp": (2500.0, 4000.0), "inp": (200.0, 500.0), "cls": (0.1, 0.25), "fcp": (1800.0, 3000.0), "ttfb": (800.0, 1800.0)}
)

_SUFFIXES: MappingProxyType[str, MappingProxyType[str, float]] = MappingProxyType(
    {
        "ms": MappingProxyType({"us": 0.001, "ms": 1.0, "s": 1e3, "m": 60e3, "min": 60e3, "h": 3.6e6, "d": 86.4e6}),
        "bytes": MappingProxyType(
            {"B": 1.0, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1024.0, "MiB": 1024.0**2, "GiB": 1024.0**3}
        ),
        "ratio": MappingProxyType({"%": 0.01, "": 1.0}),
        "count": MappingProxyType({"": 1.0}),
        "score": MappingProxyType({"": 1.0}),
        "per_s": MappingProxyType({"/s": 1.0, "": 1.0}),
        "days": MappingProxyType({"d": 1.0, "": 1.0}),
    }
)
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z%/]*)\s*")


def suffixes(unit: str) -> tuple[str, ...]:
    """Return how quantities in a base unit may end (`ms`, `s`, …; "" where a bare number will do); a custom unit is its own only suffix."""
    return tuple(_SUFFIXES.get(unit, {"": 1.0, unit: 1.0}))


def parse_quantity(text: str, unit: str) -> float:
    """Read `text` (`1.5s`, `200KB`, `99.9%`) as a number in the base unit `unit`; a custom unit is itself its only suffix.

    Raises ValueError with the accepted suffixes.
    """
    match = _QUANTITY.fullmatch(text)
    suffixes = _SUFFIXES.get(unit, {"": 1.0, unit: 1.0})
    if match is None or match[2] not in suffixes:
        accepted = " ".join(suffix or "(no unit)" for suffix in suffixes)
        raise ValueError(f"{text.strip()!r} is not a quantity in {unit}: write a number followed by one of {accepted}")
    # In decimal, so that "99.9%" is the float nearest to 0.999 and 999 of 1000 meet it.
    return float(Decimal(match[1]) * Decimal(str(suffixes[match[2]])))


def base_unit(word: str) -> str:
    """Return the base unit that a unit is kept in (`s` is kept in `ms`); a word that is no known unit stands for itself (`EUR`)."""
    if not word or word in _SUFFIXES:
        return word
    # A measurement in "d" is a number of days; only a budget's text may mean a long duration by it.
    return next((unit for unit in ("days", *_SUFFIXES) if word in _SUFFIXES[unit]), word)


LONGEST_MS = 36_525 * 86.4e6
"""A hundred years: a duration that can be taken from any moment, which a calendar's nine thousand cannot."""


def parse_duration(text: str) -> float:
    """Read `30s`, `5m`, `30d` as milliseconds. Raises ValueError."""
    return parse_quantity(text, "ms")


def _number(value: float, digits: int) -> str:
    """Write with `digits` significant digits, thousands grouped, no trailing zeros, never in exponent form."""
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_STEPS: MappingProxyType[str, tuple[tuple[float, float, str], ...]] = MappingProxyType(
    {
        "ms": ((86.4e6, 86.4e6, " d"), (3.6e6, 3.6e6, " h"), (120e3, 60e3, " min"), (1e3, 1e3, " s"), (0.0, 1.0, " ms")),
        "bytes": ((1e9, 1e9, " GB"), (1e6, 1e6, " MB"), (1e3, 1e3, " KB"), (0.0, 1.0, " B")),
        "ratio": ((0.0, 0.01, " %"),),
        "per_s": ((0.0, 1.0, "/s"),),
        "days": ((0.0, 1.0, " days"),),
        "count": ((0.0, 1.0, ""),),
        "score": ((0.0, 1.0, ""),),
    }
)


def format_quantity(value: float, unit: str, *, digits: int = 3) -> str:
    """Write a value of the base unit `unit` for people: `812 ms`, `1.25 s`, `99.9 %`, `39.9 EUR`; `digits` are significant ones."""
    if not math.isfinite(value):
        return "–"
    steps = _STEPS.get(unit, ((0.0, 1.0, f" {unit}"),))
    _, scale, suffix = next(step for step in steps if abs(value) >= step[0])
    return _number(value / scale, digits) + suffix


def format_beside(value: float, limit: float, unit: str) -> tuple[str, str]:
    """Write a figure and its limit with as many digits as it takes to tell them apart, so that a verdict is visible."""
    for digits in range(3, 15):
        pair = format_quantity(value, unit, digits=digits), format_quantity(limit, unit, digits=digits)
        if value == limit or pair[0] != pair[1]:
            return pair
    return pair
