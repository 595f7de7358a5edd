"""What the monitor remembers: states, results, incidents with their timeline, the outbox, the audit log."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables."""
    _create_states()
    _create_results()
    _create_incidents()
    _create_outbox()


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, primary_key=key)


def _moment(name: str, *, nullable: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, primary_key=key)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=False)


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.Integer(), primary_key=True)


def _create_states() -> None:
    op.create_table("watch_states", _text("subject", key=True), _text("phase"), _json("state"), _moment("updated"))
    op.create_index("watch_states_by_phase", "watch_states", ["phase"])
    op.create_table("watch_jobs", _text("location", key=True), _text("job", key=True), _moment("started"), _text("note"))
    op.create_table(
        "watch_locations",
        _text("location", key=True),
        _moment("seen"),
        *map(_flag, ("blind", "judge")),
        _text("machine"),
        _json("detail"),
    )
    op.create_table("heartbeats", _text("name", key=True), _moment("seen"), _flag("ok"), _json("detail"))


def _create_results() -> None:
    op.create_table(
        "watch_results",
        _number(),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        *map(_text, ("subject", "location")),
        _moment("at"),
        *map(_flag, ("ok", "blind", "excused")),
        _whole("attempt"),
        _moment("round_at", nullable=True),
        sa.Column("latency_ms", sa.Double(), nullable=True),
        _text("problem"),
        _json("figures"),
        _text("run"),
        _flag("judged"),
    )
    op.create_index("watch_results_waiting", "watch_results", ["judged", "number"])
    op.create_index("watch_results_by_subject", "watch_results", ["subject", "at"])
    op.create_index("watch_results_by_time", "watch_results", ["at"])
    op.create_table(
        "watch_hours",
        *(_text(name, key=True) for name in ("subject", "location")),
        _moment("hour", key=True),
        *map(_whole, ("checks", "good")),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("latency_sum_ms", "latency_max_ms")),
    )
    op.create_index("watch_hours_by_time", "watch_hours", ["hour"])


def _create_incidents() -> None:
    op.create_table(
        "incidents",
        _number(),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        *map(_text, ("subject", "severity", "owner", "source", "title", "problem")),
        *map(_moment, ("began", "opened")),
        _moment("acknowledged", nullable=True),
        _text("acknowledged_by"),
        _moment("resolved", nullable=True),
        _text("resolved_by"),
        _flag("flapping"),
        _whole("level"),
        _moment("next_step", nullable=True),
        _json("detail"),
    )
    op.create_index("incidents_by_time", "incidents", ["opened"])
    op.create_index("incidents_open", "incidents", ["resolved", "subject"])
    op.create_index("incidents_due", "incidents", ["resolved", "next_step"])
    op.create_table(
        "incident_events",
        _number(),
        sa.Column("incident", sa.Integer(), sa.ForeignKey("incidents.number", ondelete="CASCADE"), nullable=False),
        _moment("at"),
        *map(_text, ("kind", "actor", "text")),
    )
    op.create_index("incident_events_by_incident", "incident_events", ["incident", "number"])
    op.create_table("audit", _number(), _moment("at"), *map(_text, ("actor", "action", "subject", "text")))
    op.create_index("audit_by_time", "audit", ["at"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        _number(),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        *map(_text, ("thread", "channel", "kind")),
        _json("content"),
        *map(_moment, ("created", "due")),
        _moment("leased_until", nullable=True),
        _text("holder"),
        _whole("attempts"),
        *(_moment(name, nullable=True) for name in ("sent", "given_up")),
        _text("error"),
    )
    op.create_index("outbox_waiting", "outbox", ["sent", "given_up", "due"])
    op.create_index("outbox_by_thread", "outbox", ["thread", "number"])
    op.create_index("outbox_by_channel", "outbox", ["channel", "created"])
