"""Hold promises against what was seen lately: of each subject, location and series the samples of the longest window that is asked for.

All of it is in memory, for a query for each check would cost more than the check; and all of it can be had from the store again.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from footfall.gate.evidence import Observation
from footfall.gate.expression import allowed
from footfall.gate.figures import of_observation
from footfall.gate.finding import Basis, Finding
from footfall.gate.matching import strongest
from footfall.gate.slo import FEWEST_BAD
from footfall.gate.words import lately
from footfall.metrics import Kind
from footfall.monitor.plan import JOURNEY, Level, Promise, Subject
from footfall.samples import Json, Labels, Sample, Series
from footfall.stats import Figures
from footfall.store.summary import rate_figures, weight
from footfall.store.watch import Seen

WALKED = "samples"
"""Where a walk's result carries what budgets speak of: `[step, metric, value, weight, labels]` each."""
_A_CHECK_S = 0.001
"""The window of a level that names none: moments are kept in ms, and no two checks of a kind begin in the same one."""
_MOST_SERIES = 10_000

Seeing = tuple[Series, float, float]
"""A series, a value, and over how much that counts if it is a rate's."""


@dataclass
class Window:
    """What was seen of one series, oldest first, in base units; times in seconds."""

    at: array[float] = field(default_factory=lambda: array("d"))
    values: array[float] = field(default_factory=lambda: array("d"))
    of: array[float] = field(default_factory=lambda: array("d"))

    def add(self, at: float, value: float, of: float) -> None:
        """Take one in."""
        for kept, each in ((self.at, at), (self.values, value), (self.of, of)):
            kept.append(each)

    def forget(self, until: float) -> None:
        """Let go of what was seen up to a moment."""
        old = bisect_right(self.at, until)
        for kept in (self.at, self.values, self.of):
            del kept[:old]

    def after(self, moment: float) -> tuple[array[float], array[float]]:
        """Return the values that were seen after a moment, and over how much each counts."""
        first = bisect_right(self.at, moment)
        return self.values[first:], self.of[first:]


class Held:
    """What was seen lately of all that something is promised of."""

    def __init__(self) -> None:
        self._windows: dict[str, dict[str, dict[Series, Window]]] = {}
        self._meant: dict[Series, frozenset[str]] = {}

    def knows(self, key: str) -> bool:
        """Whether what the store has of a subject was taken in."""
        return key in self._windows

    def begin(self, key: str) -> None:
        """Know nothing of a subject, and let that be all there is to know."""
        self._windows[key] = {}

    def add(self, promise: Promise, subject: Subject, seen: Seen) -> None:
        """Take a scheduled check in."""
        windows, at = self._windows[subject.key].setdefault(seen.location, {}), seen.at.timestamp()
        for series, value, of in seeings(seen, subject):
            if self._levels(promise, series):
                windows.setdefault(series, Window()).add(at, value, of)
        for window in windows.values():
            window.forget(at - max(promise.span_s, _A_CHECK_S))

    def judged(self, promise: Promise, subject: Subject, seen: Seen) -> Iterator[tuple[Level, str]]:
        """Yield each level of which the location of a check has something to say, with what is wrong (nothing: it is kept)."""
        windows, at = self._windows[subject.key].get(seen.location, {}), seen.at.timestamp()
        for level in promise.levels:
            since = at - (level.span_s or _A_CHECK_S)
            mine = [series for series in windows if level.subject.key in self._levels(promise, series)]
            found = [finding for series in mine if (finding := _finding(level, series, *windows[series].after(since))) is not None]
            if found:
                worst = max(found, key=lambda finding: (_broken(finding), finding.excess))
                yield level, f"{lately(worst)}, from {seen.location} ({worst.expression})" if _broken(worst) else ""

    def _levels(self, promise: Promise, series: Series) -> frozenset[str]:
        """The keys of the levels that are held against a series: those of the most exact budgets that fit it."""
        if series not in self._meant:
            if len(self._meant) >= _MOST_SERIES:
                self._meant.clear()
            self._meant[series] = frozenset(level.subject.key for level in meant(promise, series))
        return self._meant[series]


def meant(promise: Promise, series: Series) -> list[Level]:
    """Return the levels that are held against a series."""
    budgets = [promise.budgets[position] for position in strongest(promise.budgets, series)]
    return [level for level in promise.levels if any(level.budget is budget for budget in budgets)]


def _finding(level: Level, series: Series, values: array[float], of: array[float]) -> Finding | None:
    """Hold a level against values; None where there are none, or fewer than the budget asks for."""
    metric, limit = level.budget.metric, level.expression
    is_rate = metric.kind is Kind.RATE
    if not values or (is_rate and not any(of)):
        return None
    figures = rate_figures(values, of) if is_rate else Figures.of_values(values)
    if figures.count < level.budget.min_samples:
        return None
    seen = Observation(series, metric.kind, metric.unit, figures, () if is_rate else tuple(values))
    figure = of_observation(limit.statistic, seen)
    return Finding(level.budget, "", limit, seen, Basis.OBSERVED, figure, allowed(limit, metric))


def _broken(finding: Finding) -> bool:
    """Whether a limit is broken; so few bad events as every service has now and then break no rate."""
    figures = finding.observation.figures
    if finding.met or finding.observation.kind is not Kind.RATE:
        return not finding.met
    return (figures.total if finding.expression.upper else figures.count - figures.total) >= FEWEST_BAD


def seeings(seen: Seen, subject: Subject) -> Iterator[Seeing]:
    """Yield what a check says; a failed one says that it failed, and nothing of how long anything takes."""
    if subject.source == JOURNEY:
        for part, metric, value, of, labels in seen.figures.get(WALKED, ()):
            if seen.ok or metric == "success":
                yield series_of(subject, part, metric, labels, seen.location), value, of
        return
    yield series_of(subject, "", "success", {}, seen.location), float(seen.ok), 1.0
    if seen.ok:
        for metric, value in {**seen.figures, "latency": seen.latency_ms}.items():
            if isinstance(value, int | float) and math.isfinite(value):
                yield series_of(subject, "", metric, {}, seen.location), float(value), 1.0


def series_of(subject: Subject, part: str, metric: str, labels: Labels, location: str) -> Series:
    """Return a series as budgets name it; what `where` may ask for stands in its labels, the location too."""
    return Series("", subject.source, subject.name, part, metric, tuple(sorted({**labels, "location": location}.items())))


def walked(promise: Promise | None, subject: Subject, samples: Iterable[Sample], location: str) -> Json:
    """Return what the result of a walk must carry, so that its promise can be held against it wherever it is judged."""
    if promise is None:
        return {}
    found = [
        [each.part, each.metric, each.value, weight(each.value, each.detail), dict(each.labels)]
        for each in samples
        if meant(promise, series_of(subject, each.part, each.metric, each.labels, location))
    ]
    return {WALKED: found} if found else {}
