"""Corner's memory: one SQLite file, written by the event loop in groups.

A change runs at once, inside a transaction that all changes of one turn of the loop share; a writer gets its answer
after the commit. So an acknowledged order is in the file's log: it survives `kill -9` (a power cut could cost the last moment, as
`synchronous=NORMAL` does not wait for the disk).
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

_TUNING = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA wal_autocheckpoint=2000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16000",
    "PRAGMA foreign_keys=ON",
)


class Database:
    """The one connection; used from the event loop only."""

    POOL = 64  # writers that may wait before the health endpoint calls it full

    def __init__(self, path: Path) -> None:
        self.path = path
        self.queries = 0
        self.query_seconds = 0.0
        self.slow = 0  # queries over a tenth of a second
        self.busy = 0  # writers that wait for a lock or a commit
        self.wait: Callable[[], float] = lambda: 0.0  # what the database-lock fault sets: seconds before each write
        self._waiting: list[asyncio.Future[None]] = []
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        self._connection.row_factory = sqlite3.Row
        for pragma in _TUNING:
            self._connection.execute(pragma)
        self._connection.executescript(resources.files(__package__).joinpath("schema.sql").read_text("utf-8"))

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """The rows that a query finds."""
        started = time.perf_counter()
        rows = self._connection.execute(sql, values).fetchall()
        self._count(started)
        return rows

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row that a query finds."""
        rows = self.all(sql, *values)
        return rows[0] if rows else None

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run a change and wait until it is committed; whatever it raises undoes it alone and is raised here."""
        self.busy += 1
        try:
            if (lock := self.wait()) > 0:
                await asyncio.sleep(lock)
            result = self._apply(change)
            committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(committed)
            await committed
        finally:
            self.busy -= 1
        return result

    def write_now(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run a change outside the event loop (the seeds at the start)."""
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:
            return change(self._connection)

    def close(self) -> None:
        """Commit what is open and close."""
        self._commit()
        self._connection.close()

    def _apply(self, change: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection
        started = time.perf_counter()
        if not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
            # At the end of this turn of the loop: every change that arrives in it shares the commit.
            asyncio.get_running_loop().call_soon(self._commit)
        connection.execute("SAVEPOINT change")
        try:
            result = change(connection)
        except BaseException:
            connection.execute("ROLLBACK TO change")
            connection.execute("RELEASE change")
            raise
        connection.execute("RELEASE change")
        self._count(started)
        return result

    def _commit(self) -> None:
        if not self._connection.in_transaction:
            return
        waiting, self._waiting = self._waiting, []
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._connection.execute("ROLLBACK")
            for future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _count(self, started: float) -> None:
        self.queries += 1
        took = time.perf_counter() - started
        self.query_seconds += took
        self.slow += took > 0.1
