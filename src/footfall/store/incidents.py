"""Incidents with their timeline, and the audit log. Every function works in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, delete, insert, or_, select, update
from ulid import ULID

from footfall.errors import UsageError
from footfall.samples import Json
from footfall.store.watch_schema import audit as audit_table
from footfall.store.watch_schema import incident_events
from footfall.store.watch_schema import incidents as incident_table

LATEST = "latest"
_NAMED = 6
Query = TypeVar("Query", bound=Select[Any])


@dataclass(frozen=True)
class Incident:
    """Something that is, or was, broken. `began` is its first failed check; `level` how far it has escalated."""

    id: str
    subject: str
    severity: str
    owner: str
    source: str
    title: str
    problem: str
    began: datetime
    opened: datetime
    acknowledged: datetime | None = None
    acknowledged_by: str = ""
    resolved: datetime | None = None
    resolved_by: str = ""
    flapping: bool = False
    level: int = 0
    next_step: datetime | None = None
    detail: Json = field(default_factory=dict)
    number: int = 0
    target: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of a timeline; `actor` is a person, or empty for footfall itself."""

    at: datetime
    kind: str
    actor: str
    text: str


@dataclass(frozen=True)
class Action:
    """One line of the audit log."""

    at: datetime
    actor: str
    action: str
    subject: str
    text: str


_COLUMNS = tuple(Incident.__dataclass_fields__)


def new_id() -> str:
    """Return a fresh incident's id; ids sort by time."""
    return str(ULID())


def open_incident(connection: Connection, incident: Incident) -> Incident:
    """Keep a new incident; returns it with its number."""
    values = {name: getattr(incident, name) for name in _COLUMNS if name != "number"}
    number = connection.execute(insert(incident_table).values(**values).returning(incident_table.c.number)).scalar_one()
    return Incident(**{**values, "number": number})


def change(connection: Connection, incident: Incident, **values: Any) -> Incident:
    """Change an incident's columns; returns it as it is then."""
    connection.execute(update(incident_table).where(incident_table.c.number == incident.number).values(**values))
    return Incident(**{**{name: getattr(incident, name) for name in _COLUMNS}, **values})


def _of(query: Query, target: str | None) -> Query:
    return query if target is None else query.where(incident_table.c.target == target)


def open_of(connection: Connection, subject: str, *, target: str | None = None) -> Incident | None:
    """Return the open incident of a subject, on one target or on any."""
    query = _of(select(incident_table).where(incident_table.c.subject == subject, incident_table.c.resolved.is_(None)), target)
    row = connection.execute(query.order_by(incident_table.c.number.desc()).limit(1)).first()
    return None if row is None else _incident(row)


def due(connection: Connection, now: datetime, *, target: str | None = None) -> list[Incident]:
    """Return open incidents whose next step has come: to escalate, or to remind."""
    query = _of(select(incident_table).where(incident_table.c.resolved.is_(None), incident_table.c.next_step <= now), target)
    return [_incident(row) for row in connection.execute(query.order_by(incident_table.c.number))]


def listed(
    connection: Connection,
    *,
    only_open: bool = False,
    since: datetime | None = None,
    last: int | None = 50,
    subject: str | None = None,
    target: str | None = None,
) -> list[Incident]:
    """List incidents, newest first: the open ones only, or those that opened or ended since a moment, or of one subject or target."""
    query = _of(select(incident_table).order_by(incident_table.c.number.desc()).limit(last), target)
    if only_open:
        query = query.where(incident_table.c.resolved.is_(None))
    if since is not None:
        table = incident_table.c
        query = query.where(or_(table.opened >= since, table.resolved.is_(None), table.resolved >= since))
    if subject is not None:
        query = query.where(incident_table.c.subject == subject)
    return [_incident(row) for row in connection.execute(query)]


def find(connection: Connection, name: str) -> Incident:
    """Find an incident by its number (`12`, `#12`), its id or the beginning of it, or as `latest`. Raises UsageError."""
    query = select(incident_table).order_by(incident_table.c.number.desc())
    if name == LATEST:
        rows = connection.execute(query.limit(1)).all()
    elif name.lstrip("#").isdigit() and len(name) < 10:
        rows = connection.execute(query.where(incident_table.c.number == int(name.lstrip("#")))).all()
    else:
        rows = connection.execute(query.where(incident_table.c.id.startswith(name.upper(), autoescape=True)).limit(_NAMED)).all()
    if len(rows) == 1:
        return _incident(rows[0])
    if rows:
        raise UsageError(f"{name!r} begins the ids of several incidents", hint="name one of them: " + ", ".join(row.id for row in rows))
    if connection.execute(query.limit(1)).first() is None:
        raise UsageError("there has been no incident yet", hint="`footfall watch` opens them")
    raise UsageError(f"no incident is called {name!r}", hint="`footfall incidents list --all` shows them, and `latest` names the newest")


def tell(connection: Connection, incident: Incident, entry: Entry) -> None:
    """Add a line to an incident's timeline."""
    values = {"incident": incident.number, "at": entry.at, "kind": entry.kind, "actor": entry.actor, "text": entry.text}
    connection.execute(insert(incident_events).values(**values))


def timeline(connection: Connection, incident: Incident) -> list[Entry]:
    """Return an incident's timeline, oldest first."""
    query = select(incident_events).where(incident_events.c.incident == incident.number).order_by(incident_events.c.number)
    return [Entry(row.at, row.kind, row.actor, row.text) for row in connection.execute(query)]


def record(connection: Connection, action: Action) -> None:
    """Add a line to the audit log."""
    connection.execute(insert(audit_table).values(**{name: getattr(action, name) for name in Action.__dataclass_fields__}))


def recorded(connection: Connection, last: int = 100) -> list[Action]:
    """Return the newest lines of the audit log, oldest first."""
    rows = connection.execute(select(audit_table).order_by(audit_table.c.number.desc()).limit(last)).all()
    return [Action(row.at, row.actor, row.action, row.subject, row.text) for row in reversed(rows)]


def forget_incidents(connection: Connection, before: datetime) -> None:
    """Delete incidents that were resolved before a moment, with their timelines; the audit log stays."""
    old = select(incident_table.c.number).where(incident_table.c.resolved < before)
    connection.execute(delete(incident_events).where(incident_events.c.incident.in_(old)))
    connection.execute(delete(incident_table).where(incident_table.c.resolved < before))


def mean_times(incidents: list[Incident]) -> Mapping[str, float | None]:
    """Return MTTD (first failed check to opening) and MTTR (first failed check to resolution), seconds; None without incidents."""
    detect = [(each.opened - each.began).total_seconds() for each in incidents]
    repair = [(each.resolved - each.began).total_seconds() for each in incidents if each.resolved is not None]
    return {name: sum(times) / len(times) if times else None for name, times in (("mttd_s", detect), ("mttr_s", repair))}


def _incident(row: Row[Any]) -> Incident:
    return Incident(**{name: getattr(row, name) for name in _COLUMNS})
