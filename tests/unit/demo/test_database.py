"""Writers share a commit, and nobody's mistake undoes another's work."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from footfall.demo.database import Database
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
