"""The monitor's tables: what each subject's state is, what was seen of it, its incidents, and the messages about them."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Double, ForeignKey, Index, Integer, Table, Text

from footfall.store.schema import Moment, metadata


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _json(name: str) -> Column[dict[str, object]]:
    return Column(name, JSON, nullable=False)


def _at(name: str = "at") -> Column[object]:
    return Column(name, Moment, nullable=False)


def _perhaps(name: str) -> Column[object]:
    return Column(name, Moment)


def _whole(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _number() -> Column[int]:
    return Column("number", Integer, primary_key=True)


watch_states = Table(
    "watch_states",
    metadata,
    _key("target"),
    _key("subject"),
    _text("phase"),
    _json("state"),
    _at("updated"),
    Index("watch_states_by_phase", "phase"),
)

watch_jobs = Table("watch_jobs", metadata, _key("target"), _key("location"), _key("job"), _at("started"), _text("note"))

watch_results = Table(
    "watch_results",
    metadata,
    _number(),
    Column("id", Text, nullable=False, unique=True),  # the location's own, so that delivering twice is once
    _text("subject"),
    _text("location"),
    _at(),
    _flag("ok"),
    _flag("blind"),
    _flag("excused"),  # in a maintenance window, or aside from the schedule: no part of any uptime
    _whole("attempt"),  # 0: scheduled; else the recheck's number
    _perhaps("round_at"),
    Column("latency_ms", Double),
    _text("problem"),
    _json("figures"),
    _text("run"),
    _flag("judged"),
    _text("target"),
    Index("watch_results_waiting", "judged", "number"),
    Index("watch_results_by_subject", "subject", "at"),
    Index("watch_results_by_time", "at"),
)

watch_hours = Table(
    "watch_hours",
    metadata,
    _key("target"),
    _key("subject"),
    _key("location"),
    Column("hour", Moment, primary_key=True),
    _whole("checks"),
    _whole("good"),
    Column("latency_sum_ms", Double, nullable=False),
    Column("latency_max_ms", Double, nullable=False),
    Index("watch_hours_by_time", "hour"),
)

watch_locations = Table(
    "watch_locations",
    metadata,
    _key("target"),
    _key("location"),
    _at("seen"),
    _flag("blind"),
    _flag("judge"),
    _text("machine"),
    _json("detail"),
)

heartbeats = Table("heartbeats", metadata, _key("target"), _key("name"), _at("seen"), _flag("ok"), _json("detail"))

incidents = Table(
    "incidents",
    metadata,
    _number(),
    Column("id", Text, nullable=False, unique=True),
    *map(_text, ("subject", "severity", "owner", "source", "title", "problem")),
    _at("began"),  # the first failed check
    _at("opened"),
    _perhaps("acknowledged"),
    _text("acknowledged_by"),
    _perhaps("resolved"),
    _text("resolved_by"),  # empty: by itself
    _flag("flapping"),
    _whole("level"),  # how far it has escalated
    _perhaps("next_step"),  # when it escalates, or reminds, next
    _json("detail"),
    _text("target"),
    Index("incidents_by_time", "opened"),
    Index("incidents_open", "resolved", "subject"),
    Index("incidents_due", "resolved", "next_step"),
)

incident_events = Table(
    "incident_events",
    metadata,
    _number(),
    Column("incident", Integer, ForeignKey("incidents.number", ondelete="CASCADE"), nullable=False),
    _at(),
    *map(_text, ("kind", "actor", "text")),
    Index("incident_events_by_incident", "incident", "number"),
)

outbox = Table(
    "outbox",
    metadata,
    _number(),
    Column("key", Text, nullable=False, unique=True),  # stable: what a receiver can recognise a repetition by
    _text("thread"),  # the incident's key: what PagerDuty resolves by, and mail threads
    _text("channel"),
    _text("kind"),
    _json("content"),
    _at("created"),
    _at("due"),
    _perhaps("leased_until"),
    _text("holder"),
    _whole("attempts"),
    _perhaps("sent"),
    _perhaps("given_up"),
    _text("error"),
    Index("outbox_waiting", "sent", "given_up", "due"),
    Index("outbox_by_thread", "thread", "number"),
    Index("outbox_by_channel", "channel", "created"),
)

audit = Table("audit", metadata, _number(), _at(), *map(_text, ("actor", "action", "subject", "text")), Index("audit_by_time", "at"))
