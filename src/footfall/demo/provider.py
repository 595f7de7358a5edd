"""The payment provider: cards, its own answers, and the signed webhooks that it sends to the shop."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import http.client
import json
import re
import socket
import sqlite3
import time
from collections.abc import Callable

from footfall.demo.database import Database
from footfall.demo.faults import Faults
from footfall.demo.figures import Figures
from footfall.demo.refusals import Refusal, conflict, not_found

ACCEPTED, DECLINED, CONFIRM = "4242424242424242", "4000000000000002", "4000002760003184"
SIGNATURE_SECONDS = 300.0
_BATCH, _GATHER_SECONDS, _MOST_REST = 100, 0.1, 2.0


def sign(secret: bytes, body: bytes, at: float) -> str:
    """The value of `Corner-Signature` for a webhook's body."""
    stamp = f"{at:.0f}"
    return f"t={stamp},v1={hmac.new(secret, stamp.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


def signed(secret: bytes, body: bytes, header: str) -> bool:
    """Whether a webhook really comes from the provider, and lately."""
    match = re.fullmatch(r"t=(\d{1,12}),v1=[0-9a-f]{64}", header)
    if match is None or abs(time.time() - float(match[1])) > SIGNATURE_SECONDS:
        return False
    return hmac.compare_digest(sign(secret, body, float(match[1])), header)


def paid_intents(body: bytes) -> list[str]:
    """The payments that a webhook says were accepted."""
    try:
        return [str(event["intent"]) for event in json.loads(body)["events"] if event["type"] == "payment.succeeded"]
    except (ValueError, KeyError, TypeError):
        raise Refusal(400, "bad_json", "The webhook does not hold events.") from None


class WebhookSender:
    """Delivers events over HTTP, gathered into batches.

    An event is kept by the transaction that accepts the payment, and goes when the shop has taken it: a crash
    or an error on the way delays it only.
    """

    def __init__(self, database: Database, secret: bytes, figures: Figures) -> None:
        self._database = database
        self._secret = secret
        self._figures = figures
        self._connection: http.client.HTTPConnection | None = None
        self._round: asyncio.Task[None] | None = None

    def start(self, address: tuple[str, int]) -> None:
        """Begin delivering to the shop, which listens on this address, with what an earlier process has left."""
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address[0], address[0])  # noqa: S104 - compared, not bound
        self._connection = http.client.HTTPConnection(here, address[1], timeout=10)
        self.hurry()

    def hurry(self) -> None:
        """There are events, perhaps: deliver them soon."""
        if self._connection and (self._round is None or self._round.done()):
            self._round = asyncio.get_running_loop().create_task(self._deliver_all(self._connection))

    def stop(self) -> None:
        """Wait for no answer any more; what is undelivered stays for the next start."""
        if self._connection and self._connection.sock:
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)

    async def _deliver_all(self, connection: http.client.HTTPConnection) -> None:
        rest = _GATHER_SECONDS
        await asyncio.sleep(rest)
        while rows := self._database.all(f"SELECT * FROM events LIMIT {_BATCH}"):  # noqa: S608 - a number of our own
            try:
                await asyncio.to_thread(self._deliver, connection, rows)
                await self._database.write(_delivered(rows))
                rest = _GATHER_SECONDS
            except (OSError, http.client.HTTPException, Refusal):
                self._figures.count("webhooks.failed")
                rest = min(_MOST_REST, 2 * rest)
            await asyncio.sleep(rest)

    def _deliver(self, connection: http.client.HTTPConnection, rows: list[sqlite3.Row]) -> None:
        events = [{"type": "payment.succeeded", "intent": row["intent"], "amount_cents": row["amount"]} for row in rows]
        body = json.dumps({"events": events}, separators=(",", ":")).encode()
        try:
            self._post(connection, body)
        except (OSError, http.client.HTTPException):  # the shop closes connections that are idle for long
            connection.close()
            self._post(connection, body)

    def _post(self, connection: http.client.HTTPConnection, body: bytes) -> None:
        headers = {"Content-Type": "application/json", "Corner-Signature": sign(self._secret, body, time.time())}
        connection.request("POST", "/api/webhooks/payments", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            raise OSError(f"the shop answered {answer.status}")


def _delivered(rows: list[sqlite3.Row]) -> Callable[[sqlite3.Connection], object]:
    return lambda db: db.executemany("DELETE FROM events WHERE intent = ?", [(row["intent"],) for row in rows])


class Provider:
    """Takes cards. It knows payments (intents) only; what they are for is the shop's business."""

    def __init__(self, database: Database, faults: Faults, figures: Figures, webhooks: WebhookSender) -> None:
        self._database = database
        self._faults = faults
        self._figures = figures
        self._webhooks = webhooks

    def find(self, intent: str) -> sqlite3.Row:
        """The payment of that id; a 404 when there is none."""
        row = self._database.one("SELECT * FROM payments WHERE intent = ?", intent)
        if row is None:
            raise not_found("payment")
        return row

    async def pay(self, intent: str, number: str, expiry: str, cvc: str) -> str:
        """Charge a card; returns `succeeded` or `requires_confirmation`, and raises a refusal for a card that will not do."""
        await self._misbehave()
        payment, digits = self.find(intent), re.sub(r"[\s-]", "", number)
        if payment["status"] == "succeeded":
            return "succeeded"
        _check_card(digits, expiry, cvc)
        if digits not in (ACCEPTED, CONFIRM) or self._faults.value("payment-declined"):
            self._figures.count("payments.failed")
            raise Refusal(402, "card_declined", "Your card was declined. Try another card.")
        return await self._become(payment, "requires_confirmation" if digits == CONFIRM else "succeeded")

    async def confirm(self, intent: str) -> str:
        """The customer's bank agrees; returns `succeeded`."""
        await self._misbehave()
        payment = self.find(intent)
        if payment["status"] == "requires_card":
            raise conflict("This payment does not wait for a confirmation.")
        return await self._become(payment, "succeeded")

    async def _misbehave(self) -> None:
        if late := self._faults.value("slow-payment"):
            await asyncio.sleep(late)
        if self._faults.value("payment-down"):
            self._figures.count("payments.failed")
            raise Refusal(503, "payment_unavailable", "Payments are not available just now. Please try again in a moment.")

    async def _become(self, payment: sqlite3.Row, status: str) -> str:
        intent = payment["intent"]

        def change(db: sqlite3.Connection) -> bool:
            done = db.execute(
                "UPDATE payments SET status = ? WHERE intent = ? AND status NOT IN (?, 'succeeded')", (status, intent, status)
            )
            if done.rowcount and status == "succeeded":
                db.execute("INSERT INTO events (intent, amount) VALUES (?, ?)", (intent, payment["amount"]))
            return done.rowcount > 0

        if await self._database.write(change) and status == "succeeded":
            self._figures.count("payments.accepted")
            self._webhooks.hurry()
        return status


def _check_card(digits: str, expiry: str, cvc: str) -> None:
    wrong = {}
    if not re.fullmatch(r"\d{13,19}", digits):
        wrong["number"] = "must have 13 to 19 digits"
    if not re.fullmatch(r"(0[1-9]|1[0-2])\s*/\s*\d\d", expiry.strip()):
        wrong["expiry"] = "must look like 12/34"
    if not re.fullmatch(r"\d{3,4}", cvc.strip()):
        wrong["cvc"] = "must have three digits"
    if wrong:
        raise Refusal(422, "invalid", "Please check the card: " + "; ".join(f"{name} {why}" for name, why in wrong.items()) + ".", wrong)
