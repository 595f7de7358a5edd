"""Bookings, carts, orders and payments: the rules, on a database connection. Nothing here knows HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sqlite3
import time
from dataclasses import dataclass

from footfall.demo import catalogue
from footfall.demo.refusals import Refusal, conflict, not_found

ORDER_STATES = {
    "awaiting_payment": "Waiting for payment",
    "open": "Looking for a supplier",
    "offered": "Offer received",
    "accepted": "Accepted",
    "preparing": "Being prepared",
    "on_the_way": "On the way",
    "delivered": "Delivered",
}
NEXT_STATE = {"accepted": "preparing", "preparing": "on_the_way", "on_the_way": "delivered"}
MOST_FEE = 1_000  # an offer within both limits is accepted at once
MOST_MINUTES = 120


@dataclass(frozen=True, slots=True)
class Origin:
    """Who writes a record: the footfall run that its request was tagged with, the signed-in user, the sender's key and wish."""

    run: str | None = None
    user: int | None = None
    submission: str | None = None


@dataclass(frozen=True, slots=True)
class BookingWish:
    """What a customer asks for."""

    service: str
    slot: str
    name: str
    email: str
    phone: str
    notes: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where an order goes."""

    name: str
    email: str
    street: str
    postcode: str
    city: str


def reference(kind: str) -> str:
    """A reference that nobody guesses, such as `B7K2Q4M9XW3T`."""
    return kind + base64.b32encode(secrets.token_bytes(10))[:11].decode()


def by_submission(db: sqlite3.Connection, table: str, submission: str | None) -> sqlite3.Row | None:
    """The record that this submission (`key:wish`) has made already, if any. Raises a 422 when its key has made another one."""
    if not submission:
        return None
    key = submission.partition(":")[0]
    found = f"SELECT * FROM {table} WHERE submission >= ? AND submission < ?"  # noqa: S608 - our own table names
    row: sqlite3.Row | None = db.execute(found, (f"{key}:", f"{key};")).fetchone()
    if row is not None and row["submission"] != submission:
        raise Refusal(422, "key_reused", "This Idempotency-Key belongs to another request. Please choose a new one.")
    return row


def start_payment(db: sqlite3.Connection, subject: str, ref: str, amount: int, run: str | None) -> str:
    """Open a payment for a record; returns the intent's id."""
    intent = "pi_" + secrets.token_hex(10)
    db.execute(
        "INSERT INTO payments (intent, subject, ref, amount, status, run, created) VALUES (?, ?, ?, ?, 'requires_card', ?, ?)",
        (intent, subject, ref, amount, run, time.time()),
    )
    return intent


def create_booking(db: sqlite3.Connection, wish: BookingWish, origin: Origin) -> tuple[sqlite3.Row, bool]:
    """Hold a seat and open its payment; returns the booking and whether it is new."""
    if earlier := by_submission(db, "bookings", origin.submission):
        return earlier, False
    held = db.execute(
        "INSERT INTO seats (service, slot, taken) VALUES (?, ?, 1)"
        " ON CONFLICT (service, slot) DO UPDATE SET taken = taken + 1 WHERE taken < ?",
        (wish.service, wish.slot, catalogue.SEATS),
    )
    if not held.rowcount:
        raise conflict("This time is fully booked. Please choose another.", "slot_full")
    ref, amount = reference("B"), catalogue.SERVICES[wish.service].price_cents
    intent = start_payment(db, "booking", ref, amount, origin.run)
    cursor = db.execute(
        "INSERT INTO bookings (ref, service, slot, name, email, phone, notes, amount, status, intent, owner, submission, run, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'awaiting_payment', ?, ?, ?, ?, ?) RETURNING *",
        (
            *(ref, wish.service, wish.slot, wish.name, wish.email, wish.phone, wish.notes, amount),
            *(intent, origin.user, origin.submission, origin.run, time.time()),
        ),
    )
    return cursor.fetchone(), True


def cart_of(session: str) -> str:
    """The id of a visitor's cart, without the session itself."""
    return "c_" + hashlib.sha256(session.encode()).hexdigest()[:20]


