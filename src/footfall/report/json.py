"""`verdicts.json`: everything that was judged and every summary it was judged on, for programs.

Its form is published as a JSON Schema (`schema()`); a change that could break a reader gets a new `version`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from importlib.resources import files
from typing import Any

from footfall.clock import to_text
from footfall.gate.evidence import Observation
from footfall.gate.verdict import Verdict
from footfall.report.attribution import Attribution
from footfall.report.clean import safe_path
from footfall.report.view import ReportView
from footfall.samples import Series

VERSION = 1


def json_report(view: ReportView) -> bytes:
    """Return `verdicts.json`, UTF-8, indented, ending in a newline. Numbers that are not finite become null."""
    document = {
        "version": VERSION,
        "state": view.state.value,
        "exit_code": view.exit_code,
        "run": _run(view),
        "counts": {outcome.value: number for outcome, number in view.counts.items()},
        "verdicts": [_verdict(verdict) for verdict in view.verdicts],
        "journeys_failed": [
            {"series": _series(broken.series), "failed": broken.failed, "iterations": broken.iterations, "reasons": broken.reasons}
            for broken in view.broken_journeys
        ],
        "observations": [_observation(seen) for seen in view.observations],
        "attributions": [_attribution(each) for each in view.attributions],
        "spoilt": view.spoilt,
        "notes": view.notes,
        "events": [vars(event) for event in view.events],
        "artifacts": [{**vars(artifact), "path": safe_path(artifact.path)} for artifact in view.artifacts],
        "environment": view.environment,
        "locations": [vars(each) for each in view.placed],
    }
    return (json.dumps(_plain(document), ensure_ascii=False, allow_nan=False, indent=2) + "\n").encode()


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `verdicts.json`."""
    text = files("footfall.report").joinpath("verdicts.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _run(view: ReportView) -> dict[str, Any]:
    return {**vars(view.run), "ended": view.ended, "outcome": view.outcome, "suite": view.suite, "url": view.url}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {**vars(verdict), "series": _series(verdict.series) if verdict.series else None}


def _observation(seen: Observation) -> dict[str, Any]:
    return {"series": _series(seen.series), "kind": seen.kind, "unit": seen.unit, "figures": vars(seen.figures)}


def _attribution(each: Attribution) -> dict[str, Any]:
    pages = [{"url": url, "value": value} for url, value in each.pages]
    return {**vars(each), "series": _series(each.series), "parts": dict(each.parts), "pages": pages}


def _series(series: Series) -> dict[str, Any]:
    return {**vars(series), "labels": series.label_map}


def _plain(value: Any) -> Any:
    """Turn moments, enums and mappings into what JSON knows, whatever a script put into `detail`."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> bool | int | float | str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime):
        return to_text(value)
    if value is None or (isinstance(value, (bool, int, float, str)) and not isinstance(value, Enum)):
        return value
    return str(value)
