"""Why a vital is what it is: the element, page and parts of time that the browser named for the sample that was judged."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from footfall.metrics import Source
from footfall.samples import Sample, Series, series_of
from footfall.stats import rank

PARTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "lcp": {"ttfb": "first byte", "load_delay": "until asked for", "load_time": "loading", "render_delay": "until painted"},
        "inp": {"input_delay": "waiting", "processing": "handlers", "presentation": "painting"},
        "fcp": {"ttfb": "first byte", "render": "until painted"},
        "ttfb": {"waiting": "waiting", "cache": "cache", "dns": "DNS", "connection": "connection", "request": "server"},
        "cls": {},
    }
)
"""The parts of each vital as web-vitals names them in a sample's detail, and what they are called here."""
ELEMENTS: Mapping[str, str] = MappingProxyType({"lcp": "largest element", "inp": "what was touched", "cls": "what moved most"})


@dataclass(frozen=True)
class Attribution:
    """What one vital of one step hangs on, read off the sample at its 75th percentile.

    `element` is a short selector, `resource` and `url` addresses, `kind` of interaction; each may be empty. `parts` are (name, ms);
    `pages` (address, value) where the step saw several, of which the worst counts.
    """

    series: Series
    value: float
    element: str = ""
    resource: str = ""
    url: str = ""
    kind: str = ""
    parts: tuple[tuple[str, float], ...] = ()
    pages: tuple[tuple[str, float], ...] = ()

    @property
    def chief(self) -> tuple[str, float] | None:
        """The part that takes longest."""
        return max(self.parts, key=lambda part: part[1], default=None)


def attributions(samples: Iterable[Sample], target: str) -> tuple[Attribution, ...]:
    """Return one attribution per series of a vital, of the sample that is its p75 among those that tell anything."""
    told: dict[Series, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.source == Source.JOURNEY and sample.metric in PARTS and _tells(sample.detail):
            told[series_of(sample, target)].append(sample)
    return tuple(_of(series, sorted(found, key=lambda sample: sample.value)) for series, found in sorted(told.items()))


def _tells(detail: Mapping[str, Any]) -> bool:
    return any(detail.get(name) not in {None, ""} for name in ("element", "resource", "kind", *_ALL_PARTS))


_ALL_PARTS = tuple(dict.fromkeys(name for parts in PARTS.values() for name in parts))


def _of(series: Series, ascending: list[Sample]) -> Attribution:
    chosen = ascending[rank(len(ascending), 75) - 1]
    detail = chosen.detail
    texts = {name: str(detail.get(name) or "") for name in ("element", "resource", "url", "kind")}
    known = ((called, detail.get(name)) for name, called in PARTS[series.metric].items())
    parts = tuple((called, float(took)) for called, took in known if isinstance(took, (int, float)) and math.isfinite(took) and took > 0)
    return Attribution(series, chosen.value, **texts, parts=parts, pages=tuple(_pages(detail.get("pages"))))


def _pages(told: object) -> Iterator[tuple[str, float]]:
    """Yield address and value of each page; a history from elsewhere may tell anything."""
    for page in told if isinstance(told, (list, tuple)) else ():
        value = page.get("value") if isinstance(page, Mapping) else None
        if isinstance(value, (int, float)) and math.isfinite(value):
            yield str(page.get("url") or ""), float(value)
