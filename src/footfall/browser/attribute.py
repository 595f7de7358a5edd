"""Which step a page's figures belong to. Pure: pages and steps in, figures out.

A page's load belongs to the step in which the page began to load, an interaction to the step in which it happened, a
request to the step in which it was made; what happens between two steps belongs to the one before. Where a step saw several
pages, its vital is the worst page's (the detail names it): one figure for each step and iteration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from footfall.browser.pages import KINDS, OTHER, Fetch, PageReport
from footfall.browser.score import Curves, ux_score

BLOCKING_MS = 50.0
"""What a task may take without anybody noticing (web.dev/articles/tbt)."""
SORTED_OUT = (*KINDS.values(), OTHER)
"""The kinds of things whose bytes and requests are counted apart."""


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
    around = _around(moment, windows)
    if around:
        return around.part
    before = [window for window in windows if window.end < moment]
    return max(before, key=lambda window: (window.end, window.part.count("/"))).part if before else ""


def _around(moment: float, windows: Sequence[Window]) -> Window | None:
    around = [window for window in windows if window.begin <= moment <= window.end]
    return max(around, key=lambda window: (window.begin, window.part.count("/")), default=None)


def failed_in(heard: Iterable[tuple[str, str]], reports: Iterable[PageReport], windows: Sequence[Window]) -> list[str]:
    """Return the part of each script's failure that was heard of, as (the part that had begun by then, what it said).

    It is the one in which a page says that it failed so, or that something failed of which it does not know what it says ("").
    A frame's and a worker's failures are in none's report.
    """
    moments: dict[str, list[float]] = {}
    for failed in sorted((failed for report in reports for failed in report.failed), key=lambda failed: -failed.at):
        moments.setdefault(failed.text, []).append(failed.at)
    known = ((part, moments.get(text) or moments.get("")) for part, text in heard)
    return [part_at(left.pop(), windows) if left else part for part, left in known]


def figures(reports: Iterable[PageReport], windows: Sequence[Window], told: Mapping[tuple[str, str], int], curves: Curves) -> list[Figure]:
    """Return each part's figures; what was not observed is absent.

    `told` counts, by part and metric, what the browser reported by itself: console_errors, js_errors, failed_requests, and cache_hits
    of cache_answers. `curves` are those of the UX score.
    """
    pages = list(reports)
    vitals = _vitals(pages, windows)
    return [*vitals, *_blocking(pages, windows), *_usage(pages, windows, told), *_errors(windows, told), *_scores(pages, windows, curves)]


def _vitals(pages: Sequence[PageReport], windows: Sequence[Window]) -> list[Figure]:
    found: dict[tuple[str, str], list[Figure]] = {}
    for page in pages:
        for figure in _slowest(page, windows):
            found.setdefault((figure.part, figure.metric), []).append(figure)
        if page.loaded:
            part = part_at(page.began, windows)
            found.setdefault((part, "page_load"), []).append(Figure(part, "page_load", page.loaded, {"url": page.url}))
    return [_worst(same) for same in found.values()]


def _slowest(page: PageReport, windows: Sequence[Window]) -> Iterable[Figure]:
    """Return each vital of a page, and of each of its routes, once for a step: its worst interaction's."""
    found: dict[tuple[str, str, str], Figure] = {}
    for vital in page.vitals:
        part = part_at(vital.at, windows)
        place = part, vital.name, vital.detail["url"]
        if place not in found or found[place].value < vital.value:
            found[place] = Figure(part, vital.name, vital.value, vital.detail)
    return found.values()


def _worst(same: Sequence[Figure]) -> Figure:
    worst = max(same, key=lambda figure: figure.value)
    if len(same) == 1:
        return worst
    pages = [{"url": figure.detail["url"], "value": figure.value} for figure in same]
    return Figure(worst.part, worst.metric, worst.value, {**worst.detail, "pages": pages})


def _errors(windows: Sequence[Window], told: Mapping[tuple[str, str], int]) -> list[Figure]:
    parts = dict.fromkeys([*(window.part for window in windows), *(part for part, _ in told)])
    counted = [Figure(part, metric, float(told.get((part, metric), 0))) for part in parts for metric in ("console_errors", "js_errors")]
    asked = {part: told.get((part, "cache_answers"), 0) for part in parts}
    hits = [Figure(part, "cache_hits", float(told.get((part, "cache_hits"), 0)), {"of": of}) for part, of in asked.items() if of]
    return counted + hits


