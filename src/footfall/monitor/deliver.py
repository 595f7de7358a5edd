"""Send what is owed: by lease, with back-off, marked after sending; a dead channel falls back to the next and is itself an incident.

One that dies between the receiver's yes and the mark leaves a lease that runs out; the message then goes out again under the
same key. Nothing else is ever sent twice, and nothing is forgotten: what cannot be sent is tried for a day.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from footfall.clock import Clock
from footfall.config.secrets import Masker
from footfall.errors import StoreError, UsageError
from footfall.monitor.bench import Bench
from footfall.monitor.channels.base import ChannelError, PartlySentError, Sender
from footfall.monitor.incidents import freshened
from footfall.monitor.letter import Writer, is_digest
from footfall.monitor.plan import Plan
from footfall.monitor.points import reached
from footfall.monitor.state import Change, Phase
from footfall.store import incidents, outbox
from footfall.store.incidents import Entry
from footfall.store.outbox import Message
from footfall.store.writer import Store
from footfall.threads import Threads

LEASE_S = 60.0
"""Longer than any channel may take; what a dead process held is sent again after it."""
SEND_S = 45.0
DEAD_AFTER = 3
"""Failures in a row after which a channel counts as dead."""
GIVE_UP = timedelta(days=1)
_FIRST_S, _FACTOR, _LONGEST_S = 5.0, 3.0, 300.0

_log = logging.getLogger("footfall.watch")
Answer = TypeVar("Answer")


def back_off_s(attempts: int) -> float:
    """Return the seconds to wait after so many failures: 5, 15, 45, 135, then 300."""
    return min(_LONGEST_S, _FIRST_S * _FACTOR ** min(attempts - 1, 10))


def _words(message: Message) -> str:
    """What a key says before it names channels: the incident and which of its messages this is."""
    return ":".join(message.key.split(":")[:2])


@dataclass(frozen=True)
class Tried:
    """How one attempt ended; `error` is None when the receiver has it."""

    message: Message
    error: ChannelError | None


class Deliverer:
    """Delivers for a plan, from a store. `holder` names this process in its leases; errors are masked before they are kept."""

    def __init__(
        self, store: Store, plan: Plan, senders: Mapping[str, Sender], clock: Clock, *, writer: Writer, holder: str, masker: Masker
    ) -> None:
        self._store, self._plan, self._senders, self._clock = store, plan, senders, clock
        self._writer, self._holder, self._masker = writer, holder, masker
        self._threads = Threads("footfall-outbox", 4)
        self._unmarked: list[Tried] = []

    async def step(self) -> int:
        """Send what is due; return how many were tried. Raises StoreError; what was sent by then is marked at the next step."""
        await self._mark_all()
        leased = await self._on_store(self._lease)
        if leased:
            reached("leased")
        await asyncio.gather(*(self._one(message) for message in leased))
        await self._mark_all()
        return len(leased)

    async def _on_store(self, work: Callable[[], Answer]) -> Answer:
        """The store's drivers block: they work beside the loop."""
        return await self._threads.run(work)

    def _lease(self) -> list[Message]:
        now = self._clock.now()
        with self._store.writing() as connection:
            leased = outbox.lease(connection, now, self._holder, lease_s=LEASE_S)
            return [replace(each, content=freshened(connection, each.content)) if is_digest(each) else each for each in leased]

    async def _one(self, message: Message) -> None:
        """Send one message and keep how that ended; if the store is away just then, remember it until it is back."""
        tried = Tried(message, await self._send(message))
        reached("sent")
        self._unmarked.append(tried)
        try:
            await self._on_store(lambda: self._mark(tried))
        except StoreError:
            return
        self._unmarked.remove(tried)
        reached("marked")

    async def _mark_all(self) -> None:
        for tried in list(self._unmarked):
            await self._on_store(lambda tried=tried: self._mark(tried))  # type: ignore[misc]
            self._unmarked.remove(tried)

    async def _send(self, message: Message) -> ChannelError | None:
        sender = self._senders.get(message.channel)
        if sender is None:
            return ChannelError(f"no channel is called {message.channel}", permanent=True)
        reached("sending")
        try:
            async with asyncio.timeout(SEND_S):
                await sender.send(self._writer.letter(message))
        except ChannelError as error:
            return error
        except TimeoutError:
            return ChannelError(f"no answer within {SEND_S:g} s")
        except Exception as error:  # noqa: BLE001  # a supervision point: one channel's fault must not stop the others
            _log.warning("the channel %s failed", message.channel, exc_info=True)
            return ChannelError(f"{type(error).__name__}: {error}")
        return None

    # What became of it

    def _mark(self, tried: Tried) -> None:
        now = self._clock.now()
        with self._store.writing() as connection:
            if tried.error is None or isinstance(tried.error, PartlySentError):
                self._arrived(connection, tried.message, now, self._masker.mask(str(tried.error or ""))[:300])
            else:
                self._failed(connection, tried.message, tried.error, now)

    def _arrived(self, connection: Connection, message: Message, now: datetime, but: str = "") -> None:
        """Mark a message as sent; `but` names those of its people whom it will never reach, which is a fault of the channel."""
        outbox.mark_sent(connection, message, now)
        self._tell(connection, message, Entry(now, "told", "", f"{message.channel}: {message.kind}"))
        if but:
            _log.warning("%s was told in part (%s)", message.channel, but)
            self._tell(connection, message, Entry(now, "untold", "", f"{message.channel}: {but}"))
        bench = Bench(connection, self._plan, now)
        bench.fact(f"channel:{message.channel}", ok=not but, problem=but)
        bench.keep()

    def _failed(self, connection: Connection, message: Message, error: ChannelError, now: datetime) -> None:
        text = self._masker.mask(str(error))[:300]
        _log.warning("%s could not be told (%s)", message.channel, text)
        bench = Bench(connection, self._plan, now)
        dead = error.permanent or message.attempts + 1 >= DEAD_AFTER
        dead = dead or bench.state(f"channel:{message.channel}").phase is Phase.DOWN
        if dead and message.channel in self._plan.alerts.channels:
            bench.fact(f"channel:{message.channel}", ok=False, problem=text)
            bench.keep()
            self._say_dead(connection, bench, message.channel)
        fallback = self._fallback(message) if dead else ""
        if fallback and self._hears(connection, message, fallback):
            _log.info("%s hears of it anyway", fallback)
        elif fallback:
            outbox.put(connection, [outbox.through(message, fallback, now)])
        elif now - message.created < GIVE_UP:
            again = now + timedelta(seconds=back_off_s(message.attempts + 1))
            outbox.mark_failed(connection, message, now, text, again_at=again, reached=error.reached)
            return
        outbox.mark_failed(connection, message, now, text, again_at=None)
        if not fallback:
            _log.error("%s was not told for a day, and nobody else can be: %s", message.channel, message.content.get("title", ""))
        instead = f"; {fallback} is told instead" if fallback else "; nobody else can be told"
        self._tell(connection, message, Entry(now, "untold", "", f"{message.channel}: {text}{instead}"))

    def _say_dead(self, connection: Connection, bench: Bench, channel: str) -> None:
        """Say where the watch itself can be heard that a channel has died: where it is the only one, nowhere else can that be told."""
        if not any(transition.change is Change.OPENED for _, transition in bench.changed):
            return
        incident = incidents.open_of(connection, f"channel:{channel}", target=self._plan.target)
        told = sorted(outbox.told(connection, incident.id)) if incident is not None else []
        who = (
            f"{', '.join(told)} will hear of it"
            if told
            else "nobody can be told of it; messages wait, and stand in `footfall incidents list`"
        )
        _log.error("the channel %s is dead: %s", channel, who)

    def _fallback(self, message: Message) -> str:
        """The next channel that this message has not gone through yet; of a channel that no longer exists, the first one there is."""
        channels = self._plan.alerts.channels
        known = channels.get(message.channel)
        wanted = known.fallback if known is not None else next(iter(channels), "")
        been = {message.channel, *message.key.split(":")[2:]}
        return wanted if wanted in channels and wanted not in been else ""

    @staticmethod
    def _hears(connection: Connection, message: Message, channel: str) -> bool:
        """Whether a channel has, or will have, the same words about an incident on its own account."""
        same = [each for each in outbox.of_thread(connection, message.thread) if each.channel == channel and each.kind == message.kind]
        return any(each.given_up is None or each.error == outbox.JOINED for each in same if _words(each) == _words(message))

    @staticmethod
    def _tell(connection: Connection, message: Message, entry: Entry) -> None:
        """Add to the timeline of what the message is about, and of what travels with it."""
        names = [message.thread, *(str(each.get("incident", "")) for each in message.content.get("also", ()))]
        for name in filter(None, names):
            try:
                incidents.tell(connection, incidents.find(connection, name), entry)
            except UsageError:  # a test belongs to no incident
                continue
