"""Which of several watches judges: the one that holds a lock, which the system or the server drops when its holder dies.

Two that judge at once, for a moment, do no harm: each step is one transaction, and what was judged is marked.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from footfall.store.database import Store, explain
from footfall.store.inbox import file_name

_LOCK = 0x77617463  # "watc"


class Election:
    """One watch's hold on the office of judge for a target. Not for several threads, but that any may resign."""

    def __init__(self, store: Store, root: Path, target: str = "") -> None:
        self._store, self._key = store, zlib.crc32(target.encode()) - 2**31
        self._path = root / ".footfall" / f"watch{'-' if target else ''}{file_name(target)}.lock"
        self._connection: Connection | None = None
        self._file = -1

    def won(self) -> bool:
        """Say whether this watch is the judge now; tries to become it where nobody is. Raises StoreError when the store is away."""
        return self._won_on_server() if self._store.engine.dialect.name == "postgresql" else self._won_on_disk()

    def _won_on_disk(self) -> bool:
        if self._file < 0:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._file = descriptor
        return True

    def _won_on_server(self) -> bool:
        try:
            if self._connection is None:
                self._connection = self._connect()
            # Asked again by its holder it is granted again, and costs one round trip: a dead connection is noticed.
            keys = {"office": _LOCK, "target": self._key}
            return bool(self._connection.execute(text("SELECT pg_try_advisory_lock(:office, :target)"), keys).scalar())
        except DBAPIError as error:
            self.resign()
            explained = explain(error, self._store.name)
            raise explained or error from error

    def _connect(self) -> Connection:
        return self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def resign(self) -> None:
        """Give the office up; doing so twice is fine."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()  # closes the session, and with it the lock, whatever state it is in
            connection.close()
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
