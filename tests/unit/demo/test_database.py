"""Writers share a commit, and nobody's mistake undoes another's work."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from footfall.demo.database import Database
from footfall.demo.refusals import Refusal
from tests import loops


def add(name: str) -> Callable[[sqlite3.Connection], int]:
    """A change that makes a cart."""
    return lambda db: db.execute("INSERT INTO carts (id, items, created) VALUES (?, '{}', 0)", (name,)).rowcount


def seen_from_outside(path: Path) -> set[str]:
    """The carts that another connection sees: those that are committed."""
    other = sqlite3.connect(path)
    try:
        return {row[0] for row in other.execute("SELECT id FROM carts")}
    finally:
        other.close()


def test_an_answer_comes_after_the_commit(tmp_path: Path) -> None:
    """Whoever has an answer finds the record with another connection."""

    async def run() -> None:
        with closing(Database(tmp_path / "corner.db")) as database:
            for name in ("a", "b"):
                await database.write(add(name))
                assert name in seen_from_outside(database.path)

    loops.run(run())


def test_a_failure_undoes_itself_alone(tmp_path: Path) -> None:
    """Of three changes in one commit the second fails half-way; the others stay."""

    def fail(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO carts (id, items, created) VALUES ('half', '{}', 0)")
        raise ValueError("changed my mind")

    async def run() -> tuple[object, ...]:
        with closing(Database(tmp_path / "corner.db")) as database:
            return await asyncio.gather(database.write(add("a")), database.write(fail), database.write(add("b")), return_exceptions=True)

    results = loops.run(run())
    assert (results[0], str(results[1]), results[2]) == (1, "changed my mind", 1)
    assert seen_from_outside(tmp_path / "corner.db") == {"a", "b"}


def test_a_writer_who_leaves_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """A cancelled request's change is committed with the rest."""

    async def run() -> None:
        with closing(Database(tmp_path / "corner.db")) as database:
            gone = asyncio.create_task(database.write(add("gone")))
            stays = asyncio.create_task(database.write(add("stays")))
            await asyncio.sleep(0)
            gone.cancel()
            assert await stays == 1
            assert database.busy == 0

    loops.run(run())
    assert "stays" in seen_from_outside(tmp_path / "corner.db")


def test_it_opens_again(tmp_path: Path) -> None:
    """An existing file keeps what it holds."""
    first = Database(tmp_path / "corner.db")
    first.write_now(add("a"))
    first.close()
    second = Database(tmp_path / "corner.db")
    assert second.one("SELECT id FROM carts") is not None
    second.close()


def test_a_locked_database_makes_writers_wait_and_nobody_else(tmp_path: Path) -> None:
    """While another connection holds the lock, readers read; then the writers follow in their order."""

    async def run() -> None:
        with closing(Database(tmp_path / "corner.db")) as database, closing(sqlite3.connect(database.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writers = [asyncio.create_task(database.write(add(name))) for name in ("a", "b")]
            await asyncio.sleep(0.05)
            assert (database.busy, database.all("SELECT id FROM carts")) == (2, [])
            other.execute("ROLLBACK")
            assert await asyncio.gather(*writers) == [1, 1]

    loops.run(run())
    assert seen_from_outside(tmp_path / "corner.db") == {"a", "b"}


def test_patience_ends_with_a_503_and_nothing_written(tmp_path: Path) -> None:
    """Somebody holds the lock for too long: the writer is told so, and the next one succeeds as soon as it is free."""

    async def run() -> None:
        with (
            closing(Database(tmp_path / "corner.db", patience=0.15)) as database,
            closing(sqlite3.connect(database.path, isolation_level=None)) as other,
        ):
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Refusal) as refused:
                await database.write(add("late"))
            assert (refused.value.status, refused.value.code) == (503, "database_locked")
            assert (database.slow, database.failing) == (1, True)
            other.execute("ROLLBACK")
            database.patience = 10
            await database.write(add("next"))

    loops.run(run())
    assert seen_from_outside(tmp_path / "corner.db") == {"next"}


def test_the_fault_really_locks(tmp_path: Path) -> None:
    """The writer that meets it waits for it, and meanwhile the file is locked for all the world."""

    async def run() -> None:
        with closing(Database(tmp_path / "corner.db")) as database, closing(sqlite3.connect(database.path, timeout=0)) as world:
            database.squat = lambda: 0.1
            started = asyncio.get_running_loop().time()
            writer = asyncio.create_task(database.write(add("a")))
            await asyncio.sleep(0)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                world.execute("BEGIN IMMEDIATE")
            assert await writer == 1
            assert asyncio.get_running_loop().time() - started >= 0.1
            assert database.slow == 1

    loops.run(run())
    assert seen_from_outside(tmp_path / "corner.db") == {"a"}


def almost_full(database: Database) -> None:
    """Leave the file room for one page more, as a full disk does; SQLite then gives up whole transactions."""
    connection = database._connection
    connection.execute("PRAGMA cache_size=10")
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages + 1}")


def large(name: str) -> Callable[[sqlite3.Connection], int]:
    """A change that needs several pages."""
    return lambda db: db.execute("INSERT INTO carts (id, items, created) VALUES (?, ?, 0)", (name, "x" * 20_000)).rowcount


def test_a_full_disk_is_told_to_every_writer_it_concerns(tmp_path: Path) -> None:
    """Small changes share a transaction with one too large for the disk: whoever is told yes is in the file, the others hear a 503."""

    async def run() -> tuple[dict[str, object], bool]:
        with closing(Database(tmp_path / "corner.db")) as database:
            almost_full(database)
            changes = {"a": add("a"), "b": add("b"), "large": large("large"), "c": add("c")}
            async with asyncio.timeout(60):  # nobody waits for ever
                results = await asyncio.gather(*(database.write(change) for change in changes.values()), return_exceptions=True)
            failing = database.failing
            await database.check()
            assert not database.failing
            return dict(zip(changes, results, strict=True)), failing

    results, failing = loops.run(run())
    assert isinstance(results["large"], Refusal)
    assert (results["large"].status, results["large"].code) == (503, "database_failed")
    assert {name for name, result in results.items() if result == 1} == seen_from_outside(tmp_path / "corner.db")
    assert failing or results["c"] == 1


def test_a_transaction_that_is_gone_is_never_called_committed(tmp_path: Path) -> None:
    """SQLite has rolled back by itself between a change and its commit: the writer hears a 503."""

    async def run() -> None:
        with closing(Database(tmp_path / "corner.db")) as database:
            writer = asyncio.create_task(database.write(add("a")))
            await asyncio.sleep(0)
            database._connection.execute("ROLLBACK")
            with pytest.raises(Refusal, match="cannot write"):
                await writer
            assert database.failing
            assert await database.write(add("b")) == 1

    loops.run(run())
    assert seen_from_outside(tmp_path / "corner.db") == {"b"}
