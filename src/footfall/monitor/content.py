"""What a message tells, as plain JSON: it is written once, when something changes, and rendered by each channel in its own way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from footfall.clock import from_text, to_text
from footfall.config.watch import Impact
from footfall.gate.deployments import Deployment
from footfall.monitor.plan import Plan, Subject
from footfall.monitor.severity import word
from footfall.store.incidents import Incident
from footfall.store.watch import Seen

OPENED, ACKNOWLEDGED, ESCALATED, REMINDER, RESOLVED = "opened", "acknowledged", "escalated", "reminder", "resolved"
_STEPS = 3
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+(.+)")
_HEADING = re.compile(r"#+\s+(.+)")


@dataclass(frozen=True)
class Facts:
    """What is known beside the incident itself: the newest deployments, and the folder in which runbooks lie."""

    target: str = ""
    deployments: Sequence[Deployment] = ()
    root: Path | None = None


def detail(plan: Plan, subject: Subject, seen: Sequence[Seen], facts: Facts) -> dict[str, Any]:
    """Return what an incident remembers of its beginning; every message about it tells it."""
    runbook = subject.watched.runbook
    return {
        "name": subject.name,
        "target": facts.target,
        "locations": sorted({result.location for result in seen}),
        "figures": _figures(seen),
        "evidence": [path for result in seen for path in result.figures.get("evidence", ())],
        "run": next((result.run for result in reversed(seen) if result.run), ""),
        "runbook": runbook,
        "steps": first_steps(facts.root, runbook),
        "deployments": [_deployment(made) for made in facts.deployments],
        "impact": _impact(subject.impact),
        "link": plan.alerts.link,
        "dashboard": plan.watch.url.rstrip("/"),
    }


def _figures(seen: Sequence[Seen]) -> dict[str, float]:
    """The newest of each figure that the failed checks saw."""
    found: dict[str, float] = {}
    for result in seen:
        if result.latency_ms is not None:
            found["latency_ms"] = round(result.latency_ms, 1)
        found.update((name, value) for name, value in result.figures.items() if isinstance(value, int | float))
    return found


def _deployment(made: Deployment) -> dict[str, str]:
    return {"at": to_text(made.at), "version": made.version, "commit": made.commit[:9], "outcome": made.outcome, "url": made.url}


def _impact(impact: Impact | None) -> dict[str, Any]:
    if impact is None:
        return {}
    return {
        "broken": impact.broken,
        "orders_per_hour": impact.orders_per_hour,
        "revenue_per_hour": impact.revenue_per_hour,
        "users_per_hour": impact.users_per_hour,
        "currency": impact.currency,
    }


def first_steps(root: Path | None, runbook: str) -> list[str]:
    """Return the first list items of a runbook's section (`docs/runbook.md#pay`); none for a web address or a file that is not there."""
    path, _, anchor = runbook.partition("#")
    if root is None or not path or "://" in path:
        return []
    try:
        lines = (root / path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [match[1].strip() for line in _section(lines, anchor) if (match := _ITEM.fullmatch(line))][:_STEPS]


def _section(lines: Sequence[str], anchor: str) -> Sequence[str]:
    """The lines below the heading that an anchor names, up to the next heading; all of them without an anchor."""
    if not anchor:
        return lines
    headings = [(number, match[1]) for number, line in enumerate(lines) if (match := _HEADING.fullmatch(line))]
    for position, (number, title) in enumerate(headings):
        if re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") == anchor.lower():
            return lines[number + 1 : headings[position + 1][0] if position + 1 < len(headings) else None]
    return ()


def content_of(incident: Incident, kind: str, now: datetime, **more: Any) -> dict[str, Any]:
    """Return what a message about an incident tells: the facts of its opening, how long it has lasted, and what that costs."""
    end = incident.resolved or now
    hours = max(0.0, (end - incident.began).total_seconds()) / 3600
    return {
        **incident.detail,
        "kind": kind,
        "incident": incident.id,
        "number": incident.number,
        "subject": incident.subject,
        "source": incident.source,
        "severity": incident.severity,
        "word": word(incident.severity),
        "owner": incident.owner,
        "title": incident.title,
        "problem": incident.problem,
        "began": to_text(incident.began),
        "opened": to_text(incident.opened),
        "resolved": to_text(incident.resolved) if incident.resolved else "",
        "at": to_text(now),
        "minutes": round(hours * 60, 1),
        "flapping": incident.flapping,
        "acknowledged_by": incident.acknowledged_by,
        "resolved_by": incident.resolved_by,
        "cost": cost(incident.detail.get("impact", {}), hours),
        **more,
    }


def cost(impact: Mapping[str, Any], hours: float) -> dict[str, float]:
    """Return the orders, revenue and users at risk in so many hours of an outage, from what an hour costs."""
    rates = {name: impact.get(f"{name}_per_hour") or 0.0 for name in ("orders", "revenue", "users")}
    return {name: round(rate * hours, 2) for name, rate in rates.items() if rate}


def moment(content: Mapping[str, Any], name: str) -> datetime | None:
    """Read a moment of a content."""
    return from_text(content[name]) if content.get(name) else None
