"""What changes, as it changes: server-sent events, and the same for a page that has to ask.

An event's id is a digest of what the page shows, so that a page which comes back with the last one it got hears only what is new,
whichever process it got that from.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from footfall.clock import Clock
from footfall.errors import StoreError
from footfall.monitor.dashboard.access import Person
from footfall.monitor.dashboard.now import Now, Observer
from footfall.monitor.dashboard.pages import NotThereError, Page, Pages, digest

TICK_S = 1.0
BEAT_S = 5.0
LISTENERS = 50
"""Streams that are served at once; whoever comes later has to ask."""


class Board:
    """Knows how it stands: at most one look at the store a tick, however many look at the board."""

    def __init__(self, observer: Observer, clock: Clock) -> None:
        self._observer, self._clock = observer, clock
        self._looking: asyncio.Task[Now] | None = None
        self._at = 0.0
        self._now: Now | None = None
        self.closing = asyncio.Event()
        self.listeners = 0

    async def now(self) -> Now:
        """Return how it stands; whoever gives up waiting does not end the look, for others wait for the same. Raises StoreError."""
        moment = asyncio.get_running_loop().time()
        if self._looking is None or (self._looking.done() and moment - self._at >= TICK_S * 0.9):
            self._looking, self._at = asyncio.create_task(self._look()), moment
        return await asyncio.shield(self._looking)

    async def _look(self) -> Now:
        seen = await asyncio.to_thread(self._observer.look, self._clock.now())
        if self._now is None or seen != self._now:  # equal ones stay one, and are told apart from others at a glance
            self._now = seen
        return self._now

    def changed(self) -> None:
        """Look again at once: somebody has done something."""
        self._at = 0.0

    async def pause(self) -> None:
        """Wait for a tick, or for the end."""
        try:
            async with asyncio.timeout(TICK_S):
                await self.closing.wait()
        except TimeoutError:
            return


@dataclass
class Drawn:
    """What one listener has got: the facts, their sections, and the digest of those."""

    facts: Any = None
    sections: dict[str, str] = field(default_factory=dict)
    digest: str = ""


def update(pages: Pages, page: Page, facts: Any, person: Person, had: Drawn) -> dict[str, Any] | None:
    """Draw what has changed since `had`, which is brought up to date; None where nothing has."""
    if facts == had.facts:
        return None
    sections = pages.sections(page.parts, facts, person)
    fresh = digest(sections)
    changed = {name: html for name, html in sections.items() if had.sections.get(name) != html}
    same = fresh == had.digest
    had.facts, had.sections, had.digest = facts, sections, fresh
    return None if same else {"digest": fresh, "title": pages.title(facts), "alarms": pages.alarms(facts), "sections": changed}


def event(name: str, value: Any, number: str = "") -> str:
    """Write one server-sent event."""
    head = f"id: {number}\n" if number else ""
    return f"{head}event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n"


async def events(board: Board, pages: Pages, page: Page, person: Person, last: str, holds: Callable[[], bool]) -> AsyncIterator[str]:
    """Yield a page's changes until the session ends or the watch does; a beat where nothing changes, so that silence means trouble."""
    board.listeners += 1
    had, beaten, loop = Drawn(digest=last), 0.0, asyncio.get_running_loop()
    try:
        yield "retry: 2000\n\n"
        while not board.closing.is_set() and holds():
            found = None
            try:
                facts = await page.read()
                found = await asyncio.to_thread(update, pages, page, facts, person, had)
            except NotThereError:  # retention has taken it
                return
            except StoreError as error:
                yield event("away", {"problem": error.message})
                beaten = loop.time()
            if found is not None:
                yield event("now", found, found["digest"])
                beaten = loop.time()
            elif loop.time() - beaten >= BEAT_S:
                yield event("beat", {})
                beaten = loop.time()
            await board.pause()
    finally:
        board.listeners -= 1