def _lived(page: PageReport, windows: Sequence[Window]) -> list[str]:
    """Return the steps that a page was there in."""
    return [window.part for window in windows if window.begin <= page.until and window.end >= page.began]


def _blocking(pages: Sequence[PageReport], windows: Sequence[Window]) -> list[Figure]:
    """Return each step's Total Blocking Time: of every task in it what is over 50 ms, once the page had painted anything.

    A task is cut off at the first paint and at its step's ends, and its 50 ms are taken from what is left (as Lighthouse does); one
    between two steps held up nobody. A step that ended before the first paint has 0.
    """
    totals: dict[str, float] = {}
    for page in pages:
        painted = _painted(page)
        if painted is None:
            continue
        totals |= {part: totals.get(part, 0.0) for part in _lived(page, windows)}
        for task in page.tasks:
            begin, end = max(task.at, painted), task.at + task.duration
            later = (window for window in windows if begin < window.begin < end)
            step = _around(begin, windows) or min(later, key=lambda window: window.begin, default=None)
            if step:
                blocked = min(end, step.end) - max(begin, step.begin) - BLOCKING_MS
                totals[step.part] = totals.get(step.part, 0.0) + max(0.0, blocked)
    return [Figure(part, "tbt", total) for part, total in totals.items()]


def _painted(page: PageReport) -> float | None:
    """Return when a page showed anything (ms since the epoch)."""
    return next((page.began + vital.value for vital in page.vitals if vital.name == "fcp" and not vital.soft), None)


def _scores(pages: Sequence[PageReport], windows: Sequence[Window], curves: Curves) -> list[Figure]:
    """Return the score of each step's worst page load, and the journey's: the mean of its steps'."""
    found: dict[str, list[Figure]] = {}
    for page in pages:
        step = _around(page.began, windows)
        loading = {vital.name: vital.value for vital in page.vitals if not vital.soft}
        blocked = sum(figure.value for figure in _blocking([page], [step or Window("", page.began, page.until)]))
        score = ux_score({**loading, "tbt": blocked}, curves)
        if score is not None:
            part = part_at(page.began, windows)
            found.setdefault(part, []).append(Figure(part, "ux_score", score, {"url": page.url}))
    worst = [min(same, key=lambda figure: figure.value) for same in found.values()]
    whole = [Figure("", "ux_score", fmean(figure.value for figure in worst))] if worst else []
    return [*whole, *(figure for figure in worst if figure.part)]


def _usage(pages: Sequence[PageReport], windows: Sequence[Window], told: Mapping[tuple[str, str], int]) -> list[Figure]:
    made: dict[str, list[Fetch]] = {part: [] for page in pages for part in _lived(page, windows)}
    for page in pages:
        for fetch in page.fetches:
            made.setdefault(part_at(fetch.at, windows), []).append(fetch)
    return [figure for part, fetches in made.items() for figure in _totals(part, fetches, told.get((part, "failed_requests"), 0))]


def _totals(part: str, fetches: Sequence[Fetch], broken: int) -> list[Figure]:
    """Return the sums of a part. What another site hides is left out of sums that name how much of it there was, and of no other."""
    foreign = [fetch for fetch in fetches if fetch.third_party]
    kinds = {kind: [fetch for fetch in fetches if fetch.kind == kind] for kind in SORTED_OUT}
    counts = {
        "requests": len(fetches),
        "failed_requests": broken + sum(fetch.failed for fetch in fetches),
        "third_party_requests": len(foreign),
        **{f"{kind}_requests": len(of) for kind, of in kinds.items()},
    }
    found = [Figure(part, metric, float(value)) for metric, value in counts.items()]
    found += _sizes(part, "transfer_bytes", fetches)
    for kind, of in kinds.items():
        found += _sizes(part, f"{kind}_bytes", of)
    found += _sizes(part, "third_party_bytes", foreign)
    return [*found, *([Figure(part, "image_time", max(fetch.took for fetch in kinds["image"]))] if kinds["image"] else [])]


def _sizes(part: str, metric: str, fetches: Sequence[Fetch]) -> list[Figure]:
    """Return the bytes of some requests; nothing where none of them may be known."""
    known = [fetch.bytes for fetch in fetches if fetch.bytes is not None]
    hidden = len(fetches) - len(known)
    if hidden and not known:
        return []
    return [Figure(part, metric, float(sum(known)), {"hidden": hidden} if hidden else {})]
