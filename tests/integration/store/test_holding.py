"""Who is cut off, or hangs, in the middle of a transaction does not hold the others up for long; what is committed stays."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from footfall.errors import StoreError
from footfall.store import database
from footfall.store.database import Store, open_store


@pytest.fixture
def impatient(new_schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that waits for tenths of seconds, and for an idle writer much longer, once it is made."""
    open_store(tmp_path, new_schema).close()
    monkeypatch.setattr(database, "_WAIT_MS", 200)
    monkeypatch.setattr(database, "_IDLE_MS", 5_000)


@pytest.mark.usefixtures("impatient")
def test_a_writer_that_hangs_loses_the_lock_to_the_next(new_schema: str, tmp_path: Path) -> None:
    """The server ends its transaction, of which nothing is left; whoever waits too long hears why."""
    first, second = (open_store(tmp_path, new_schema) for _ in range(2))

    def hang() -> None:
        with first.writing() as connection:
            connection.execute(text("CREATE TABLE left_behind (number INTEGER)"))
            with pytest.raises(StoreError, match="refuses"), second.writing():
                """It is not given the lock while the first one holds it."""
            wait_for(second)
            connection.execute(text("SELECT 1"))

    with pytest.raises(StoreError):
        hang()
    with second.reading() as connection:
        assert connection.execute(text("SELECT to_regclass('left_behind')")).scalar() is None
    for store in (first, second):
        store.close()


def wait_for(store: Store) -> None:
    """Write, as soon as one may."""
    while True:
        try:
            with store.writing():
                return
        except StoreError:
            time.sleep(0.05)


def test_both_ends_notice_a_line_that_is_cut(new_schema: str, tmp_path: Path) -> None:
    """The server pings its clients after 5 s as they ping it: a dead one's locks go."""
    store = open_store(tmp_path, new_schema)
    with store.reading() as connection:
        shown = connection.execute(text("SELECT boot_val, source FROM pg_settings WHERE name = 'tcp_keepalives_idle'")).one()
    store.close()
    assert shown.source == "session"


def test_what_sqlite_has_committed_is_on_the_disk(tmp_path: Path) -> None:
    """What was handed over is deleted where it came from, so a commit must outlive the machine's power."""
    store = open_store(tmp_path)
    with store.writing() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
    store.close()
