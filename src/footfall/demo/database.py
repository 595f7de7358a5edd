"""Corner's memory: one SQLite file, written by the event loop in groups.

A change runs at once, inside a transaction that all changes of one turn of the loop share; a writer gets its answer
after the commit. So an acknowledged order is in the file's log: it survives `kill -9` (a power cut could cost the last moment, as
`synchronous=NORMAL` does not wait for the disk). Whoever else locks the file makes writers wait in line, never the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from footfall.demo.refusals import RETRY, Refusal, cannot_write

T = TypeVar("T")

_TUNING = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA wal_autocheckpoint=2000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=0",  # the line of writers does the waiting
)
# What SQLite says when the disk is full or broken, the file damaged or not to be written: no mistake of the change that met it.
_NOT_OURS = {
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN),
    *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT),
}
_RETRY_SECONDS = 0.01
_REMEMBERED = 1000  # queries whose times are kept


class Database:
    """The one connection; used from the event loop only. A writer waits `patience` seconds for somebody else's lock, then it is a 503."""

    POOL = 64  # writers that may wait before the health endpoint calls it full

    def __init__(self, path: Path, *, patience: float = 5.0) -> None:
        self.path = path
        self.patience = patience
        self.queries = 0
        self.query_seconds = 0.0
        self.slow = 0  # queries that took over a tenth of a second, waiting for a lock included
        self.failed = 0  # writes that ended as a 503
        self.failing = False  # whether the last one did
        self.times: deque[float] = deque(maxlen=_REMEMBERED)  # seconds of the latest queries
        self.busy = 0  # writers that wait for a lock or a commit
        self.squat: Callable[[], float] = lambda: 0.0  # what the database-lock fault sets: for how long another connection holds the lock
        self._waiting: list[asyncio.Future[None]] = []  # for the commit
        self._line: list[asyncio.Future[None]] = []  # for somebody else's lock
        self._other: sqlite3.Connection | None = None
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
        """Run a change and wait until it is committed; whatever it raises undoes it alone and is raised here.

        Raises a 503 when another connection has held the file's lock for too long, or the disk is full or broken; then nothing was written.
        """
        self.busy += 1
        started = time.perf_counter()
        try:
            while not self._connection.in_transaction:  # a neighbour in the line may have lost the transaction again
                await self._begin()
            result = self._apply(change)
            committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(committed)
            self._count(started)
            await committed
        except Refusal as refusal:
            if refusal.code in ("database_locked", "database_failed"):
                self._count(started)
                self.failed, self.failing = self.failed + 1, True
            raise
        finally:
            self.busy -= 1
        return result

    async def check(self) -> None:
        """Really write, as an order would. Raises what `write` raises."""
        await self.write(lambda db: db.execute("INSERT OR REPLACE INTO pulse (id, at) VALUES (1, ?)", (time.time(),)))

    def write_now(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run a change outside the event loop (the seeds at the start)."""
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:
            return change(self._connection)

    def close(self) -> None:
        """Commit what is open and close."""
        self._let_go()
        self._commit()
        self._connection.close()

    async def _begin(self) -> None:
        """Open the transaction that all changes of this turn of the loop share, after those who are in the line already."""
        if not self._line:
            if seconds := self.squat():
                self._hold(seconds)
            if self._has_begun():
                asyncio.get_running_loop().call_soon(self._commit)
                return
            asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._retry)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            async with asyncio.timeout(self.patience):
                await turn
        except TimeoutError:
            message = "The shop is busy with something else. Please try again in a moment."
            raise Refusal(503, "database_locked", message, headers=RETRY) from None

    def _retry(self) -> None:
        """Try again for all who wait; once it works they run in their order, and only then comes the commit."""
        loop = asyncio.get_running_loop()
        if not self._has_begun():
            loop.call_later(_RETRY_SECONDS, self._retry)
            return
        line, self._line = self._line, []
        for turn in line:
            if not turn.done():
                turn.set_result(None)
        loop.call_soon(self._commit)

    def _has_begun(self) -> bool:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True

    def _hold(self, seconds: float) -> None:
        """Have another connection hold the file's write lock, as a careless report or backup does."""
        if self._other is None:
            self._other = sqlite3.connect(self.path, isolation_level=None, timeout=0)
            with contextlib.suppress(sqlite3.OperationalError):  # somebody was quicker: locked is locked
                self._other.execute("BEGIN IMMEDIATE")
            asyncio.get_running_loop().call_later(seconds, self._let_go)

    def _let_go(self) -> None:
        if self._other is not None:
            self._other.close()
            self._other = None

    def _apply(self, change: Callable[[sqlite3.Connection], T]) -> T:
        try:
            self._connection.execute("SAVEPOINT change")
            result = change(self._connection)
            self._connection.execute("RELEASE change")
        except BaseException as error:
            self._undo()
            if not self._connection.in_transaction:  # SQLite has given up the whole transaction: the earlier changes are lost too
                self._answer(cannot_write())
            if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_OURS:
                raise cannot_write() from error
            raise
        return result

    def _undo(self) -> None:
        """Take back the change that failed, if there is still something to take it back from."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK TO change")
            self._connection.execute("RELEASE change")

    def _commit(self) -> None:
        """Commit what this turn has changed and tell its writers; those whose transaction is gone are told no."""
        lost: Refusal | None = None
        try:
            if self._connection.in_transaction or self._waiting:
                self._connection.execute("COMMIT")
        except sqlite3.Error:
            lost = cannot_write()
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
        self._answer(lost)

    def _answer(self, lost: Refusal | None) -> None:
        """Tell all who wait for the commit that it is done, or what was in its way."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if future.done():
                continue
            if lost:
                future.set_exception(lost)
            else:
                self.failing = False
                future.set_result(None)

    def _count(self, started: float) -> None:
        self.queries += 1
        took = time.perf_counter() - started
        self.query_seconds += took
        self.times.append(took)
        self.slow += took > 0.1
