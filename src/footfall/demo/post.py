"""Corner's post office: confirmations wait in the database's outbox and are posted, in batches, into a mailbox file.

A letter is queued by the very transaction that marks its booking or order as paid, and leaves the outbox only after it was posted: a
crash may post one twice, never lose one. Where a real shop would hand it to a mail server, Corner appends it to `mail/outgoing.mbox`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

from footfall.demo import catalogue
from footfall.demo.database import Database
from footfall.demo.figures import Figures
from footfall.demo.refusals import Refusal

GATHER_SECONDS, RETRY_SECONDS = 0.2, 2.0
MOST_MAILBOX = 4_000_000  # bytes; then the mailbox is put aside, and an older one goes
_BATCH = 200
_SUBJECTS = {"booking": "Booking confirmed", "order": "We have your order", "purchase": "Purchase confirmed", "event": "Vendor booked"}


def letter(row: sqlite3.Row) -> bytes:
    """One confirmation, as it stands in a mailbox file (with the line `From ` before it).

    Written out by hand: the library's message takes as long as the whole order did. What people wrote stands in the body only,
    or has been checked to hold neither blanks nor line ends.
    """
    text = f"Dear {row['name']},\n\nthank you. We received {catalogue.euros(row['amount'])} for {row['ref']}.\n\nCorner\n"
    text = text.replace("\r", "").replace("\nFrom ", "\n>From ")  # only a letter's first line may begin so
    return (
        f"From shop@corner.example {time.asctime(time.gmtime(row['created']))}\n"
        f"From: Corner <shop@corner.example>\nTo: {row['email']}\nSubject: {_SUBJECTS[row['kind']]}: {row['ref']}\n"
        f"Date: {formatdate(row['created'])}\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    ).encode()


class PostOffice:
    """Posts what waits in the outbox."""

    def __init__(self, database: Database, folder: Path, figures: Figures) -> None:
        self.working = True  # whether the last round could be posted
        self._database = database
        self._folder = folder
        self._figures = figures
        self._round: asyncio.Task[None] | None = None

    def hurry(self) -> None:
        """There is mail, perhaps: post it soon."""
        if self._round is None or self._round.done():
            self._round = asyncio.get_running_loop().create_task(self._post_all())

    def queued(self) -> tuple[int, float]:
        """How many letters wait, and for how many seconds the oldest has."""
        row = self._database.all("SELECT count(*) AS letters, min(created) AS oldest FROM outbox")[0]
        return row["letters"], max(0.0, time.time() - row["oldest"]) if row["letters"] else 0.0

    async def _post_all(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        while rows := self._database.all(f"SELECT * FROM outbox ORDER BY id LIMIT {_BATCH}"):  # noqa: S608 - a number of our own
            try:
                await asyncio.to_thread(self._append, rows)
                await self._database.write(_taken_out(rows))
            except (OSError, Refusal):
                self.working = False
                self._figures.count("emails.failed")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.working = True
                self._figures.count("emails.sent", len(rows))

    def _append(self, rows: list[sqlite3.Row]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        mailbox = self._folder / "outgoing.mbox"
        if mailbox.exists() and mailbox.stat().st_size > MOST_MAILBOX:
            mailbox.replace(self._folder / "outgoing.1.mbox")
        with mailbox.open("ab") as file:
            file.write(b"".join(letter(row) for row in rows))


def _taken_out(rows: list[sqlite3.Row]) -> Callable[[sqlite3.Connection], object]:
    return lambda db: db.executemany("DELETE FROM outbox WHERE id = ?", [(row["id"],) for row in rows])
