"""The marketplace: what neighbours sell, purchases, and the sellers' side of a chat."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import time
from dataclasses import dataclass
from functools import lru_cache

from footfall.demo.records import Origin, by_submission, reference, start_payment

FOUND = 24  # listings that a search shows
# What is sold, and the motif of its pictures.
_THINGS = {
    "bicycle": "bike",
    "armchair": "chair",
    "desk lamp": "lamp",
    "guitar": "guitar",
    "tea set": "cup",
    "cookbook": "book",
    "house plant": "flower",
    "preserving jar": "jar",
}
_STATES = ("Old", "Restored", "Little used", "Red", "Grandmother's", "Solid", "Handmade")
_SELLERS = ("Mira", "Jonas", "Ewa", "Tom", "Aroha", "Luca", "Nadia", "Piet")
_REPLIES = (
    (("available", "still", "there"), "Yes, it is still here."),
    (("price", "less", "discount", "lower"), "I could go a little lower if you collect it today."),
    (("collect", "pick", "when", "where"), "Any evening after six, just round the corner from the bakery."),
)


@dataclass(frozen=True, slots=True)
class Listing:
    """One thing that a neighbour sells."""

    id: int
    title: str
    seller: str
    price_cents: int
    pictures: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The API's form."""
        return {"id": self.id, "title": self.title, "seller": self.seller, "price_cents": self.price_cents}


def _listings() -> dict[int, Listing]:
    dice = random.Random(5)  # noqa: S311 - the same market every time
    found, things = {}, list(_THINGS.items())
    for number in range(1, 121):
        thing, motif = things[number % len(things)]
        pictures = tuple(f"{motif}{(number + turn) % 4}" for turn in range(3))
        price = 500 + 50 * dice.randrange(300)
        found[number] = Listing(number, f"{_STATES[number % len(_STATES)]} {thing}", dice.choice(_SELLERS), price, pictures)
    return found


LISTINGS = _listings()


@lru_cache(maxsize=256)
def search(query: str) -> tuple[Listing, ...]:
    """The first listings whose title holds every word."""
    words = query.lower().split()
    return tuple([listing for listing in LISTINGS.values() if all(word in listing.title.lower() for word in words)][:FOUND])


def reply(text: str) -> str:
    """What a seller answers."""
    said = text.lower()
    return next(
        (answer for words, answer in _REPLIES if any(word in said for word in words)), "Thank you for asking! What would you like to know?"
    )


def visitor(session: str) -> str:
    """Who a chat belongs to, without the session itself."""
    return hashlib.sha256(b"chat:" + session.encode()).hexdigest()[:24]


def keep_message(db: sqlite3.Connection, listing: int, who: str, said: tuple[str, str], run: str | None) -> None:
    """Remember one message: its sender (`you` or `seller`) and text."""
    db.execute(
        "INSERT INTO messages (listing, visitor, sender, text, run, created) VALUES (?, ?, ?, ?, ?, ?)",
        (listing, who, *said, run, time.time()),
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody buys or books: `purchase` or `event`, its name, its price, the buyer."""

    kind: str
    what: str
    amount: int
    name: str
    email: str


def create_purchase(db: sqlite3.Connection, wish: Wish, origin: Origin) -> tuple[sqlite3.Row, bool]:
    """Open a purchase and its payment; returns it and whether it is new."""
    if earlier := by_submission(db, "purchases", origin.submission):
        return earlier, False
    ref = reference("P")
    intent = start_payment(db, wish.kind, ref, wish.amount, origin.run)
    cursor = db.execute(
        "INSERT INTO purchases (ref, kind, what, name, email, amount, status, intent, owner, submission, run, created)"
        " VALUES (?, ?, ?, ?, ?, ?, 'awaiting_payment', ?, ?, ?, ?, ?) RETURNING *",
        (
            *(ref, wish.kind, wish.what, wish.name, wish.email, wish.amount),
            *(intent, origin.user, origin.submission, origin.run, time.time()),
        ),
    )
    return cursor.fetchone(), True


def purchase_json(row: sqlite3.Row) -> dict[str, object]:
    """The API's form of a purchase."""
    paid = row["status"] == "confirmed"
    return {
        "ref": row["ref"],
        "kind": row["kind"],
        "what": row["what"],
        "status": row["status"],
        "amount_cents": row["amount"],
        "payment": {"intent": row["intent"], "amount_cents": row["amount"], "status": "succeeded" if paid else "requires_card"},
    }