def read_items(text: str) -> dict[int, int]:
    """A cart's items as the database keeps them: product and quantity."""
    return {int(product): quantity for product, quantity in json.loads(text).items()}


def load_cart(db: sqlite3.Connection, cart: str) -> dict[int, int]:
    """What is in a cart: product and quantity. Raises a 404 when there is no such cart."""
    row = db.execute("SELECT items FROM carts WHERE id = ?", (cart,)).fetchone()
    if row is None:
        raise not_found("cart")
    return read_items(row["items"])


def create_cart(db: sqlite3.Connection, cart: str, run: str | None) -> None:
    """Make an empty cart unless it is there already."""
    db.execute("INSERT OR IGNORE INTO carts (id, items, run, created) VALUES (?, '{}', ?, ?)", (cart, run, time.time()))


def put_in_cart(db: sqlite3.Connection, cart: str, product: int, quantity: int, *, more: bool = False) -> dict[int, int]:
    """Set how many of a product a cart holds (`more` adds to what is there, up to 99); 0 removes it."""
    items = load_cart(db, cart)
    wanted = min(99, quantity + (items.get(product, 0) if more else 0))
    if wanted:
        items[product] = wanted
    else:
        items.pop(product, None)
    db.execute("UPDATE carts SET items = ? WHERE id = ?", (json.dumps(items), cart))
    return items


def lines(items: dict[int, int]) -> list[dict[str, object]]:
    """A cart's items as an order keeps them."""
    found = [(catalogue.PRODUCTS[product], quantity) for product, quantity in items.items()]
    return [
        {"product": product.id, "name": product.name, "quantity": quantity, "price_cents": product.price_cents}
        for product, quantity in found
    ]


def total(items: dict[int, int]) -> int:
    """What a cart's items cost, in cents."""
    return sum(catalogue.PRODUCTS[product].price_cents * quantity for product, quantity in items.items())


def create_order(db: sqlite3.Connection, items: dict[int, int] | str, delivery: Delivery, origin: Origin) -> tuple[sqlite3.Row, bool]:
    """Turn items, or the cart of that id, into an order with an open payment; returns it and whether it is new."""
    if earlier := by_submission(db, "orders", origin.submission):
        return earlier, False
    if isinstance(items, str):
        cart, items = items, load_cart(db, items)
        db.execute("UPDATE carts SET items = '{}' WHERE id = ?", (cart,))
    if not items:
        raise conflict("The cart is empty.", "cart_empty")
    ref, amount = reference("O"), total(items)
    intent = start_payment(db, "order", ref, amount, origin.run)
    cursor = db.execute(
        "INSERT INTO orders (ref, items, name, email, street, postcode, city, amount, status, intent, owner, submission, run, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'awaiting_payment', ?, ?, ?, ?, ?) RETURNING *",
        (
            *(ref, json.dumps(lines(items)), delivery.name, delivery.email, delivery.street, delivery.postcode, delivery.city),
            *(amount, intent, origin.user, origin.submission, origin.run, time.time()),
        ),
    )
    return cursor.fetchone(), True


