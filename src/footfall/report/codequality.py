"""`gl-code-quality-report.json`: broken budgets where GitLab's merge requests show code quality, at their line of the budget's file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import PurePosixPath
from types import MappingProxyType

from footfall.gate.verdict import Outcome, Verdict
from footfall.report.view import BrokenJourney, ReportView
from footfall.report.words import BROKEN, comparison, count, labels, place

_SEVERITIES = {"P0": "blocker", "P1": "critical", "P2": "major", "P3": "minor"}


_NONE: Mapping[str, str] = MappingProxyType({})


def code_quality(view: ReportView, scripts: Mapping[str, str] = _NONE, folder: str = "") -> bytes:
    """Return the report as GitLab reads it (Code Climate's subset): one entry per journey and budget that did not simply hold.

    `scripts` says by journey which file it stands in, below the suite's folder; `folder` is that folder as seen from the project's.
    GitLab links an entry to its file, so that one which does not exist leads nowhere.
    """
    unsure = view.of(*BROKEN, Outcome.WARN, Outcome.INCONCLUSIVE)
    entries = [*map(partial(_journey, scripts, folder), view.broken_journeys), *map(partial(_verdict, folder), unsure)]
    return (json.dumps(list(_unique(entries)), ensure_ascii=False, indent=2) + "\n").encode()


def _verdict(folder: str, verdict: Verdict) -> dict[str, object]:
    of = f" [{labels(verdict.series)}]" if labels(verdict.series) else ""
    severity = _SEVERITIES.get(verdict.severity, "critical") if verdict.outcome in BROKEN else "minor"
    text = f"{verdict.outcome.value}: {place(verdict)}{of} {verdict.metric} {verdict.text}: {comparison(verdict)}"
    path = str(PurePosixPath(folder, verdict.file or "thresholds.toml"))
    return _entry(text, verdict.key, severity, path, verdict.line, f"{verdict.key}|{verdict.text}|{place(verdict)}{of}")


def _journey(scripts: Mapping[str, str], folder: str, broken: BrokenJourney) -> dict[str, object]:
    of = f" [{labels(broken.series)}]" if labels(broken.series) else ""
    reasons = ": " + broken.reasons[0] if broken.reasons else ""
    name = f"{broken.series.subject}{of}"
    text = f"{name} failed in {broken.failed} of {count(broken.iterations, 'iteration')}{reasons}"
    path = str(PurePosixPath(folder, scripts.get(broken.series.subject, "footfall.toml")))  # a script may be gone since
    return _entry(text, f"journeys.{broken.series.subject}", "blocker", path, None, f"journey|{name}")


def _entry(text: str, check: str, severity: str, path: str, line: int | None, identity: str) -> dict[str, object]:
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:32]
    location = {"path": path, "lines": {"begin": line or 1}}
    return {"description": text, "check_name": check, "fingerprint": fingerprint, "severity": severity, "location": location}


def _unique(entries: Iterable[dict[str, object]]) -> Iterable[dict[str, object]]:
    """GitLab shows one entry per fingerprint."""
    known: set[object] = set()
    for entry in entries:
        if entry["fingerprint"] not in known:
            known.add(entry["fingerprint"])
            yield entry
