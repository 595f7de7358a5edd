"""Vitals under load beside vitals at rest: the same step, walked alone and walked through a crowd."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from footfall.gate.evidence import Observation
from footfall.metrics import Source, format_quantity
from footfall.report.charts.bars import pair_bar
from footfall.report.figures import VITALS, band, metric_name, shown
from footfall.report.view import ReportView
from footfall.report.words import series_place, signed_percent
from footfall.samples import Series

LABEL = "under_load"
"""The label of what a browser saw while a profile was running; its value is the profile."""
_METRICS = (*VITALS, "tbt", "duration")


@dataclass(frozen=True)
class Strain:
    """One vital of a step (p75), at rest and under load; `rest` is empty where it was not walked alone."""

    place: str
    metric: str
    profile: str
    rest: str
    load: str
    change: str
    bands: tuple[str, str]
    picture: Markup


def strains(view: ReportView) -> tuple[Strain, ...]:
    """Return every vital that was seen under load, beside the same one at rest, in the order of journeys, steps and vitals."""
    known = {seen.series: seen for seen in view.observations}
    loaded = (seen for seen in view.observations if _is_under_load(seen))
    return tuple(_strain(seen, known.get(_at_rest(seen.series))) for seen in sorted(loaded, key=_order))


def _is_under_load(seen: Observation) -> bool:
    return seen.series.source == Source.JOURNEY and LABEL in seen.series.label_map and seen.series.metric in _METRICS


def _at_rest(series: Series) -> Series:
    labels = tuple(label for label in series.labels if label[0] != LABEL)
    return Series(series.target, series.source, series.subject, series.part, series.metric, labels)


def _order(seen: Observation) -> tuple[str, str, int]:
    return seen.series.subject, seen.series.part, _METRICS.index(seen.series.metric)


def _strain(loaded: Observation, rest: Observation | None) -> Strain:
    series, metric = loaded.series, loaded.series.metric
    after = loaded.figures.p75
    before = rest.figures.p75 if rest else None
    return Strain(
        series_place(series),
        metric_name(metric),
        series.label_map[LABEL],
        "" if before is None else shown(before, loaded.unit),
        shown(after, loaded.unit),
        signed_percent(after / before - 1) if before else "",
        ("" if before is None else band(metric, before), band(metric, after)),
        pair_bar(before or 0.0, after, _told(before, after, loaded.unit)),
    )


def _told(before: float | None, after: float, unit: str) -> str:
    rest = "not seen at rest" if before is None else f"{format_quantity(before, unit)} at rest"
    return f"{rest}, {format_quantity(after, unit)} under load"
