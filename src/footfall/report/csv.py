"""`summaries.csv`: every figure of a run, one row a series, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import fields

from footfall.clock import to_text
from footfall.gate.evidence import Observation
from footfall.report.view import ReportView
from footfall.stats import Figures

_FIGURES = tuple(field.name for field in fields(Figures))
COLUMNS = ("run", "started", "target", "commit", "branch", "source", "subject", "part", "metric", "labels", "kind", "unit", *_FIGURES)
_FORMULAE = ("=", "+", "-", "@", "\t", "\r")


def csv_report(view: ReportView) -> bytes:
    """Return `summaries.csv`, UTF-8, with a header, by RFC 4180; values are in base units."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    writer.writerows(_row(view, seen) for seen in view.observations)
    return written.getvalue().encode()


def _row(view: ReportView, seen: Observation) -> Iterable[str | float]:
    run, series = view.run, seen.series
    labels = ";".join(f"{name}={value}" for name, value in series.labels)
    about = (run.id, to_text(run.started), run.target, run.commit, run.branch)
    of = (series.source, series.subject, series.part, series.metric, labels, seen.kind.value, seen.unit)
    return (*map(_harmless, (*about, *of)), *(getattr(seen.figures, name) for name in _FIGURES))


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text.startswith(_FORMULAE) else text