def _order_row(db: sqlite3.Connection, ref: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM orders WHERE ref = ?", (ref,)).fetchone()
    if row is None:
        raise not_found("order")
    return row


def make_offer(db: sqlite3.Connection, ref: str, supplier: int, fee: int, minutes: int) -> sqlite3.Row:
    """A supplier offers to deliver an open order; within the limits it is accepted at once."""
    status = "accepted" if fee <= MOST_FEE and minutes <= MOST_MINUTES else "offered"
    cursor = db.execute(
        "UPDATE orders SET supplier = ?, fee = ?, minutes = ?, status = ? WHERE ref = ? AND status = 'open' RETURNING *",
        (supplier, fee, minutes, status, ref),
    )
    row: sqlite3.Row | None = cursor.fetchone()
    if row is None:
        state = _order_row(db, ref)["status"]
        raise conflict("The order is not paid yet." if state == "awaiting_payment" else "Another supplier was quicker.", "not_open")
    return row


def accept_offer(db: sqlite3.Connection, ref: str) -> sqlite3.Row:
    """The customer accepts the offer that waits."""
    row: sqlite3.Row | None = db.execute(
        "UPDATE orders SET status = 'accepted' WHERE ref = ? AND status = 'offered' RETURNING *", (ref,)
    ).fetchone()
    if row is None:
        _order_row(db, ref)
        raise conflict("No offer waits for an answer.")
    return row


def advance(db: sqlite3.Connection, ref: str, supplier: int, status: str) -> sqlite3.Row:
    """The order's own supplier moves it to its next state."""
    row = _order_row(db, ref)
    if row["supplier"] != supplier:
        raise Refusal(403, "not_yours", "This order belongs to another supplier.")
    if NEXT_STATE.get(row["status"]) != status:
        raise conflict(f"An order that is {row['status']} cannot become {status}.")
    updated: sqlite3.Row = db.execute("UPDATE orders SET status = ? WHERE ref = ? RETURNING *", (status, ref)).fetchone()
    return updated


_PAID = {
    "booking": "UPDATE bookings SET status = 'confirmed' WHERE ref = ? AND status = 'awaiting_payment' RETURNING name, email",
    "order": "UPDATE orders SET status = 'open' WHERE ref = ? AND status = 'awaiting_payment' RETURNING name, email",
    "purchase": "UPDATE purchases SET status = 'confirmed' WHERE ref = ? AND status = 'awaiting_payment' RETURNING name, email",
}
_PAID["event"] = _PAID["purchase"]


def settle(db: sqlite3.Connection, intent: str) -> sqlite3.Row | None:
    """Mark what an accepted payment pays for as paid, add it to the day's takings and queue the confirmation by mail.

    Returns the payment the first time, None ever after.
    """
    payment: sqlite3.Row | None = db.execute("SELECT * FROM payments WHERE intent = ? AND status = 'succeeded'", (intent,)).fetchone()
    buyer = db.execute(_PAID[payment["subject"]], (payment["ref"],)).fetchone() if payment else None
    if payment is None or buyer is None:
        return None
    now = time.time()
    db.execute(
        "INSERT INTO takings (day, run, amount) VALUES (?, ?, ?) ON CONFLICT (day, run) DO UPDATE SET amount = amount + excluded.amount",
        (utc_day(now), payment["run"] or "", payment["amount"]),
    )
    db.execute(
        "INSERT INTO outbox (kind, ref, name, email, amount, run, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (payment["subject"], payment["ref"], buyer["name"], buyer["email"], payment["amount"], payment["run"], now),
    )
    return payment


def utc_day(at: float) -> str:
    """The day in UTC of a Unix time, as `2026-11-21`."""
    return time.strftime("%Y-%m-%d", time.gmtime(at))


TAKINGS = "SELECT coalesce(sum(amount), 0) AS cents FROM takings WHERE day = ?"


def booking_json(row: sqlite3.Row, payment: str | None = None) -> dict[str, object]:
    """The API's form of a booking; `payment` is the state of its payment."""
    paid = row["status"] != "awaiting_payment"
    return {
        "ref": row["ref"],
        "status": row["status"],
        "service": row["service"],
        "slot": row["slot"],
        "when": catalogue.slot_name(row["slot"]),
        "name": row["name"],
        "amount_cents": row["amount"],
        "payment": {
            "intent": row["intent"],
            "amount_cents": row["amount"],
            "status": payment or ("succeeded" if paid else "requires_card"),
        },
    }


def order_json(row: sqlite3.Row, payment: str | None = None) -> dict[str, object]:
    """The API's form of an order."""
    paid = row["status"] != "awaiting_payment"
    offer = None if row["fee"] is None else {"supplier": row["supplier"], "fee_cents": row["fee"], "minutes": row["minutes"]}
    return {
        "ref": row["ref"],
        "status": row["status"],
        "status_text": ORDER_STATES[row["status"]],
        "items": json.loads(row["items"]),
        "name": row["name"],
        "city": row["city"],
        "amount_cents": row["amount"],
        "offer": offer,
        "payment": {
            "intent": row["intent"],
            "amount_cents": row["amount"],
            "status": payment or ("succeeded" if paid else "requires_card"),
        },
    }
