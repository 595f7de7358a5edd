"""What a watch knows, for Prometheus: the names of its own blackbox exporter where they fit, so that dashboards for that work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from footfall.monitor.plan import Plan
from footfall.monitor.score import health_score, phases_of
from footfall.monitor.state import Phase
from footfall.store import incidents, outbox, watch
from footfall.store.watch import Seen
from footfall.store.writer import Store

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PHASES = {"dns": "resolve", "connect": "connect", "tls": "tls", "ttfb": "processing"}
Lines = list[tuple[Mapping[str, str], float]]


def exposition(store: Store, plan: Plan, now: datetime) -> str:
    """Return the metrics as text. Raises StoreError."""
    with store.reading() as connection:
        families = [*_watch(connection, plan, now), *_probes(connection, plan)]
    return "".join(_family(*family) for family in families if family[3])


Family = tuple[str, str, str, Lines]


def _watch(connection: Connection, plan: Plan, now: datetime) -> Iterable[Family]:
    target = plan.target or None
    states = phases_of(watch.load_states(connection, target=target))
    score = health_score(plan, states)
    opened = incidents.listed(connection, only_open=True, last=None, target=target)
    by = {level: sum(each.severity == level for each in opened) for level in ("P0", "P1", "P2", "P3")}
    places = watch.places(connection, target=target)
    down: Lines = [(_labels(plan, key), float(states[key] is Phase.DOWN)) for key in plan.subjects if key in states]
    yield "footfall_down", "gauge", "1 while a subject is held to be broken.", down
    yield "footfall_health_score", "gauge", "0 to 100, weighted by severity.", [({}, float(score))] if score is not None else []
    yield "footfall_incidents_open", "gauge", "Open incidents.", [({"severity": level}, float(count)) for level, count in by.items()]
    yield "footfall_messages_waiting", "gauge", "Messages that are owed.", [({}, float(outbox.owed(connection)))]
    ages: Lines = [({"location": place.name}, (now - place.seen).total_seconds()) for place in places]
    yield "footfall_location_age_seconds", "gauge", "Since a location was last heard of.", ages
    for name in ("checks", "skipped"):
        counts: Lines = [({"location": place.name}, float(place.detail.get(name, 0))) for place in places]
        yield f"footfall_{name}_total", "counter", f"{name.capitalize()} since a location's watch began.", counts


def _probes(connection: Connection, plan: Plan) -> Iterable[Family]:
    last = {key: watch.last_results(connection, key, 20, target=plan.target or None) for key in plan.subjects}
    newest = [(_labels(plan, key), seen) for key, results in last.items() for seen in _newest(results)]
    named = [({**labels, "location": seen.location}, seen) for labels, seen in newest]
    yield "probe_success", "gauge", "Whether the last check was good.", [(labels, float(seen.ok)) for labels, seen in named]
    durations: Lines = [(labels, seen.latency_ms / 1000) for labels, seen in named if seen.latency_ms is not None]
    yield "probe_duration_seconds", "gauge", "How long the last check took.", durations
    phases: Lines = [
        ({**labels, "phase": theirs}, float(seen.figures[ours]) / 1000)
        for labels, seen in named
        for ours, theirs in _PHASES.items()
        if ours in seen.figures
    ]
    yield "probe_http_duration_seconds", "gauge", "The phases of the last check.", phases
    ends: Lines = [
        (labels, (seen.at + timedelta(days=float(seen.figures["certificate_days"]))).timestamp())
        for labels, seen in named
        if "certificate_days" in seen.figures
    ]
    yield "probe_ssl_earliest_cert_expiry", "gauge", "When the certificate ends, as Unix time.", ends


def _newest(results: Iterable[Seen]) -> Iterable[Seen]:
    """The newest scheduled result of each location."""
    return {seen.location: seen for seen in results if not seen.attempt}.values()


def _labels(plan: Plan, key: str) -> dict[str, str]:
    subject = plan.subject(key)
    return {"source": subject.source, "subject": subject.name}


def _family(name: str, kind: str, about: str, lines: Lines) -> str:
    shown = [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
    for labels, value in lines:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        shown.append(f"{name}{{{inside}}} {value:.10g}" if inside else f"{name} {value:.10g}")
    return "\n".join(shown) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
