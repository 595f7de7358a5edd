"""A store that cannot be opened says where it is, what is wrong and how to mend it."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, OperationalError, ProgrammingError

from footfall.errors import StoreError
from footfall.samples import Run
from footfall.store.database import explain, open_store
from footfall.store.spool import begin_run
from footfall.store.writer import take_in

Spoil = Callable[[Path], object]


def refusal(root: Path, url: str | None = None) -> StoreError:
    """Open a store that cannot be opened."""
    with pytest.raises(StoreError) as caught:
        open_store(root, url)
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize(
    ("spoil", "said", "mend"),
    [
        (lambda path: path.mkdir(), "unable to open database file", "writable"),
        (lambda path: path.write_bytes(b"no database, " * 1000), "file is not a database", "move the file away"),
    ],
)
def test_a_spoilt_file_is_named_with_the_mend(tmp_path: Path, spoil: Spoil, said: str, mend: str) -> None:
    """The path, the reason, and what to do about it."""
    path = tmp_path / ".footfall" / "history.db"
    path.parent.mkdir()
    spoil(path)
    error = refusal(tmp_path)
    assert str(path) in error.message
    assert said in error.message
    assert mend in str(error.hint)


def test_a_store_that_another_creates_at_this_moment_is_waited_for(tmp_path: Path) -> None:
    """Of two first runs of a suite neither is told "database is locked"."""
    path = tmp_path / ".footfall" / "history.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as other, ThreadPoolExecutor(1) as thread:
        other.execute("BEGIN IMMEDIATE")
        opening = thread.submit(open_store, tmp_path)
        wait([opening], timeout=0.3)
        other.execute("COMMIT")
        opening.result(timeout=60).close()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_store_that_breaks_later_is_told_when_it_is_read(tmp_path: Path) -> None:
    """Pages overwritten in the middle of the file are a clear error, not a traceback of the database."""
    store = open_store(tmp_path)
    with begin_run(tmp_path, Run("01RUN", "corner", datetime(2026, 11, 21, tzinfo=UTC))) as run:
        run.end("finished")
    take_in(store, run.directory)
    store.close()
    path = tmp_path / ".footfall" / "history.db"
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 60_000)
    with pytest.raises(StoreError, match=r"history\.db refuses: database disk image is malformed"):
        open_store(tmp_path)


def test_a_folder_in_the_way_of_the_store_is_named(tmp_path: Path) -> None:
    """`.footfall` may be a file."""
    (tmp_path / ".footfall").write_text("")
    assert "history.db cannot be opened: " in refusal(tmp_path).message


def test_a_store_that_may_only_be_read_takes_nothing_in(tmp_path: Path) -> None:
    """The spool stays, and the hint says what to make writable."""
    open_store(tmp_path).close()
    store = open_store(tmp_path, f"sqlite:///file:{tmp_path}/.footfall/history.db?mode=ro&uri=true")
    with begin_run(tmp_path, Run("01RUN", "corner", datetime(2026, 11, 21, tzinfo=UTC))) as run:
        run.end("finished")
    with pytest.raises(StoreError, match="readonly") as caught:
        take_in(store, run.directory)
    store.close()
    assert run.directory.is_dir()
    assert "writable" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("url", "said", "mend"),
    [
        ("no url at all", "the store's URL cannot be read", "FOOTFALL_STORE"),
        ("mysql://host/db", "cannot be a mysql database", "postgresql+psycopg"),
        ("postgresql+nosuch://host/db", "driver that is not installed", "footfall[postgresql]"),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/db", "refuses: ", "server answers"),
        ("postgres://u:secret@127.0.0.1:1/db", "refuses: ", "server answers"),
    ],
)
def test_a_url_that_leads_nowhere_is_explained_without_its_password(tmp_path: Path, url: str, said: str, mend: str) -> None:
    """A password never stands in a message."""
    error = refusal(tmp_path, url)
    assert said in error.message
    assert mend in str(error.hint)
    assert "secret" not in error.message + str(error.hint)


def test_without_the_driver_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's driver is an extra."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    error = refusal(tmp_path, "postgresql+psycopg://u:secret@127.0.0.1:1/db")
    assert "driver that is not installed" in error.message
    assert error.hint == "pip install 'footfall[postgresql]'"


def test_a_path_with_odd_characters_works(tmp_path: Path) -> None:
    """Spaces, percent signs, question marks and umlauts are part of a path."""
    root = tmp_path / "ä b%20c?d#e"
    open_store(root).close()
    assert (root / ".footfall" / "history.db").is_file()


def a_dbapi_error(kind: type[DBAPIError], original: Exception) -> DBAPIError:
    """Wrap a driver's error as SQLAlchemy does."""
    return kind("SELECT 1", {}, original)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (sqlite3.OperationalError("database is locked"), "another process"),
        (sqlite3.OperationalError("database or disk is full"), "room on the disk"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "writable"),
        (sqlite3.DatabaseError("file is not a database"), "move the file away"),
        (a_dbapi_error(OperationalError, sqlite3.OperationalError("disk I/O error")), "None"),
        (a_dbapi_error(DatabaseError, sqlite3.DatabaseError("database disk image is malformed")), "move the file away"),
        (a_dbapi_error(OperationalError, psycopg.OperationalError("the server closed the connection")), "server answers"),
        (a_dbapi_error(ProgrammingError, psycopg.errors.InsufficientPrivilege("permission denied")), "server answers"),
        (a_dbapi_error(ProgrammingError, psycopg.errors.DuplicateTable("exists")), "server answers"),
    ],
)
def test_what_a_database_refuses_is_a_store_error(error: DBAPIError | sqlite3.Error, expected: str) -> None:
    """Each kind with its own mend."""
    explained = explain(error, "here")
    assert explained is not None
    assert explained.message.startswith("the store here refuses: ")
    assert expected in str(explained.hint)


@pytest.mark.parametrize(
    "error",
    [
        a_dbapi_error(IntegrityError, sqlite3.IntegrityError("UNIQUE constraint failed")),
        a_dbapi_error(ProgrammingError, psycopg.errors.SyntaxError("syntax error")),
        sqlite3.ProgrammingError("Cannot operate on a closed database."),
    ],
)
def test_a_fault_of_footfalls_own_is_not_blamed_on_the_user(error: DBAPIError | sqlite3.Error) -> None:
    """It stays what it is, and ends as a fault of footfall."""
    assert explain(error, "here") is None
