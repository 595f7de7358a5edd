"""Budgets that end a load test early (`abort = true`): judged while it runs, by the same rule that judges it afterwards."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from footfall.gate.budget import Budget
from footfall.gate.evaluate import evaluate
from footfall.gate.evidence import Evidence, Observation, Scope, Window
from footfall.gate.matching import strongest
from footfall.gate.verdict import Outcome
from footfall.metrics import LOAD_METRICS, Kind, Source
from footfall.samples import HistogramWindow, Record, Sample, Series, series_of
from footfall.stats import Figures, Histogram, PackedHistogram
from footfall.store.summary import observed_rate

EVERY_S = 1.0
"""How often the budgets are looked at, at most."""
_SHARE = 20
"""A look costs more the longer a run is; the next one waits for this many times the processor time that it took."""


@dataclass
class _Seen:
    values: list[tuple[float, float]] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    merged: Histogram = field(default_factory=Histogram)


class AbortWatch:
    """Follows the records of a running profile; `broken` says which budget has stayed broken for its `abort_after`, if one has."""

    def __init__(self, budgets: Iterable[Budget], profile: str, target: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._budgets = [b for b in budgets if b.abort and b.place.source is Source.LOAD and b.place.subject in {profile, "*"}]
        self._metrics = {budget.metric.name for budget in self._budgets}
        self._profile = profile
        self._target = target
        self._clock = clock
        self._seen: dict[Series, _Seen] = defaultdict(_Seen)
        self._since: dict[str, datetime] = {}
        self._latest: datetime | None = None
        self._looked = clock()
        self._pause_s = EVERY_S

    def add(self, records: Sequence[Record]) -> None:
        """Take in what was written; only the steady part and the series that an aborting budget speaks of are kept."""
        for record in records:
            if not isinstance(record, Sample | HistogramWindow) or record.source != Source.LOAD or "phase" in record.labels:
                continue
            self._latest = max(record.at, self._latest or record.at)
            if record.metric not in self._metrics:
                continue
            series = series_of(record, self._target)
            if series not in self._seen and not strongest(self._budgets, series):
                continue
            seen = self._seen[series]
            if isinstance(record, HistogramWindow):
                histogram = PackedHistogram(record.hdr)
                seen.windows.append(Window(record.at, record.window_s, histogram))
                seen.merged.add(histogram)
            else:
                seen.values.append((record.value, float(record.detail.get("of", 1))))

    def broken(self) -> str:
        """Return the budget that ends the run and its verdict, in words; empty while all may go on."""
        if not self._budgets or self._latest is None or self._clock() - self._looked < self._pause_s:
            return ""
        self._looked, began_looking = self._clock(), time.process_time()
        scope = Scope({Source.LOAD.value: (self._profile,)})
        verdicts = evaluate(self._budgets, Evidence(tuple(self._observations()), scope=scope))
        self._pause_s = max(EVERY_S, _SHARE * (time.process_time() - began_looking))
        failed = {verdict.key: verdict for verdict in verdicts if verdict.outcome is Outcome.FAIL}
        self._since = {key: self._since.get(key, self._latest) for key in failed}
        for budget in self._budgets:
            began = self._since.get(budget.key)
            if began is not None and (self._latest - began).total_seconds() * 1000 >= budget.abort_after_ms:
                return f"{budget.key} is broken: {failed[budget.key].reason}"
        return ""

    def _observations(self) -> Iterable[Observation]:
        for series, seen in self._seen.items():
            metric = LOAD_METRICS[series.metric]
            values = [value for value, _ in seen.values]
            if seen.windows:
                if seen.merged.count:
                    yield Observation(series, metric.kind, metric.unit, Figures.of_histogram(seen.merged), windows=tuple(seen.windows))
            elif metric.kind is Kind.RATE:
                if rate := observed_rate(series, metric.unit, values, [of for _, of in seen.values]):
                    yield rate
            elif values:
                yield Observation(series, metric.kind, metric.unit, Figures.of_values(values), tuple(values))
