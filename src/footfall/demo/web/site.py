"""The one object that a handler needs: everything that Corner is made of."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import HTTPConnection

from footfall.demo import accounts, records
from footfall.demo.accounts import Attempts, User
from footfall.demo.database import Database
from footfall.demo.faults import Faults
from footfall.demo.figures import Figures
from footfall.demo.papers import Desk
from footfall.demo.post import PostOffice
from footfall.demo.provider import Provider, WebhookSender

# The steps of funnels that an accepted payment reaches, by what it pays for.
_PAID_STEPS = {
    "booking": (("booking", "confirmed"),),
    "order": (("shop", "payment"), ("supply", "open")),
    "purchase": (("market", "purchase"),),
    "event": (("events", "booked"),),
}
_REMEMBERED = 10_000  # payments of late, whose webhooks need not ask the database again


@dataclass
class Site:
    """Corner's parts, wired once."""

    database: Database
    folder: Path
    faults: Faults
    figures: Figures = field(default_factory=Figures)
    attempts: Attempts = field(default_factory=Attempts)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    port: int = 0
    payment_port: int = 0
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(16))  # those that may be in memory at once
    hoard: list[bytearray] = field(default_factory=list)  # what the memory-growth fault keeps

    _settled: dict[str, None] = field(default_factory=dict)  # in the order in which they were paid
    _kept: dict[str, tuple[float, dict[str, object]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.webhooks = WebhookSender(self.database, self.secret, self.figures)
        self.provider = Provider(self.database, self.faults, self.figures, self.webhooks)
        self.desk = Desk(self.database, self.folder / "uploads", self.figures)
        self.post = PostOffice(self.database, self.folder / "mail", self.figures)
        self.database.squat = lambda: self.faults.value("database-lock") or 0.0

    def csrf(self, session: str) -> str:
        """The token that a form of this session must send back."""
        return hmac.new(self.secret, b"csrf:" + session.encode(), hashlib.sha256).hexdigest()[:32]

    def user(self, session: str | None) -> User | None:
        """Who is signed in with this cookie."""
        return accounts.as_user(self.database.one(accounts.SESSION_QUERY, *accounts.session_values(session))) if session else None

    def cart(self, cart: str) -> dict[int, int] | None:
        """What is in a cart, or None when there is no such cart."""
        row = self.database.one("SELECT items FROM carts WHERE id = ?", cart)
        return records.read_items(row["items"]) if row else None

    def stale(self, ref: str) -> dict[str, object] | None:
        """The earlier answer that the stale-cache fault repeats for this record, or None."""
        age = self.faults.value("stale-cache")
        if age is None:
            return None
        kept = self._kept.get(ref)
        return kept[1] if kept and time.monotonic() - kept[0] < age else None

    def keep(self, ref: str, answer: dict[str, object]) -> dict[str, object]:
        """Keep an answer for `stale`, while that fault is on; returns the answer."""
        if self.faults.value("stale-cache") is not None:
            self._kept[ref] = (time.monotonic(), answer)
        elif self._kept:
            self._kept.clear()
        return answer

    def taken_today(self) -> int:
        """What was paid since midnight UTC, in cents."""
        cents: int = self.database.all(records.TAKINGS, records.utc_day(time.time()))[0]["cents"]
        return cents

    async def settle(self, *intents: str) -> None:
        """Mark what successful payments pay for as paid, and count each once."""
        fresh = [intent for intent in intents if intent not in self._settled]
        if not fresh:
            return
        paid = await self.database.write(lambda db: [payment for intent in fresh if (payment := records.settle(db, intent))])
        if paid:
            self.post.hurry()
        for payment in paid:
            self._settled[payment["intent"]] = None
            kind = payment["subject"]
            self.figures.count(f"paid.{kind}")
            self.figures.count("revenue_cents", payment["amount"])
            for funnel, step in _PAID_STEPS.get(kind, ()):
                self.figures.step(funnel, step)
        while len(self._settled) > _REMEMBERED:
            del self._settled[next(iter(self._settled))]

    async def catch_up(self, row: sqlite3.Row) -> bool:
        """A customer came back from the payment before its webhook: ask the provider. Returns whether it is paid now."""
        if row["status"] == "awaiting_payment" and self.provider.find(row["intent"])["status"] == "succeeded":
            await self.settle(row["intent"])
            return True
        return False


def open_site(folder: Path, faults: Faults) -> Site:
    """Corner with its database in that folder."""
    database = Database(folder / "corner.db")
    database.write_now(accounts.seed)
    return Site(database=database, folder=folder, faults=faults)


def site_of(request: HTTPConnection) -> Site:
    """The site that a request came to."""
    site: Site = request.app.state.site
    return site
