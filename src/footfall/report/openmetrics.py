"""`metrics.txt`: a run's figures in OpenMetrics' text form, for Prometheus' textfile collector and for GitLab's metrics report.

Names are `footfall_<source>_<metric>_<unit>` in base units (seconds, bytes, ratio); which statistic it is stands in the label `stat`.
Run ids and addresses never become labels.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from footfall.gate.evidence import Observation
from footfall.gate.verdict import Verdict
from footfall.metrics import Kind
from footfall.report.view import ReportView
from footfall.samples import Series

_UNITS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {"ms": ("seconds", 0.001), "bytes": ("bytes", 1.0), "ratio": ("ratio", 1.0), "per_s": ("per_second", 1.0), "days": ("days", 1.0),
     "count": ("", 1.0), "score": ("", 1.0)}
)  # fmt: skip
_TREND = ("p50", "p75", "p95", "p99", "max")
_STATISTICS = MappingProxyType({Kind.TREND: _TREND, Kind.RATE: ("mean",), Kind.COUNTER: ("total", "p75"), Kind.GAUGE: ("last", "max")})
_Labels = tuple[tuple[str, str], ...]


class _Families:
    """Samples by family: of one name and label set the first is kept, for a second would make the file invalid."""

    def __init__(self) -> None:
        self._found: dict[str, dict[_Labels, float]] = {}

    def add(self, name: str, labels: Mapping[str, str], value: float) -> None:
        """Take in a gauge's value."""
        self._found.setdefault(name, {}).setdefault(tuple(sorted(labels.items())), value)

    def lines(self) -> Iterable[str]:
        """Give the text, family by family."""
        for name, samples in sorted(self._found.items()):
            yield f"# TYPE {name} gauge"
            for labels, value in samples.items():
                told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
                yield f"{name}{{{told}}} {value!r}"


def openmetrics(view: ReportView) -> bytes:
    """Return `metrics.txt`, UTF-8, ending in `# EOF`. Figures that are not finite are left out."""
    families = _Families()
    target = {"target": view.run.target}
    versions = {name: view.run.versions[name] for name in ("footfall", "chromium") if name in view.run.versions}
    families.add("footfall_run", {**target, "commit": view.run.commit, "branch": view.run.branch, "kind": view.run.kind, **versions}, 1.0)
    families.add("footfall_run_started_timestamp_seconds", target, view.run.started.timestamp())
    families.add("footfall_exit_code", target, float(view.exit_code))
    for outcome, number in view.counts.items():
        families.add("footfall_budgets", {**target, "outcome": outcome.value}, float(number))
    for verdict in view.verdicts:
        _add_budget(families, verdict, target)
    for seen in view.observations:
        _add_figures(families, seen)
    for each in view.placed:
        labels = {**target, "source": each.source, "subject": each.subject, "location": each.location}
        families.add("footfall_location_checks", labels, float(each.checks))
        families.add("footfall_location_good_ratio", labels, each.good / max(each.checks, 1))
    return ("\n".join([*families.lines(), "# EOF"]) + "\n").encode()


def _add_budget(families: _Families, verdict: Verdict, target: Mapping[str, str]) -> None:
    """How much of its limit each upper budget used: 1 is all of it."""
    if verdict.figure is not None and verdict.limit and verdict.comparator.startswith("<") and math.isfinite(verdict.figure):
        labels = _labels(verdict.series) if verdict.series else {**target, "subject": verdict.subject, "part": verdict.part}
        families.add("footfall_budget_used_ratio", {**labels, "budget": verdict.key, "text": verdict.text}, verdict.figure / verdict.limit)


def _add_figures(families: _Families, seen: Observation) -> None:
    unit, factor = _UNITS.get(seen.unit, (_name(seen.unit), 1.0))
    name = "_".join(part for part in ("footfall", _name(seen.series.source), _name(seen.series.metric), unit) if part)
    own = {} if _name(seen.series.metric) == seen.series.metric else {"metric": seen.series.metric}
    for statistic in _STATISTICS[seen.kind]:
        value = getattr(seen.figures, statistic) * factor
        if math.isfinite(value):
            families.add(name, {**_labels(seen.series), **own, "stat": "rate" if seen.kind == Kind.RATE else statistic}, float(value))


def _labels(series: Series) -> dict[str, str]:
    """A series' labels; one of a reserved name gives way."""
    own = {f"label_{_name(name)}" if _name(name) in _RESERVED else _name(name): value for name, value in series.labels}
    return {**own, "target": series.target, "subject": series.subject, "part": series.part}


_RESERVED = frozenset({"", "target", "subject", "part", "stat", "metric", "budget", "text"})


def _name(text: str) -> str:
    """Return a text as a metric's or label's name may be written; what may not stand in one becomes an underscore."""
    written = re.sub(r"[^a-zA-Z0-9]+", "_", text).strip("_").lower()[:80]
    return f"n{written}" if written[:1].isdigit() else written


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
