"""What judging over time needs: runs that belong to another run, baselines, deployments, change points."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables."""
    op.add_column("runs", sa.Column("part_of", sa.Text(), nullable=False, server_default=""))
    op.create_index("runs_by_whole", "runs", ["part_of"])
    op.create_table(
        "baselines",
        sa.Column("target", sa.Text(), primary_key=True),
        sa.Column("branch", sa.Text(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        _text("since_run"),
        _text("note"),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "deployments",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *map(_text, ("target", "outcome", "git_commit", "git_branch", "version", "url", "source")),
    )
    op.create_index("deployments_by_target", "deployments", ["target", "at"])
    op.create_table(
        "changes",
        sa.Column("series", sa.Integer(), sa.ForeignKey("series.number"), primary_key=True),
        sa.Column("run", sa.Integer(), sa.ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Double(), nullable=False),
        sa.Column("after", sa.Double(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        *map(_text, ("statistic", "last_commit", "first_commit")),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
    )
    op.create_index("changes_by_time", "changes", ["at"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
