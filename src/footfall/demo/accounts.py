"""Who people are: passwords, sessions and the demo accounts."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
import secrets
import sqlite3
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from weakref import WeakValueDictionary

from footfall.demo.refusals import Refusal, conflict

SESSION_SECONDS = 12 * 3600.0
ATTEMPTS, WINDOW = 10, 60.0  # wrong passwords for one address and email before Corner says 429

# The demo accounts are public, as docs/corner.md lists them: email, name, role, password, API key.
_DEMO = (
    ("customer@corner.example", "Cora Customer", "customer", "corner-customer", "corner-customer-key"),
    ("supplier@corner.example", "Sam Supplier", "supplier", "corner-supplier", "corner-supplier-key"),
    ("admin@corner.example", "Ada Admin", "admin", "corner-admin", "corner-admin-key"),
)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is signed in."""

    id: int
    email: str
    name: str
    role: str


KEYS = {key: User(number, email, name, role) for number, (email, name, role, _, key) in enumerate(_DEMO, 1)}


def hash_password(password: str, salt: bytes | None = None) -> str:
    """Salt and scrypt hash in hex; about ten milliseconds, so call it in a thread."""
    salt = salt or secrets.token_bytes(16)
    return f"{salt.hex()}:{hashlib.scrypt(password.encode(), salt=salt, n=4096, r=8, p=1).hex()}"


def check_password(password: str, stored: str) -> bool:
    """Whether the password is the one that was hashed."""
    return hmac.compare_digest(hash_password(password, bytes.fromhex(stored.partition(":")[0])), stored)


def seed(db: sqlite3.Connection) -> None:
    """The demo accounts, with the same ids every time."""
    if db.execute("SELECT 1 FROM users").fetchone():
        return
    for number, (email, name, role, password, _) in enumerate(_DEMO, 1):
        db.execute(
            "INSERT INTO users (id, email, name, role, password, created) VALUES (?, ?, ?, ?, ?, 0)",
            (number, email, name, role, hash_password(password, bytes(16))),
        )


def _user(row: sqlite3.Row) -> User:
    return User(row["id"], row["email"], row["name"], row["role"])


def register(db: sqlite3.Connection, email: str, name: str, role: str, password_hash: str, run: str | None) -> User:
    """A new account. Raises a 409 when the address has one."""
    try:
        row = db.execute(
            "INSERT INTO users (email, name, role, password, run, created) VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
            (email, name, role, password_hash, run, time.time()),
        ).fetchone()
    except sqlite3.IntegrityError:
        raise conflict("There is an account with this address already.", "email_taken") from None
    return _user(row)


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def open_session(db: sqlite3.Connection, session: str, user: User, run: str | None) -> None:
    """Remember that this session is signed in, and forget those that have ended."""
    now = time.time()
    db.execute("DELETE FROM sessions WHERE expires < ?", (now,))
    db.execute(
        "INSERT OR REPLACE INTO sessions (session, user, run, expires) VALUES (?, ?, ?, ?)",
        (_digest(session), user.id, run, now + SESSION_SECONDS),
    )


def close_session(db: sqlite3.Connection, session: str) -> None:
    """Forget it."""
    db.execute("DELETE FROM sessions WHERE session = ?", (_digest(session),))


SESSION_QUERY = "SELECT users.* FROM sessions JOIN users ON users.id = sessions.user WHERE session = ? AND expires > ?"


def session_values(session: str) -> tuple[str, float]:
    """The values that `SESSION_QUERY` asks for."""
    return _digest(session), time.time()


def as_user(row: sqlite3.Row | None) -> User | None:
    """The user of a row of `SESSION_QUERY`."""
    return _user(row) if row else None


class Attempts:
    """Counts wrong passwords and refuses after too many; bounded, so that a crowd of addresses costs no memory."""

    def __init__(self) -> None:
        self._failed: defaultdict[str, deque[float]] = defaultdict(deque)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, who: str) -> asyncio.Lock:
        """What to hold from `check` to `failed`: of many attempts at once each then sees those before it."""
        return self._turns.setdefault(who, asyncio.Lock())

    def check(self, who: str) -> None:
        """Raise a 429 when this one has failed too often in the last minute."""
        failed, now = self._failed[who], time.monotonic()
        while failed and failed[0] < now - WINDOW:
            failed.popleft()
        if not failed:
            del self._failed[who]
        elif len(failed) >= ATTEMPTS:
            seconds = max(1, math.ceil(failed[0] + WINDOW - now))
            raise Refusal(429, "too_many_attempts", "Too many attempts. Please wait a minute.", headers={"Retry-After": str(seconds)})

    def failed(self, who: str) -> None:
        """Note a wrong password."""
        if len(self._failed) > 10_000:
            self._failed.clear()
        self._failed[who].append(time.monotonic())
