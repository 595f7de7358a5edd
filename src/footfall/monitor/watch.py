"""The watch itself: one loop that starts checks on time, and beside it one that moves what they found to the store, judges and tells.

Checks never wait for the store: while it is away, results gather in a file. The judge never waits for a channel: what is to be
told is owed in the store. So any part may fail, be slow, or die, without the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from footfall.clock import Clock, to_text
from footfall.errors import FootfallError, StoreError
from footfall.monitor.deliver import Deliverer
from footfall.monitor.judge import ALIVE_S, Judge
from footfall.monitor.location import Location
from footfall.monitor.plan import Plan
from footfall.monitor.points import reached
from footfall.monitor.schedule import Job, Schedule
from footfall.monitor.state import Phase
from footfall.store import watch
from footfall.store.election import Election
from footfall.store.inbox import Inbox
from footfall.store.watch import Place
from footfall.store.writer import Store

KEEP_S = 0.5
"""Between two looks at what was found."""
BEAT_S = 5.0
_log = logging.getLogger("footfall.watch")


@dataclass(frozen=True)
class Chore:
    """Something else to do every so often, in a thread of its own: retention, the status page. `judge_only`: by the judge alone."""

    name: str
    every_s: float
    work: Callable[[], None]
    judge_only: bool = True


@dataclass
class Parts:
    """What a watch is made of."""

    plan: Plan
    store: Store
    location: Location
    inbox: Inbox
    judge: Judge
    deliverer: Deliverer
    election: Election
    clock: Clock
    machine: str = ""
    chores: Sequence[Chore] = ()
    call: Callable[[], Awaitable[None]] | None = None


@dataclass
class Health:
    """How the watch itself does."""

    judging: bool = False
    store_away: str = ""
    last_kept: datetime | None = None
    suspects: Mapping[str, datetime] = field(default_factory=dict)


class Watch:
    """A running watch."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.health = parts, Health()
        self._beaten: float | None = None

    async def run(self, stop: asyncio.Event, hurry: asyncio.Event) -> None:
        """Watch until `stop`; then finish what runs, keep it, tell what is due, and leave. `hurry` ends what runs at once."""
        await self._keep()
        last = await asyncio.to_thread(self._last_started)
        schedule = Schedule(self._jobs(), self.parts.clock.monotonic(), self.parts.clock.now(), last)
        helpers = [asyncio.create_task(self._keep_on()), asyncio.create_task(self._deliver_on()), asyncio.create_task(self._call_on())]
        helpers += [asyncio.create_task(self._chore_on(chore)) for chore in self.parts.chores]
        try:
            await self._start_on(schedule, stop)
            _log.info("finishing what runs")
            await self._finish(hurry)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        await self.settle()
        await self._leave()

    async def once(self) -> None:
        """Check everything once, recheck what is suspected, judge, tell what is due."""
        await self._keep()
        for job in self._jobs():
            self.parts.location.start(job)
        working = True
        while working:
            await asyncio.sleep(KEEP_S / 5)
            busy = self.parts.location.busy  # what ended before the look below is judged by it
            await self._keep()
            if self.health.store_away:
                raise StoreError(self.health.store_away)
            working = busy or bool(self.health.suspects)
        await self.settle()
        await self._leave()

    def _jobs(self) -> list[Job]:
        plan = self.parts.plan
        return [Job(subject.key, subject.watched) for key, subject in plan.subjects.items() if key not in plan.inbound]

    async def _start_on(self, schedule: Schedule, stop: asyncio.Event) -> None:
        clock = self.parts.clock
        while not stop.is_set():
            for job, late_s in schedule.due(clock.monotonic(), clock.now()):
                self.parts.location.start(job, late_s)
            try:
                async with asyncio.timeout(schedule.wait_s(clock.monotonic(), clock.now())):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _finish(self, hurry: asyncio.Event) -> None:
        finishing = asyncio.ensure_future(self.parts.location.finish())
        hurried = asyncio.ensure_future(hurry.wait())
        await asyncio.wait({finishing, hurried}, return_when=asyncio.FIRST_COMPLETED)
        if not finishing.done():
            self.parts.location.abort()
        await finishing
        hurried.cancel()

    async def settle(self) -> None:
        """Move what was found to the store, judge it, and try once to tell what is due."""
        await self._keep()
        if self.health.judging and not self.health.store_away:
            await self._deliver()

    # Results

    async def _keep_on(self) -> None:
        while True:
            await asyncio.sleep(KEEP_S)
            await self._keep()

    async def _keep(self) -> None:
        try:
            self.health.suspects = await asyncio.to_thread(self._kept)
        except StoreError as error:
            self._store_is_away(error)
            return
        except Exception:  # noqa: BLE001  # a supervision point: the next look may do better
            _log.error("judging failed", exc_info=True)
            return
        if self.health.store_away:
            _log.warning("the store is back")
        self.health.store_away, self.health.last_kept = "", self.parts.clock.now()
        self.parts.location.confirm(self.health.suspects)

    def _store_is_away(self, error: FootfallError) -> None:
        if not self.health.store_away:
            _log.error("%s; checks go on, and what they find is kept until it is back", error.message)
        self.health.store_away, self.health.judging = error.message, False

    def _kept(self) -> Mapping[str, datetime]:
        """In a thread: results to the store, a sign of life, and judging if it is ours. Returns what is suspected, since when."""
        parts, now = self.parts, self.parts.clock.now()
        if parts.inbox.deliver(parts.store):
            reached("results-kept")
        self.health.judging = self._elected(now)
        self._beat(now)
        if self.health.judging:
            for transition in parts.judge.step():
                _log.info("%s: %s", transition.change, transition.problem)
        with parts.store.reading() as connection:
            states = watch.states_in(connection, Phase.SUSPECT)
        return {key: datetime.fromisoformat(state["since"]) for key, state in states.items() if state.get("since")}

    def _elected(self, now: datetime) -> bool:
        """A location that cannot see leaves the office to one that can, if there is one."""
        if self.parts.location.blind_since is not None:
            with self.parts.store.reading() as connection:
                others = [place for place in watch.places(connection) if place.name != self.parts.location.name and not place.blind]
            if any((now - place.seen).total_seconds() <= ALIVE_S for place in others):
                self.parts.election.resign()
                return False
        return self.parts.election.won()

    def _beat(self, now: datetime) -> None:
        """Say that this location lives, and what it started."""
        moment = self.parts.clock.monotonic()
        if self._beaten is not None and moment - self._beaten < BEAT_S:
            return
        location = self.parts.location
        since = location.blind_since
        detail = {"blind_since": to_text(since) if since else None, "skipped": location.counts.skipped, "checks": location.counts.checks}
        started = dict(location.started)
        with self.parts.store.writing() as connection:
            place = Place(location.name, now, since is not None, self.health.judging, self.parts.machine, detail)
            watch.see_location(connection, place)
            watch.jobs_started(connection, location.name, started)
        for key, value in started.items():
            if location.started.get(key) == value:
                del location.started[key]
        self._beaten = moment

    def _last_started(self) -> dict[str, datetime]:
        try:
            with self.parts.store.reading() as connection:
                return watch.last_started(connection, self.parts.location.name)
        except StoreError:
            return {}

    # Telling

    async def _deliver_on(self) -> None:
        while True:
            await asyncio.sleep(2 * KEEP_S)
            if self.health.judging and not self.health.store_away:
                await self._deliver()

    async def _deliver(self) -> None:
        try:
            while await self.parts.deliverer.step():
                pass
        except StoreError as error:
            self._store_is_away(error)
        except Exception:  # noqa: BLE001  # a supervision point
            _log.error("delivering failed", exc_info=True)

    async def _call_on(self) -> None:
        """Say to a dead man's switch elsewhere that this watch lives, as long as it truly keeps and judges."""
        while self.parts.call is not None:
            kept = self.health.last_kept
            if kept is not None and self.parts.clock.now() - kept < timedelta(seconds=ALIVE_S) and not self.health.store_away:
                try:
                    await self.parts.call()
                except Exception as error:  # noqa: BLE001  # a supervision point
                    _log.warning("the address of [watch] call could not be called: %s", type(error).__name__)
            await asyncio.sleep(60.0)

    async def _chore_on(self, chore: Chore) -> None:
        while True:
            if self.health.judging or not chore.judge_only:
                try:
                    await asyncio.to_thread(chore.work)
                except Exception as error:  # noqa: BLE001  # a supervision point
                    _log.warning("%s failed: %s", chore.name, error)
            await asyncio.sleep(chore.every_s)

    async def _leave(self) -> None:
        """End in order: this location is not missing, and another may judge at once."""

        def left() -> None:
            with self.parts.store.writing() as connection:
                watch.leave(connection, self.parts.location.name)
            self.parts.election.resign()

        try:
            await asyncio.to_thread(left)
        except StoreError as error:
            _log.warning("%s", error.message)
