"""The watch itself: one loop that starts checks on time, and beside it one that moves what they found to the store, judges and tells.

Checks never wait for the store: while it is away, results gather in a file. The judge never waits for a channel: what is to be
told is owed in the store. So any part may fail, be slow, or die, without the others. A judge that hangs, or that fails again and
again, gives its office up, and what `[watch] call` names hears nothing until somebody judges.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from footfall.clock import Clock, to_text
from footfall.errors import FootfallError, StoreError
from footfall.monitor.bench import ALIVE_S
from footfall.monitor.deliver import SEND_S, Deliverer
from footfall.monitor.health import ROUND_S, Health
from footfall.monitor.judge import Judge
from footfall.monitor.location import Location
from footfall.monitor.plan import LOAD, Plan
from footfall.monitor.points import reached
from footfall.monitor.schedule import Job, Schedule
from footfall.monitor.state import Phase
from footfall.store import watch
from footfall.store.election import Election
from footfall.store.inbox import Inbox
from footfall.store.watch import Place
from footfall.store.writer import Store
from footfall.threads import Threads

KEEP_S = 0.5
"""Between two looks at what was found."""
BEAT_S = 5.0
_HURRY_S = 5.0
"""What is left after a second signal, to keep what was found and to leave."""
_REST_S = 60.0
"""How long a watch that gave the office up leaves it to others, where there are some."""
_log = logging.getLogger("footfall.watch")
_Standing = tuple[Mapping[str, datetime], Collection[str]]
"""What is suspected, since when, and what is down."""


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
    round_s: float = ROUND_S


class Watch:
    """A running watch."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.health = parts, Health()
        self._threads, self._chores = Threads("footfall-store", 6), Threads("footfall-chores", 4)
        self._beaten: float | None = None
        self._round: asyncio.Future[_Standing] | None = None
        self._failing_since: float | None = None
        self._rests_until = 0.0
        self._ending = asyncio.Event()
        self._starting: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event, hurry: asyncio.Event) -> None:
        """Watch until `stop`; then finish what runs, keep it, tell what is due, and leave. `hurry` ends what runs at once."""
        await self._keep()
        last = await self._threads.run(self._last_started)
        schedule = Schedule(self._jobs(), self.parts.clock.monotonic(), self.parts.clock.now(), last)
        telling = asyncio.create_task(self._deliver_on())
        helpers = [asyncio.create_task(self._keep_on()), asyncio.create_task(self._call_on())]
        helpers += [asyncio.create_task(self._chore_on(chore)) for chore in self.parts.chores]
        try:
            await self._start_on(schedule, stop)
            for starting in self._starting:
                starting.cancel()
            _log.info("finishing what runs")
            await self._finish(hurry)
        finally:
            self._ending.set()
            await _in_time(telling, SEND_S + 5, hurry)  # what is cut off while it is sent would be sent again
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        await _in_time(asyncio.ensure_future(self.settle()), 2 * SEND_S + self.parts.round_s, hurry)
        await _in_time(asyncio.ensure_future(self._leave()), self.parts.round_s, hurry)

    async def once(self) -> None:
        """Check everything once, recheck what is suspected, judge, tell what is due."""
        await self._keep()
        for job in self._jobs():
            if self._is_ours(job):
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
        """What this location may have to measure: not what others call, nor what another location measures."""
        plan, here = self.parts.plan, self.parts.location.name
        subjects = {key: subject for key, subject in plan.subjects.items() if key not in plan.inbound}
        return [Job(key, subject.watched) for key, subject in subjects.items() if subject.measured_at(here, judging=True)]

    def _is_ours(self, job: Job) -> bool:
        return self.parts.plan.subject(job.key).measured_at(self.parts.location.name, judging=self.health.judging)

    async def _start_on(self, schedule: Schedule, stop: asyncio.Event) -> None:
        clock = self.parts.clock
        while not stop.is_set():
            for job, late_s in schedule.due(clock.monotonic(), clock.now()):
                self._start(job, late_s)
            try:
                async with asyncio.timeout(schedule.wait_s(clock.monotonic(), clock.now())):
                    await stop.wait()
            except TimeoutError:
                continue

    def _start(self, job: Job, late_s: float) -> None:
        if not self._is_ours(job):
            return
        if self.parts.plan.subject(job.key).source != LOAD:
            self.parts.location.start(job, late_s)
            return
        starting = asyncio.create_task(self._start_load(job))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)

    async def _start_load(self, job: Job) -> None:
        """Start a load test, unless another location has a moment ago: the office may have changed hands."""
        last = (await self._threads.run(self._last_started)).get(job.key)
        least_s = 60.0 if job.watched.cron else job.watched.every_s / 2
        if last is None or (self.parts.clock.now() - last).total_seconds() >= least_s:
            self.parts.location.start(job)

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
        if self._round is not None:  # it may have begun before the last check ended
            await self._keep()
        await self._keep()
        if self.health.judging and not self.health.store_away:
            await self._deliver()

    # Results

    async def _keep_on(self) -> None:
        while True:
            await asyncio.sleep(KEEP_S)
            await self._keep()

    async def _keep(self) -> None:
        """One round. One that does not end in time goes on in its thread, and no other begins before it has ended."""
        if self._round is None:
            self._round = asyncio.ensure_future(self._threads.run(self._kept))
        done, _ = await asyncio.wait({self._round}, timeout=self.parts.round_s)
        if not done:
            self.health.hangs = True
            await self._give_up(f"keeping and judging results has not ended within {self.parts.round_s:g} s")
            return
        ended, self._round, self.health.hangs = self._round, None, False
        try:
            self.health.suspects, self.health.down = ended.result()
        except StoreError as error:
            self._store_is_away(error)
            return
        except Exception:  # noqa: BLE001  # a supervision point: the next look may do better
            _log.error("judging failed", exc_info=True)
            await self._failed()
            return
        if self.health.store_away:
            _log.warning("the store is back")
        self.health.store_away, self.health.last_kept, self._failing_since = "", self.parts.clock.now(), None
        self.parts.location.confirm(self.health.suspects)
        self.parts.location.look_again(self.health.down)

    async def _failed(self) -> None:
        moment = self.parts.clock.monotonic()
        self._failing_since = self._failing_since if self._failing_since is not None else moment
        if moment - self._failing_since >= self.parts.round_s:
            await self._give_up(f"judging has failed for {moment - self._failing_since:.0f} s")
            self._failing_since = None

    async def _give_up(self, why: str) -> None:
        """Leave the office to others; what holds this watch up may not hold them up."""
        _log.error("%s: this watch gives up judging, and leaves it to others", why)
        self.health.judging = False
        self._rests_until = self.parts.clock.monotonic() + _REST_S
        await self._chores.run(self.parts.election.resign)

    def _store_is_away(self, error: FootfallError) -> None:
        if not self.health.store_away:
            _log.error("%s; checks go on, and what they find is kept until it is back", error.message)
        self.health.store_away, self.health.judging = error.message, False

    def _kept(self) -> _Standing:
        """In a thread: results to the store, a sign of life, and judging if it is ours."""
        parts, now = self.parts, self.parts.clock.now()
        if parts.inbox.deliver(parts.store):
            reached("results-kept")
        self.health.judging = self._elected(now)
        self._beat(now)
        if self.health.judging:
            for subject, transition in parts.judge.step():
                _log.info("%s %s", subject.name, transition.words)
        else:
            parts.judge.rest()
        target = parts.plan.target
        with parts.store.reading() as connection:
            states = watch.states_in(connection, Phase.SUSPECT, Phase.DOWN, target=target)
            first = watch.first_waiting(connection, target)
        if first is None or first != self.health.unjudged[0]:
            self.health.unjudged = (first, parts.clock.monotonic())
        suspects = {key: state["since"] for key, state in states.items() if state["phase"] == Phase.SUSPECT and state.get("since")}
        down = tuple(key for key, state in states.items() if state["phase"] == Phase.DOWN)
        return {key: datetime.fromisoformat(since) for key, since in suspects.items()}, down

    def _elected(self, now: datetime) -> bool:
        """A location that cannot see, or that gave up a moment ago, leaves the office to one that can judge, if there is one."""
        if self.parts.location.blind_since is not None or self.parts.clock.monotonic() < self._rests_until:
            with self.parts.store.reading() as connection:
                places = watch.places(connection, target=self.parts.plan.target)
            others = [place for place in places if place.name != self.parts.location.name and not place.blind]
            if any((now - place.seen).total_seconds() <= ALIVE_S for place in others):
                self.parts.election.resign()
                return False
        return self.parts.election.won()

    def _beat(self, now: datetime) -> None:
        """Say that this location lives, and what it started."""
        moment = self.parts.clock.monotonic()
        if self._beaten is not None and moment - self._beaten < BEAT_S:
            return
        location, target = self.parts.location, self.parts.plan.target
        since = location.blind_since
        detail = {"blind_since": to_text(since) if since else None, "skipped": location.counts.skipped, "checks": location.counts.checks}
        started = dict(location.started)
        with self.parts.store.writing() as connection:
            if self._beaten is None:
                watch.adopt(connection, target)
            place = Place(location.name, now, since is not None, self.health.judging, self.parts.machine, detail, target)
            watch.see_location(connection, place)
            watch.jobs_started(connection, location.name, started, target=target)
        for key, value in started.items():
            if location.started.get(key) == value:
                del location.started[key]
        self._beaten = moment

    def _last_started(self) -> dict[str, datetime]:
        """When each job last began: here, but a load test anywhere."""
        plan, here = self.parts.plan, self.parts.location.name
        try:
            with self.parts.store.reading() as connection:
                own = watch.last_started(connection, here, target=plan.target)
                anywhere = watch.last_started(connection, None, target=plan.target)
        except StoreError:
            return {}
        return {**own, **{key: at for key, at in anywhere.items() if plan.subject(key).source == LOAD}}

    # Telling

    async def _deliver_on(self) -> None:
        while not self._ending.is_set():
            if self.health.judging and not self.health.store_away:
                await self._deliver()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2 * KEEP_S):
                    await self._ending.wait()

    async def _deliver(self) -> None:
        """Send what is due, for some time at most; what is left is sent by the next look, or after the next start."""
        end = self.parts.clock.monotonic() + SEND_S
        try:
            while await self.parts.deliverer.step() and self.parts.clock.monotonic() < end:
                pass
        except StoreError as error:
            self._store_is_away(error)
        except Exception:  # noqa: BLE001  # a supervision point
            _log.error("delivering failed", exc_info=True)

    async def _call_on(self) -> None:
        """Say to a dead man's switch elsewhere that this watch lives, as long as it truly keeps results and somebody judges them."""
        while self.parts.call is not None:
            if self.health.truly_watching(self.parts.clock):
                try:
                    await self.parts.call()
                except Exception as error:  # noqa: BLE001  # a supervision point
                    _log.warning("the address of [watch] call could not be called: %s", type(error).__name__)
            await asyncio.sleep(60.0)

    async def _chore_on(self, chore: Chore) -> None:
        while True:
            if self.health.judging or not chore.judge_only:
                try:
                    await self._chores.run(chore.work)
                except Exception as error:  # noqa: BLE001  # a supervision point
                    _log.warning("%s failed: %s", chore.name, error)
            await asyncio.sleep(chore.every_s)

    async def _leave(self) -> None:
        """End in order: this location is not missing, and another may judge at once."""

        def left() -> None:
            with self.parts.store.writing() as connection:
                watch.leave(connection, self.parts.location.name, target=self.parts.plan.target)
            self.parts.election.resign()

        try:
            await self._threads.run(left)
        except StoreError as error:
            _log.warning("%s", error.message)


async def _in_time(doing: asyncio.Future[None], most_s: float, hurry: asyncio.Event) -> None:
    """Wait for something to end, for so long at most, or, once there is a hurry, for some seconds; then end it."""
    hurried = asyncio.ensure_future(hurry.wait())
    either: set[asyncio.Future[Any]] = {doing, hurried}
    await asyncio.wait(either, timeout=most_s, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({doing}, timeout=_HURRY_S if hurried.done() else 0)
    doing.cancel()
    hurried.cancel()
    await asyncio.gather(doing, hurried, return_exceptions=True)
