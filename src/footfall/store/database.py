"""Open the store: SQLite in the suite's own folder, or PostgreSQL by URL, brought to this footfall's schema."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, InternalError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from footfall.errors import StoreError
from footfall.store.schema import HEAD, VERSION_TABLE

Item = TypeVar("Item")
_BATCH = 500
_BUSY_MS = 30_000
_BUSY_PAUSE_S = 0.01
_CONNECT_S = 10
_NOTICE_SOON = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 15_000}
"""A server that is cut off is noticed within 15 s, not after the system's two hours."""
_KEEPALIVE = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 3, "tcp_user_timeout": 15_000}
"""And by the server: one who was cut off must not hold its locks for two hours either."""
_WAIT_MS, _IDLE_MS = 30_000, 30_000
"""The longest that a writer waits for the others, and that one may think in the middle of a transaction before the server ends it."""
_POOL_WAIT_S = 10
_LOCK = text(
    "SELECT set_config('lock_timeout', :wait, true), set_config('idle_in_transaction_session_timeout', :idle, true),"
    " pg_advisory_xact_lock(:key)"
)
_WRITER = "footfall_writer"
_ADVISORY_LOCK = 0x666F6F74  # "foot": one writer at a time, as SQLite has it anyway
_REFUSALS = frozenset({"42501", "42P07"})  # no right to; a table of that name is there already


class Store:
    """An open store. `name` says where it is, without a password."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = name
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """The engine itself, for what is no transaction: a lock that outlives one."""
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction to read in. Raises StoreError for what the database refuses."""
        with self._explained(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open the one transaction that may write; it commits at the end, or leaves no trace. Raises StoreError."""
        with self._explained(), self._engine.connect().execution_options(**{_WRITER: True}) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(_LOCK, {"key": _ADVISORY_LOCK, "wait": str(_WAIT_MS), "idle": str(_IDLE_MS)})
            yield connection

    def compact(self) -> None:
        """Give the space of deleted runs back to the disk, where the database does not do so by itself."""
        if self._engine.dialect.name == "sqlite":
            with self._explained():
                raw = self._engine.raw_connection()
                try:
                    raw.cursor().execute("VACUUM")
                finally:
                    raw.close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeoutError as error:
            raise StoreError(f"the store {self.name} has no connection free", hint=_SERVER_HINT) from error
        except (DBAPIError, sqlite3.Error) as error:
            explanation = explain(error, self.name)
            if explanation is None:
                raise
            raise explanation from error


def batches(rows: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield rows a few hundred at a time: what one statement of any database can hold."""
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def open_store(root: Path, url: str | None = None) -> Store:
    """Open the store at `url`, or else `.footfall/history.db` below the suite's folder `root`, and migrate it if it is older.

    Raises StoreError when it cannot be opened or written, is no database, or was written by a newer footfall.
    """
    address = _address(root, url)
    name = _name(address)
    store = Store(_engine(address, name), name)
    try:
        with store.reading() as connection:
            current = _revision(connection)
        if current != HEAD:
            with store.writing() as connection:
                _migrate(connection, store.name)
    except BaseException:
        store.close()
        raise
    return store


def _address(root: Path, url: str | None) -> URL:
    if not url:
        return URL.create("sqlite", database=str(root / ".footfall" / "history.db"))
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreError("the store's URL cannot be read", hint=_URL_HINT) from error
    if address.drivername in {"postgres", "postgresql"}:
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() not in {"sqlite", "postgresql"}:
        raise StoreError(f"a store cannot be a {address.get_backend_name()} database", hint=_URL_HINT)
    return address


_URL_HINT = "write FOOTFALL_STORE as postgresql+psycopg://user:password@host/database, or leave it out for SQLite in .footfall/history.db"


def _name(address: URL) -> str:
    if address.get_backend_name() == "sqlite":
        return str(address.database or ":memory:")
    return address.render_as_string(hide_password=True)


def _engine(address: URL, name: str) -> Engine:
    if address.get_backend_name() == "sqlite":
        return _sqlite_engine(address, name)
    try:
        waits = {"connect_timeout": _CONNECT_S, **_NOTICE_SOON}
        engine = create_engine(address, pool_pre_ping=True, pool_timeout=_POOL_WAIT_S, connect_args=waits)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError(f"{name} needs a driver that is not installed", hint="pip install 'footfall[postgresql]'") from error
    event.listen(engine, "connect", _prepare_server)
    return engine


def _prepare_server(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in _KEEPALIVE.items()))
    connection.commit()  # else they would go with the first transaction that is rolled back


def _sqlite_engine(address: URL, name: str) -> Engine:
    if address.database and address.database != ":memory:" and "uri" not in address.query:
        try:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{name} cannot be opened: {error.strerror}", hint=_WRITABLE_HINT) from error
    engine = create_engine(address)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, and cover schema changes too
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] not in {"wal", "memory"}:
        _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")  # what was handed over is deleted where it came from, and what was told is marked
    cursor.execute("PRAGMA foreign_keys = ON")


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Wait for whoever creates the same store at this moment: beside a writer SQLite refuses the switch at once, for all busy_timeout."""
    until = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_BUSY_PAUSE_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer half-way is refused when another wrote meanwhile; a writer that says so at once only waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITER) else "BEGIN")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608  # a constant


def _migrate(connection: Connection, name: str) -> None:
    """Bring the schema up to HEAD; another process may have done so since it was looked at."""
    from alembic import command  # noqa: PLC0415  # takes a second to import, and most openings need no migration
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    current = _revision(connection)
    if current not in {None, *(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())}:
        raise StoreError(
            f"{name} was written by a newer footfall: its schema is {current}, this one knows up to {HEAD}",
            hint="upgrade footfall (pip install --upgrade footfall), or name another store in FOOTFALL_STORE",
        )
    command.upgrade(config, "head")


_WRITABLE_HINT = "make the file and its folder writable, or name another store in FOOTFALL_STORE"
_CORRUPT_HINT = "move the file away and start afresh; `footfall history import` brings an export back"
_SERVER_HINT = "check FOOTFALL_STORE and that the database server answers"
_SQLITE_HINTS = {
    "unable to open": _WRITABLE_HINT,
    "readonly": _WRITABLE_HINT,
    "malformed": _CORRUPT_HINT,
    "not a database": _CORRUPT_HINT,
    "disk is full": "make room on the disk; what was measured stays in .footfall/spool until it is stored",
    "locked": "another process has held it for long; what was measured stays in .footfall/spool until it is stored",
}


def explain(error: DBAPIError | sqlite3.Error, name: str) -> StoreError | None:
    """Return the StoreError that says what a database's refusal means; None for a fault of footfall's own SQL."""
    original = error.orig if isinstance(error, DBAPIError) else error
    lines = str(original).strip().splitlines() or [type(original).__name__]
    hint = next((hint for words, hint in _SQLITE_HINTS.items() if words in lines[0]), None)
    if isinstance(original, sqlite3.Error):
        expected = hint is not None or isinstance(original, sqlite3.OperationalError)
    else:
        outside = isinstance(error, (OperationalError, InterfaceError, InternalError)) or type(error) is DatabaseError
        expected, hint = outside or getattr(original, "sqlstate", None) in _REFUSALS, _SERVER_HINT
    return StoreError(f"the store {name} refuses: {lines[0]}", hint=hint) if expected else None
