"""Event jobs: what people need, and the quotes that vendors send within a second or so."""

from __future__ import annotations

import random
import sqlite3
import time
from dataclasses import dataclass

from footfall.demo.records import Origin, by_submission, reference

VENDORS = ("Blue Door Catering", "Harbour Florists", "Night Owl Music", "Lantern Photography", "Tall Tent Hire")
QUOTES = 3
QUOTE_SECONDS = 0.4  # from one vendor's quote to the next


@dataclass(frozen=True, slots=True)
class Job:
    """What somebody needs for an event; the budget in cents."""

    title: str
    guests: int
    budget: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What a vendor asks."""

    id: int
    vendor: str
    amount: int

    def as_json(self) -> dict[str, object]:
        """The API's form."""
        return {"id": self.id, "vendor": self.vendor, "amount_cents": self.amount}


def post(db: sqlite3.Connection, job: Job, origin: Origin) -> tuple[sqlite3.Row, bool]:
    """Keep a job; returns it and whether it is new."""
    if earlier := by_submission(db, "jobs", origin.submission):
        return earlier, False
    cursor = db.execute(
        "INSERT INTO jobs (ref, title, guests, budget, name, email, submission, run, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (reference("J"), job.title, job.guests, job.budget, job.name, job.email, origin.submission, origin.run, time.time()),
    )
    return cursor.fetchone(), True


def quotes(job: sqlite3.Row, now: float) -> list[Quote]:
    """The quotes that have come in by `now` (Unix seconds); the same ones for the same job."""
    dice = random.Random(job["ref"])  # noqa: S311 - vendors are no cryptographers
    vendors = dice.sample(VENDORS, QUOTES)
    amounts = [max(100, round(job["budget"] * dice.uniform(0.7, 1.05), -2)) for _ in vendors]
    here = min(QUOTES, int((now - job["created"]) / QUOTE_SECONDS))
    return [Quote(number, vendor, amount) for number, (vendor, amount) in enumerate(zip(vendors, amounts, strict=True), 1)][:here]


def job_json(job: sqlite3.Row) -> dict[str, object]:
    """The API's form of a job with its quotes."""
    came = quotes(job, time.time())
    return {
        "ref": job["ref"],
        "title": job["title"],
        "guests": job["guests"],
        "budget_cents": job["budget"],
        "complete": len(came) == QUOTES,
        "quotes": [quote.as_json() for quote in came],
    }
