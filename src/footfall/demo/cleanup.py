"""Removing what a footfall run has made, in bites, so that a large one does not hold up the shop."""

from __future__ import annotations

import sqlite3
from collections import Counter

BITE = 1000

# Table and key. Payments come last: their records name them.
TABLES = (
    *(("bookings", "id"), ("orders", "id"), ("carts", "id"), ("purchases", "id"), ("messages", "id")),
    *(("jobs", "id"), ("forms", "id"), ("sessions", "session"), ("users", "id"), ("outbox", "id"), ("payments", "intent")),
)


def remove(db: sqlite3.Connection, table: str, key: str, run: str) -> list[sqlite3.Row]:
    """Delete a bite of a run's rows of one table and return them; bookings give their seats back, payments leave the takings."""
    rows = db.execute(
        f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE run = ? LIMIT {BITE}) RETURNING *",  # noqa: S608 - names from TABLES
        (run,),
    ).fetchall()
    if table == "bookings":
        freed = Counter((row["service"], row["slot"]) for row in rows)
        db.executemany(
            "UPDATE seats SET taken = taken - ? WHERE service = ? AND slot = ?",
            [(number, service, slot) for (service, slot), number in freed.items()],
        )
    if table == "payments":
        db.execute("DELETE FROM takings WHERE run = ?", (run,))
    return rows
