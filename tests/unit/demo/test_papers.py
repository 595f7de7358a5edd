"""A form is kept whole or not at all, and read in the end."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from footfall.demo import papers
from footfall.demo.database import Database
from footfall.demo.figures import Figures
from footfall.demo.records import Origin
from footfall.demo.refusals import Refusal
from tests import loops


async def _until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - what is waited for is a plain counter
        await asyncio.sleep(0.01)


PAPER = papers.Paper("Di", "di@example.org", "", "plan.pdf", b"%PDF-1.4 /Type /Page")


def test_a_form_that_cannot_be_noted_leaves_no_file(tmp_path: Path) -> None:
    """Somebody holds the database's lock for too long: a 503, and the uploads are as they were."""

    async def run() -> None:
        with (
            closing(Database(tmp_path / "corner.db", patience=0.05)) as database,
            closing(sqlite3.connect(database.path, isolation_level=None)) as other,
        ):
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Refusal):
                await papers.Desk(database, tmp_path / "uploads", Figures()).take(PAPER, Origin())

    loops.run(run())
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_form_is_read_although_the_database_was_locked_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result waits until it can be written; it is counted once, and not before."""
    monkeypatch.setattr(papers, "WORK_SECONDS", 0.01)
    monkeypatch.setattr(papers, "RETRY_SECONDS", 0.01)

    async def run() -> None:
        with (
            closing(Database(tmp_path / "corner.db", patience=0.01)) as database,
            closing(sqlite3.connect(database.path, isolation_level=None)) as other,
        ):
            figures = Figures()
            await papers.Desk(database, tmp_path / "uploads", figures).take(PAPER, Origin())
            other.execute("BEGIN IMMEDIATE")
            await _until(lambda: database.failed >= 2)
            assert figures.counts["forms.done"] == 0
            other.execute("ROLLBACK")
            await _until(lambda: figures.counts["forms.done"] > 0)
            assert [tuple(row) for row in database.all("SELECT status, pages FROM forms")] == [("done", 1)]
            assert figures.counts["forms.done"] == 1

    loops.run(run())
