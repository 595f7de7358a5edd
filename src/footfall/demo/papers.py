"""Forms with a PDF: kept at once, read in the background."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from footfall.demo.database import Database
from footfall.demo.figures import Figures
from footfall.demo.records import Origin, by_submission, reference
from footfall.demo.refusals import Refusal, cannot_write

MOST_PDF = 5 * 1024 * 1024
RETRY_SECONDS = 1.0
WORK_SECONDS = 0.3  # what the reading of a real document would take
STATES = {"received": "Processing", "done": "Done", "failed": "Could not be read"}


@dataclass(frozen=True, slots=True)
class Paper:
    """A form as it came in."""

    name: str
    email: str
    message: str
    file_name: str
    content: bytes


def count_pages(content: bytes) -> int:
    """How many page objects a PDF names; 0 when it names none (or hides them in compressed objects)."""
    return len(re.findall(rb"/Type\s*/Page(?![a-zA-Z])", content))


class Desk:
    """Takes forms in and reads them in the background."""

    def __init__(self, database: Database, folder: Path, figures: Figures) -> None:
        self._database = database
        self._folder = folder
        self._figures = figures
        self._readers: set[asyncio.Task[None]] = set()

    async def take(self, paper: Paper, origin: Origin) -> tuple[sqlite3.Row, bool]:
        """Keep a form and its file; returns the record and whether it is new."""
        ref = reference("F")
        file = self._folder / f"{ref}.pdf"
        await asyncio.to_thread(self._store, file, paper.content)
        try:
            row, new = await self._database.write(lambda db: _insert(db, ref, paper, origin))
        except Exception:
            file.unlink()
            raise
        if not new:
            file.unlink()
        else:
            self._figures.count("forms")
            self.enqueue(ref)
        return row, new

    def enqueue(self, ref: str) -> None:
        """Have a form read."""
        reader = asyncio.get_running_loop().create_task(self._read_one(ref))
        self._readers.add(reader)
        reader.add_done_callback(self._readers.discard)

    def resume(self) -> None:
        """Take up what an earlier process left unread, and remove files that it had no time to note down."""
        known = {row["ref"] for row in self._database.all("SELECT ref FROM forms")}
        for file in self._folder.glob("F*.pdf"):
            if file.stem not in known:
                file.unlink()
        for row in self._database.all("SELECT ref FROM forms WHERE status = 'received'"):
            self.enqueue(row["ref"])

    def forget(self, ref: str) -> None:
        """Remove a form's file."""
        (self._folder / f"{ref}.pdf").unlink(missing_ok=True)

    def _store(self, file: Path, content: bytes) -> None:
        self._folder.mkdir(exist_ok=True)
        try:
            file.write_bytes(content)
        except OSError:
            file.unlink(missing_ok=True)
            raise cannot_write() from None

    async def _read_one(self, ref: str) -> None:
        await asyncio.sleep(WORK_SECONDS)
        pages = await asyncio.to_thread(self._read, ref)
        status = "done" if pages else "failed"
        while not await self._note(ref, status, pages):  # noqa: ASYNC110 - nobody could tell when the database is well again
            await asyncio.sleep(RETRY_SECONDS)

    async def _note(self, ref: str, status: str, pages: int) -> bool:
        """Write down what the reading has shown, unless the form has gone meanwhile; returns whether the database could."""
        note = "UPDATE forms SET status = ?, pages = ? WHERE ref = ?"
        try:
            noted = await self._database.write(lambda db: db.execute(note, (status, pages, ref)).rowcount)
        except Refusal:
            return False
        self._figures.count(f"forms.{status}", noted)
        return True

    def _read(self, ref: str) -> int:
        try:
            return count_pages((self._folder / f"{ref}.pdf").read_bytes())
        except OSError:
            return 0


def _insert(db: sqlite3.Connection, ref: str, paper: Paper, origin: Origin) -> tuple[sqlite3.Row, bool]:
    if earlier := by_submission(db, "forms", origin.submission):
        return earlier, False
    cursor = db.execute(
        "INSERT INTO forms (ref, name, email, message, file_name, size, status, submission, run, created)"
        " VALUES (?, ?, ?, ?, ?, ?, 'received', ?, ?, ?) RETURNING *",
        (
            *(ref, paper.name, paper.email, paper.message, paper.file_name, len(paper.content)),
            *(origin.submission, origin.run, time.time()),
        ),
    )
    return cursor.fetchone(), True


def form_json(row: sqlite3.Row) -> dict[str, object]:
    """The API's form of a form."""
    return {
        "ref": row["ref"],
        "status": row["status"],
        "status_text": STATES[row["status"]],
        "file_name": row["file_name"],
        "size_bytes": row["size"],
        "pages": row["pages"],
    }
