"""`gl-code-quality-report.json`: broken budgets where GitLab's merge requests show code quality, at their line of the budget's file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from footfall.gate.verdict import Outcome, Verdict
from footfall.report.view import BrokenJourney, ReportView
from footfall.report.words import BROKEN, comparison, count, labels, place

_SEVERITIES = {"P0": "blocker", "P1": "critical", "P2": "major", "P3": "minor"}


def code_quality(view: ReportView) -> bytes:
    """Return the report as GitLab reads it (Code Climate's subset): one entry per journey and budget that did not simply hold."""
    entries = [*map(_journey, view.broken_journeys), *map(_verdict, view.of(*BROKEN, Outcome.WARN, Outcome.INCONCLUSIVE))]
    return (json.dumps(list(_unique(entries)), ensure_ascii=False, indent=2) + "\n").encode()


def _verdict(verdict: Verdict) -> dict[str, object]:
    of = f" [{labels(verdict.series)}]" if labels(verdict.series) else ""
    severity = _SEVERITIES.get(verdict.severity, "critical") if verdict.outcome in BROKEN else "minor"
    text = f"{verdict.outcome.value}: {place(verdict)}{of} {verdict.metric} {verdict.text}: {comparison(verdict)}"
    return _entry(text, verdict.key, severity, verdict.file, verdict.line, f"{verdict.key}|{verdict.text}|{place(verdict)}{of}")


def _journey(broken: BrokenJourney) -> dict[str, object]:
    of = f" [{labels(broken.series)}]" if labels(broken.series) else ""
    reasons = ": " + broken.reasons[0] if broken.reasons else ""
    name = f"{broken.series.subject}{of}"
    text = f"{name} failed in {broken.failed} of {count(broken.iterations, 'iteration')}{reasons}"
    return _entry(text, f"journeys.{broken.series.subject}", "blocker", f"journeys/{broken.series.subject}", None, f"journey|{name}")


def _entry(text: str, check: str, severity: str, path: str, line: int | None, identity: str) -> dict[str, object]:
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:32]
    location = {"path": path or "thresholds.toml", "lines": {"begin": line or 1}}
    return {"description": text, "check_name": check, "fingerprint": fingerprint, "severity": severity, "location": location}


def _unique(entries: Iterable[dict[str, object]]) -> Iterable[dict[str, object]]:
    """GitLab shows one entry per fingerprint."""
    known: set[object] = set()
    for entry in entries:
        if entry["fingerprint"] not in known:
            known.add(entry["fingerprint"])
            yield entry
