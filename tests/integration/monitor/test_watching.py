"""A whole watch in this process: a judge that hangs, a send that takes its time, load tests of several locations."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from footfall.clock import SystemClock
from footfall.config.alerts import Route
from footfall.config.secrets import Masker
from footfall.config.watch import Watched
from footfall.monitor.channels.base import Sender
from footfall.monitor.deliver import Deliverer
from footfall.monitor.judge import Judge
from footfall.monitor.letter import Letter, Writer
from footfall.monitor.location import Location, Measured
from footfall.monitor.plan import LOAD, Plan, Subject
from footfall.monitor.state import Rule, Transition
from footfall.monitor.watch import Parts, Watch
from footfall.store import outbox
from footfall.store.election import Election
from footfall.store.inbox import Inbox
from footfall.store.writer import Store
from tests import loops
from tests.integration.monitor.conftest import hook, plan, subject
from tests.integration.monitor.receivers import Receiver

ROUND_S = 60.0


class Stuck(Judge):
    """A judge that hangs when it is told to, until it is released."""

    released = threading.Event()
    hangs = False

    def step(self) -> list[tuple[Subject, Transition]]:
        """Judge, or hang."""
        if self.hangs:
            self.released.wait()
        return super().step()


@dataclass
class Running:
    """A watch that runs, and what it did."""

    watch: Watch
    calls: list[float] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to come true."""
        while not condition():  # noqa: ASYNC110  # what it waits for knows nothing of it
            await asyncio.sleep(0.02)


def started(
    store: Store,
    root: Path,
    planned: Plan,
    name: str = "ams",
    senders: Mapping[str, Sender] | None = None,
    *,
    ok: bool = True,
    round_s: float = ROUND_S,
) -> Running:
    """Everything at work, with checks that hold or fail at once."""
    clock = SystemClock()

    async def measure(which: Subject, _attempt: int) -> Measured:
        running.checked.append(which.key)
        return Measured(ok=ok, problem="" if ok else "status 500")

    inbox = Inbox(root, name)
    location = Location(name, planned, measure, inbox, clock, masker=Masker(()))
    deliverer = Deliverer(store, planned, senders or {}, clock, writer=Writer(root), holder=name, masker=Masker(()))
    parts = Parts(planned, store, location, inbox, Stuck(store, planned, clock), deliverer, Election(store, root), clock)
    running = Running(Watch(replace(parts, round_s=round_s)))

    async def call() -> None:
        running.calls.append(clock.monotonic())

    running.watch.parts.call = call
    return running


async def during(running: Running, scenario: Callable[[], Awaitable[None]]) -> None:
    """Watch while a scenario lasts."""
    working = asyncio.ensure_future(running.watch.run(running.stop, running.hurry))
    try:
        await scenario()
    finally:
        running.stop.set()
        await working


def often(name: str = "shop") -> Subject:
    """A probe that is checked every tenth of a second."""
    return replace(subject(name, every_s=0.1), rule=Rule(pauses_s=(0.01,)))


def test_a_judge_that_hangs_gives_up_the_office(store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Another may judge at once; it is said, and the dead man's switch hears nothing; once it goes on it may judge again."""
    running = started(store, tmp_path, plan([], [], [often()]), round_s=3.0)
    judge, other = running.watch.parts.judge, Election(store, tmp_path)
    assert isinstance(judge, Stuck)
    health, clock = running.watch.health, running.watch.parts.clock

    async def scenario() -> None:
        await running.until(lambda: health.judging and running.calls)
        assert not other.won()
        judge.hangs = True
        await running.until(lambda: health.hangs)
        await running.until(other.won)
        assert not health.judging
        assert not health.truly_watching(clock)
        other.resign()
        judge.hangs = False
        judge.released.set()
        await running.until(lambda: health.judging and health.truly_watching(clock))

    loops.run(during(running, scenario))
    assert "this watch gives up judging, and leaves it to others" in caplog.text


class Slow:
    """A channel that takes its time, and counts what it took."""

    def __init__(self) -> None:
        self.begun, self.taken = asyncio.Event(), list[str]()

    async def send(self, letter: Letter) -> None:
        """Take a letter, slowly."""
        self.begun.set()
        await asyncio.sleep(0.3)
        self.taken.append(letter.key)


def test_what_is_being_sent_when_the_watch_ends_is_sent_and_marked(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """SIGTERM in the middle of a send: the receiver has it once, and the store knows."""
    planned = plan([hook(receiver, "team")], [Route("all", ("team",))], [often()])

    async def work() -> Slow:
        slow = Slow()
        running = started(store, tmp_path, planned, senders={"team": slow}, ok=False)
        await during(running, slow.begun.wait)  # type: ignore[arg-type]
        return slow

    slow = loops.run(work())
    assert len(slow.taken) == 1
    with store.reading() as connection:
        assert outbox.owed(connection) == 0


def test_a_load_test_is_started_by_the_judge_alone(store: Store, tmp_path: Path) -> None:
    """Two locations are due at once; the one that holds the office runs it, and `--once` elsewhere does not."""
    watched = Watched(every_s=0.1, severity="P1")
    peak = Subject("load:peak", "peak", LOAD, watched, Rule((), quorum=1), "the load test peak fails")
    planned = plan([], [], [often(), peak])
    first, second = (started(store, tmp_path, planned, name) for name in ("ams", "fra"))

    async def work() -> None:
        working = asyncio.ensure_future(first.watch.run(first.stop, first.hurry))
        await first.until(lambda: first.watch.health.judging)
        other = asyncio.ensure_future(second.watch.run(second.stop, second.hurry))
        await first.until(lambda: "load:peak" in first.checked and second.checked.count("probe:shop") > 10)
        for running in (first, second):
            running.stop.set()
        await asyncio.gather(working, other)

    loops.run(work())
    assert "load:peak" not in second.checked
