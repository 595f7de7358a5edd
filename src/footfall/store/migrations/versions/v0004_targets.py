"""What was watched where: results, states, hours, locations, jobs, heartbeats and incidents belong to a target.

Two targets that are watched with one store voted together before. What stands there already has no target yet; the first watch that
starts afterwards takes it over (`footfall.store.watch.adopt`).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the target, to keys too: such tables are built anew, for SQLite cannot change a key."""
    op.add_column("watch_results", _text("target", server_default=""))
    op.add_column("incidents", _text("target", server_default=""))
    _rebuild(
        "watch_states", [_text("subject", key=True), _text("phase"), sa.Column("state", sa.JSON(), nullable=False), _moment("updated")]
    )
    op.create_index("watch_states_by_phase", "watch_states", ["phase"])
    _rebuild("watch_jobs", [_text("location", key=True), _text("job", key=True), _moment("started"), _text("note")])
    detail = sa.Column("detail", sa.JSON(), nullable=False)
    _rebuild("watch_locations", [_text("location", key=True), _moment("seen"), _flag("blind"), _flag("judge"), _text("machine"), detail])
    _rebuild("heartbeats", [_text("name", key=True), _moment("seen"), _flag("ok"), sa.Column("detail", sa.JSON(), nullable=False)])
    keys: list[sa.Column[Any]] = [_text("subject", key=True), _text("location", key=True), _moment("hour", key=True)]
    sums: list[sa.Column[Any]] = [sa.Column(name, sa.Double(), nullable=False) for name in ("latency_sum_ms", "latency_max_ms")]
    counts: list[sa.Column[Any]] = [sa.Column(name, sa.Integer(), nullable=False) for name in ("checks", "good")]
    _rebuild("watch_hours", [*keys, *counts, *sums])
    op.create_index("watch_hours_by_time", "watch_hours", ["hour"])


def _rebuild(table: str, columns: list[sa.Column[Any]]) -> None:
    """Build a table anew with `target` before its other keys, and move what stands there."""
    names = ", ".join(column.name for column in columns)
    op.create_table(f"{table}_new", _text("target", key=True), *columns)
    op.execute(f"INSERT INTO {table}_new (target, {names}) SELECT '', {names} FROM {table}")  # noqa: S608  # names of our own
    op.drop_table(table)
    op.rename_table(f"{table}_new", table)


def _text(name: str, *, key: bool = False, server_default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, primary_key=key, server_default=server_default)


def _moment(name: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, primary_key=key, autoincrement=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)
