"""A change of level may be a drift, and the commits between are kept with it.

What was found before stays as it is, a step between two commits, until its series is looked at again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the end of a drift, and the commits."""
    op.add_column("changes", sa.Column("until", sa.BigInteger()))
    op.add_column("changes", sa.Column("last_run", sa.Text(), nullable=False, server_default=""))
    op.add_column("changes", sa.Column("commits", sa.JSON(), nullable=False, server_default="{}"))
