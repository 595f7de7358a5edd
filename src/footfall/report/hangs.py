"""What a vital hangs on, in words and as a bar, for pages: the slow or shifting ones first."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from footfall.metrics import BANDS, format_quantity
from footfall.report.attribution import ELEMENTS, Attribution
from footfall.report.charts.bars import parts_bar
from footfall.report.clean import safe_link
from footfall.report.figures import band, metric_name, shown
from footfall.report.view import ReportView
from footfall.report.words import series_place
from footfall.samples import Series

MOST = 24
_METRICS = {"lcp": "ms", "inp": "ms", "cls": "score"}
_BANDS = ("poor", "fair", "good", "")


@dataclass(frozen=True)
class Hang:
    """A vital of a step and what it hangs on: `told` names the element, `parts` the times as words, `picture` draws them.

    `pages` tells each page's figure where the step saw several.
    """

    series: Series
    place: str
    metric: str
    figure: str
    band: str
    told: str
    element: str
    resource: str
    parts: str
    picture: Markup
    pages: str


def hangs(view: ReportView) -> tuple[Hang, ...]:
    """Return the LCP, INP and CLS whose cause was named, by Google's bands the worst first, MOST at most."""
    found = [each for each in view.attributions if each.series.metric in _METRICS and (each.element or each.parts)]
    ranked = sorted(found, key=lambda each: (_BANDS.index(band(each.series.metric, each.value)), -_share(each)))
    return tuple(_hang(each) for each in ranked[:MOST] if each.value > 0)


def _share(each: Attribution) -> float:
    """Bring vitals of different units onto one scale: the share of what Google calls good."""
    return each.value / BANDS[each.series.metric][0]


def _hang(each: Attribution) -> Hang:
    series, metric = each.series, each.series.metric
    kind = f" ({each.kind})" if each.kind else ""
    return Hang(
        series,
        series_place(series),
        metric_name(metric),
        shown(each.value, _METRICS[metric]),
        band(metric, each.value),
        f"{ELEMENTS[metric]}{kind}",
        each.element,
        safe_link(each.resource),
        ", ".join(f"{name} {format_quantity(took, 'ms')}" for name, took in each.parts),
        parts_bar(each.parts),
        ", ".join(f"{_path(url)} {shown(value, _METRICS[metric])}" for url, value in each.pages),
    )


def _path(url: str) -> str:
    """Return what follows the host, which the reader knows, without what is asked of it."""
    return "/" + url.partition("://")[2].partition("/")[2].partition("?")[0].partition("#")[0]
