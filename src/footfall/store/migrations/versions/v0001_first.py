"""The first schema: runs, series, summaries, samples, histograms, events, artifacts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

FIGURES = ("mean", "min", "max", "p50", "p75", "p90", "p95", "p99", "total", "last")


def upgrade() -> None:
    """Build the tables."""
    _create_runs()
    _create_series()
    _create_summaries()
    _create_records()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _of_run() -> sa.Column[int]:
    return sa.Column("run", sa.Integer(), sa.ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True)


def _of_series(*, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column("series", sa.Integer(), sa.ForeignKey("series.number"), nullable=False, primary_key=primary_key)


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        _text("target"),
        _text("kind"),
        _moment("started"),
        _moment("ended", nullable=True),
        *map(_text, ("git_commit", "git_branch", "machine", "location", "config_digest")),
        _json("versions"),
        _json("labels"),
        sa.Column("faulted", sa.Boolean(), nullable=False),
        _text("outcome"),
        _text("verdict"),
        sa.Column("exit_code", sa.Integer(), nullable=True),
    )
    op.create_index("runs_by_target", "runs", ["target", "started"])
    op.create_index("runs_by_time", "runs", ["started"])


def _create_series() -> None:
    op.create_table(
        "series",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        *map(_text, ("target", "source", "subject", "part", "metric")),
        _json("labels"),
    )


def _create_summaries() -> None:
    op.create_table(
        "summaries",
        _of_run(),
        _of_series(primary_key=True),
        _moment("started"),
        *map(_text, ("comparable", "kind", "unit")),
        sa.Column("count", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in FIGURES),
        sa.Column("hdr", sa.Text(), nullable=True),
    )
    op.create_index("summaries_by_time", "summaries", ["series", "started"])
    op.create_index("summaries_by_likeness", "summaries", ["series", "comparable", "started"])


def _create_records() -> None:
    _create_record_table(
        "samples",
        _of_series(),
        _moment("at"),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("iteration", sa.Integer(), nullable=False),
        _text("unit"),
        _json("detail"),
    )
    _create_record_table("histograms", _of_series(), _moment("at"), sa.Column("window_s", sa.Double(), nullable=False), _text("hdr"))
    _create_record_table("events", _moment("at"), _text("kind"), _text("text"), _json("detail"))
    _create_record_table(
        "artifacts",
        _moment("at"),
        *map(_text, ("kind", "path", "subject", "part")),
        sa.Column("iteration", sa.Integer(), nullable=False),
    )


def _create_record_table(name: str, *columns: sa.Column[Any]) -> None:
    seq = sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False)
    op.create_table(name, _of_run(), seq, *columns, sqlite_with_rowid=False)
