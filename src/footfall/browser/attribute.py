"""Which step a page's figures belong to. Pure: pages and steps in, figures out.

A page's load belongs to the step in which the page began to load, an interaction to the step in which it happened, a
request to the step in which it was made; what happens between two steps belongs to the one before. Where a step saw several
pages, its vital is the worst page's (the detail names it): one figure for each step and iteration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from footfall.browser.pages import PageReport, Usage


@dataclass(frozen=True)
class Window:
    """When a step ran, ms since the epoch; `part` is its path (`pay/confirm`)."""

    part: str
    begin: float
    end: float


@dataclass(frozen=True)
class Figure:
    """One figure of one part, in the metric's base unit."""

    part: str
    metric: str
    value: float
    detail: Mapping[str, Any] = field(default_factory=dict)


def part_at(moment: float, windows: Sequence[Window]) -> str:
    """Return the part that `moment` belongs to: the innermost step around it, else the last that ended before, else the journey ("")."""
    around = [window for window in windows if window.begin <= moment <= window.end]
    if around:
        return max(around, key=lambda window: (window.begin, window.part.count("/"))).part
    before = [window for window in windows if window.end < moment]
    return max(before, key=lambda window: (window.end, window.part.count("/"))).part if before else ""


def figures(reports: Iterable[PageReport], windows: Sequence[Window], told: Mapping[tuple[str, str], int]) -> list[Figure]:
    """Return each part's figures; what was not observed is absent.

    `told` counts, by part and metric, what the browser reported by itself: console_errors, js_errors, failed_requests.
    """
    pages = list(reports)
    return [*_vitals(pages, windows), *_usage(pages, windows, told), *_errors(windows, told)]


def _vitals(pages: Sequence[PageReport], windows: Sequence[Window]) -> list[Figure]:
    found: dict[tuple[str, str], list[Figure]] = {}
    for page in pages:
        for vital in page.vitals:
            part = part_at(vital.at, windows)
            found.setdefault((part, vital.name), []).append(Figure(part, vital.name, vital.value, vital.detail))
        if page.loaded:
            part = part_at(page.began, windows)
            found.setdefault((part, "page_load"), []).append(Figure(part, "page_load", page.loaded, {"url": page.url}))
    return [_worst(same) for same in found.values()]


def _worst(same: Sequence[Figure]) -> Figure:
    worst = max(same, key=lambda figure: figure.value)
    if len(same) == 1:
        return worst
    pages = [{"url": figure.detail["url"], "value": figure.value} for figure in same]
    return Figure(worst.part, worst.metric, worst.value, {**worst.detail, "pages": pages})


def _errors(windows: Sequence[Window], told: Mapping[tuple[str, str], int]) -> list[Figure]:
    parts = dict.fromkeys([*(window.part for window in windows), *(part for part, _ in told)])
    return [Figure(part, metric, float(told.get((part, metric), 0))) for part in parts for metric in ("console_errors", "js_errors")]


def _usage(pages: Sequence[PageReport], windows: Sequence[Window], told: Mapping[tuple[str, str], int]) -> list[Figure]:
    spent: dict[str, list[Usage]] = {}
    for page in pages:
        for usage in page.usages:
            spent.setdefault(part_at(usage.at, windows), []).append(usage)
    return [figure for part, usages in spent.items() for figure in _totals(part, usages, told.get((part, "failed_requests"), 0))]


def _totals(part: str, usages: Sequence[Usage], broken: int) -> list[Figure]:
    totals = {
        "requests": sum(usage.requests for usage in usages),
        "failed_requests": broken + sum(usage.failed for usage in usages),
        "transfer_bytes": sum(usage.bytes for usage in usages),
        "script_bytes": sum(usage.script for usage in usages),
        "image_bytes": sum(usage.image for usage in usages),
        "tbt": sum(usage.tbt for usage in usages),
    }
    slowest = max(usage.image_time for usage in usages)
    if slowest:
        totals["image_time"] = slowest
    return [Figure(part, metric, float(value)) for metric, value in totals.items()]
