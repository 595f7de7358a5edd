"""Messages that are owed: written with what they tell in one transaction, delivered by lease, marked after sending.

A sender leases a message for a while, sends it, and marks it. One that dies between the receiver's yes and the mark leaves a
lease that runs out; the message is then sent again under the same key, by which the receiver can recognise it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, select, update

from footfall.samples import Json
from footfall.store.watch import upsert
from footfall.store.watch_schema import outbox


@dataclass(frozen=True)
class Message:
    """One message to one channel. `key` is stable and unique; messages of one `thread` to one channel leave in order."""

    key: str
    thread: str
    channel: str
    kind: str
    content: Json
    created: datetime
    due: datetime
    attempts: int = 0
    sent: datetime | None = None
    given_up: datetime | None = None
    error: str = ""
    number: int = 0


_COLUMNS = tuple(Message.__dataclass_fields__)
JOINED = "joined"
"""Why a message was given up that travels within another one."""
REACHED = "reached"
"""Where the content of a message that is tried again keeps whom of a channel's people it has reached."""


def put(connection: Connection, messages: Iterable[Message]) -> None:
    """Owe messages; one whose key is known already is owed once."""
    rows = [
        {**{name: getattr(each, name) for name in _COLUMNS if name != "number"}, "holder": "", "leased_until": None} for each in messages
    ]
    upsert(connection, outbox, rows, ["key"], replace=False)


def lease(connection: Connection, now: datetime, holder: str, *, lease_s: float) -> list[Message]:
    """Take messages to send: due, held by nobody, and not behind an earlier one of their thread and channel.

    One for each channel, the oldest: what is sent side by side may arrive in any order, and an end must not come before its beginning,
    which a group's message may tell.
    """
    earlier = outbox.alias()
    blocked = exists().where(
        earlier.c.thread == outbox.c.thread,
        earlier.c.channel == outbox.c.channel,
        earlier.c.number < outbox.c.number,
        earlier.c.sent.is_(None),
        earlier.c.given_up.is_(None),
        outbox.c.thread != "",
    )
    free = outbox.c.leased_until.is_(None) | (outbox.c.leased_until <= now)
    owed = outbox.c.sent.is_(None) & outbox.c.given_up.is_(None) & (outbox.c.due <= now)
    oldest = select(func.min(outbox.c.number)).where(owed, free, ~blocked).group_by(outbox.c.channel)
    numbers = connection.execute(oldest).scalars().all()
    rows = connection.execute(select(outbox).where(outbox.c.number.in_(numbers)).order_by(outbox.c.number)).all()
    if numbers:
        until = now + timedelta(seconds=lease_s)
        connection.execute(update(outbox).where(outbox.c.number.in_(numbers)).values(leased_until=until, holder=holder))
    return [Message(*(getattr(row, name) for name in _COLUMNS)) for row in rows]


def mark_sent(connection: Connection, message: Message, now: datetime) -> None:
    """Remember that a message was sent; whoever held it, the receiver has it."""
    _change(connection, message, sent=now, leased_until=None, attempts=message.attempts + 1, error="")


def mark_failed(
    connection: Connection, message: Message, now: datetime, error: str, *, again_at: datetime | None, reached: Sequence[str] = ()
) -> None:
    """Remember that sending failed: it is due again then, or given up (None); and whom it has `reached`, where that is anybody."""
    values: dict[str, Any] = {"attempts": message.attempts + 1, "error": error, "leased_until": None}
    if reached:
        values["content"] = {**message.content, REACHED: list(reached)}
    _change(connection, message, **values, **({"given_up": now} if again_at is None else {"due": again_at}))


def withdraw(connection: Connection, message: Message, now: datetime, why: str) -> None:
    """Give a message up that nobody needs any more."""
    _change(connection, message, given_up=now, error=why, leased_until=None)


def _change(connection: Connection, message: Message, **values: Any) -> None:
    connection.execute(update(outbox).where(outbox.c.number == message.number, outbox.c.sent.is_(None)).values(**values))


def joined(connection: Connection, message: Message, now: datetime, limit: int) -> bool:
    """Add a message to one of its kind that waits for the same channel and was not taken yet; False when there is none."""
    waits = (outbox.c.channel == message.channel) & (outbox.c.kind == message.kind) & outbox.c.sent.is_(None)
    fresh = outbox.c.given_up.is_(None) & outbox.c.leased_until.is_(None) & (outbox.c.due > now) & (outbox.c.attempts == 0)
    soon = outbox.c.due <= message.due  # nobody is told later for being in company
    row = connection.execute(select(outbox).where(waits, fresh, soon).order_by(outbox.c.number).limit(1)).first()
    if row is None or len(row.content.get("also", ())) >= limit:
        return False
    content = {**row.content, "also": [*row.content.get("also", ()), dict(message.content)]}
    connection.execute(update(outbox).where(outbox.c.number == row.number).values(content=content))
    put(connection, [replace(message, due=row.due, given_up=now, error=JOINED)])  # so that the thread knows who hears of it
    return True


def of_thread(connection: Connection, thread: str) -> list[Message]:
    """Return all messages of a thread, oldest first."""
    rows = connection.execute(select(outbox).where(outbox.c.thread == thread).order_by(outbox.c.number))
    return [Message(*(getattr(row, name) for name in _COLUMNS)) for row in rows]


def told(connection: Connection, thread: str) -> dict[str, datetime]:
    """Return the channels that were told, or will be told, of a thread, each with the first moment at which it knows."""
    found: dict[str, datetime] = {}
    for message in of_thread(connection, thread):
        if message.sent is not None or message.given_up is None or message.error == JOINED:
            known = message.sent or message.due
            found[message.channel] = min(found.get(message.channel, known), known)
    return found


def withdraw_waiting(connection: Connection, thread: str, kind: str, now: datetime, why: str) -> list[str]:
    """Give up a thread's messages of a kind whose time has not come and that carry nothing else; return their channels."""
    waits = (outbox.c.thread == thread) & (outbox.c.kind == kind) & (outbox.c.due > now) & (outbox.c.attempts == 0)
    free = outbox.c.sent.is_(None) & outbox.c.given_up.is_(None) & outbox.c.leased_until.is_(None)
    rows = [row for row in connection.execute(select(outbox).where(waits, free)) if not row.content.get("also")]
    for row in rows:
        connection.execute(update(outbox).where(outbox.c.number == row.number).values(given_up=now, error=why))
    return [row.channel for row in rows]


def owed(connection: Connection) -> int:
    """Return how many messages wait."""
    query = select(func.count()).where(outbox.c.sent.is_(None), outbox.c.given_up.is_(None))
    return int(connection.execute(query).scalar_one())


def through(message: Message, channel: str, now: datetime) -> Message:
    """Return a message as it goes through another channel, because its own is dead."""
    content = {name: value for name, value in message.content.items() if name != REACHED}
    return replace(message, key=f"{message.key}:{channel}", channel=channel, content=content, created=now, due=now, attempts=0, error="")
