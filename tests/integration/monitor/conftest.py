"""A watch without its checks: results are handed in, a fake clock is turned, and real receivers hear of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ulid import ULID

from footfall.config.alerts import AlertsSpec, Channel, Route
from footfall.config.secrets import Masker
from footfall.config.watch import Impact, Watched, WatchSpec
from footfall.monitor.channels.make import senders
from footfall.monitor.deliver import Deliverer
from footfall.monitor.judge import Judge
from footfall.monitor.letter import Writer
from footfall.monitor.plan import PROBE, Plan, Subject
from footfall.monitor.state import Rule
from footfall.store import incidents, outbox, watch
from footfall.store.incidents import Incident
from footfall.store.outbox import Message
from footfall.store.watch import Place, Seen
from footfall.store.writer import Store, open_store
from tests.integration.monitor.receivers import Mailbox, Receiver
from tests.loops import run

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)


@dataclass
class FakeClock:
    """A clock that a test turns."""

    at: datetime = T0

    def now(self) -> datetime:
        """The moment."""
        return self.at

    def monotonic(self) -> float:
        """Seconds."""
        return self.at.timestamp()

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


def subject(name: str = "shop", **more: object) -> Subject:
    """A probe that is watched."""
    watched = Watched(owner="shop", runbook="runbook.md#shop", **more)  # type: ignore[arg-type]
    impact = Impact("nobody can pay", orders_per_hour=60, revenue_per_hour=1200, users_per_hour=240)
    return Subject(f"probe:{name}", name, PROBE, watched, Rule(), f"{name} is down", impact)


@dataclass
class House:
    """All that stands between a check and a told person."""

    store: Store
    root: Path
    plan: Plan
    clock: FakeClock = field(default_factory=FakeClock)
    judge: Judge = field(init=False)
    deliverer: Deliverer = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As after the death of the process: nothing is known but what the store holds."""
        made, problems = senders(self.plan.alerts, {})
        assert not problems
        self.judge = Judge(self.store, self.plan, self.clock, target="corner", root=self.root)
        self.deliverer = Deliverer(
            self.store, self.plan, made, self.clock, writer=Writer(self.root), holder="test", masker=Masker(["hunter2"])
        )

    def see(self, ok: bool, key: str = "probe:shop", *, attempt: int = 0, location: str = "ams", latency_ms: float | None = 20.0) -> None:
        """Hand in a result and judge it."""
        with self.store.writing() as connection:
            watch.see_location(connection, Place(location, self.clock.at, blind=False, judge=True))
            state = watch.load_states(connection, [key]).get(key, {})
            round_at = datetime.fromisoformat(state["since"]) if attempt else None
            seen = Seen(str(ULID()), key, location, self.clock.at, ok, attempt=attempt, round_at=round_at)
            problem = "" if ok else "status 500"
            watch.add_results(connection, [Seen(**{**vars(seen), "latency_ms": latency_ms, "problem": problem})])
        self.judge.step()

    def fail(self, key: str = "probe:shop") -> None:
        """A scheduled check and both rechecks fail: 15 s."""
        self.see(ok=False, key=key)
        for attempt, pause in ((1, 5), (2, 10)):
            self.clock.turn(pause)
            self.see(ok=False, key=key, attempt=attempt)

    def recover(self, key: str = "probe:shop") -> None:
        """Two good checks: 60 s."""
        for _ in range(2):
            self.clock.turn(30)
            self.see(ok=True, key=key)

    def deliver(self) -> None:
        """Send what is due."""

        async def all_of_it() -> None:
            while await self.deliverer.step():
                pass

        run(all_of_it())

    def later(self, seconds: float, step_s: float = 20.0) -> None:
        """Let time pass with the watch at work."""
        end = self.clock.at + timedelta(seconds=seconds)
        while self.clock.at < end:
            self.clock.turn(min(step_s, (end - self.clock.at).total_seconds()))
            with self.store.writing() as connection:
                watch.see_location(connection, Place("ams", self.clock.at, blind=False, judge=True))
            self.judge.step()
            self.deliver()

    def incidents(self) -> list[Incident]:
        """All incidents, oldest first."""
        with self.store.reading() as connection:
            return incidents.listed(connection)[::-1]

    def incident(self) -> Incident:
        """The only incident."""
        (found,) = self.incidents()
        return found

    def timeline(self, incident: Incident) -> list[str]:
        """The kinds of a timeline's entries."""
        with self.store.reading() as connection:
            return [entry.kind for entry in incidents.timeline(connection, incident)]

    def owed(self) -> int:
        """How many messages wait."""
        with self.store.reading() as connection:
            return outbox.owed(connection)

    def messages(self, incident: Incident) -> list[Message]:
        """All messages about an incident."""
        with self.store.reading() as connection:
            return outbox.of_thread(connection, incident.id)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP server that hears of alerts."""
    found = Receiver()
    server = found.start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server that hears of alerts."""
    found = Mailbox()
    controller = found.start()
    yield found
    controller.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def hook(receiver: Receiver, name: str, fallback: str = "") -> Channel:
    """A signed webhook at the receiver."""
    return Channel(name, "webhook", f"{receiver.url}/{name}", secret="s3cret", fallback=fallback)


def plan(channels: Sequence[Channel], routes: Sequence[Route], subjects: Sequence[Subject] = ()) -> Plan:
    """A plan with these channels and routes."""
    known = subjects or (subject(),)
    alerts = AlertsSpec({channel.name: channel for channel in channels}, tuple(routes), link="https://status.example.com")
    return Plan("Corner", {each.key: each for each in known}, WatchSpec(), alerts)
