"""One location's checks: limits, overruns, rechecks, blindness, and what goes wrong in making them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from footfall.config.secrets import Masker
from footfall.config.watch import Maintenance, WatchSpec
from footfall.monitor.location import Location, Measured
from footfall.monitor.plan import Plan, Subject
from footfall.monitor.schedule import Job
from footfall.monitor.state import Rule
from footfall.store import watch
from footfall.store.inbox import Inbox
from footfall.store.watch import Seen
from footfall.store.writer import Store
from tests import loops
from tests.integration.monitor.conftest import T0, FakeClock, plan, subject

Scenario = Callable[[Location], Awaitable[None]]
BROKEN = Measured(ok=False, latency_ms=3.0, problem="status 500 for hunter2\x1b[2J\n", figures={"ttfb": 2.0})


def run(
    store: Store,
    root: Path,
    planned: Plan,
    measure: Callable[[Subject], Awaitable[Measured]],
    scenario: Scenario,
    control: Callable[[], Awaitable[bool]] | None = None,
    clock: FakeClock | None = None,
) -> list[Seen]:
    """Let a location work; what it has seen, oldest first."""
    inbox = Inbox(root, "ams")

    async def work() -> None:
        at = clock or FakeClock()
        location = Location("ams", planned, lambda which, _attempt: measure(which), inbox, at, control=control, masker=Masker(["hunter2"]))
        await scenario(location)
        await location.finish()

    loops.run(work())
    inbox.deliver(store)
    inbox.close()
    with store.reading() as connection:
        return [seen for _, seen in watch.waiting(connection)]


def job(key: str = "probe:shop") -> Job:
    """A check that is due."""
    return Job(key, subject().watched)


async def broken(_subject: Subject) -> Measured:
    """A check that fails."""
    return BROKEN


async def made(location: Location, checks: int) -> None:
    """Wait until so many checks were made, and long enough for another that must not be."""
    async with asyncio.timeout(60):
        while location.counts.checks < checks:  # noqa: ASYNC110  # what it waits for knows nothing of it
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)


def test_an_overrun_is_skipped_and_said(store: Store, tmp_path: Path) -> None:
    """While a check runs, or waits for its turn, the next one of its kind is not started; what runs is finished at the end."""
    crowd = [subject("shop"), subject("other")]
    planned = replace(plan([], [], crowd), watch=WatchSpec(probes_at_once=1))
    release: list[asyncio.Event] = []

    async def slow(_subject: Subject) -> Measured:
        await release[0].wait()
        return Measured(ok=True, latency_ms=1.0)

    async def scenario(location: Location) -> None:
        release.append(asyncio.Event())
        for key in ("probe:shop", "probe:other", "probe:shop", "probe:other"):
            location.start(job(key))
            await asyncio.sleep(0)
        assert location.counts.skipped == 2
        assert location.started["probe:shop"][1].startswith("skipped: the check of 2026-11-21T10:00:00.000Z still runs")
        assert location.busy
        release[0].set()

    assert [seen.subject for seen in run(store, tmp_path, planned, slow, scenario)] == ["probe:shop", "probe:other"]


def test_a_check_that_waits_for_its_turn_is_late(store: Store, tmp_path: Path) -> None:
    """Lateness counts to where a check truly begins: 0.2 s before it was looked for, and the three that the one before it took."""
    planned = replace(plan([], [], [subject("shop"), subject("other")]), watch=WatchSpec(probes_at_once=1))
    clock = FakeClock()

    async def taking_3_s(_subject: Subject) -> Measured:
        clock.turn(3)
        return Measured(ok=True, latency_ms=3000.0)

    async def scenario(location: Location) -> None:
        for key in ("probe:shop", "probe:other"):
            location.start(job(key), 0.2)
        await location.finish()
        assert location.counts.late_ms == pytest.approx([200, 3200])

    run(store, tmp_path, planned, taking_3_s, scenario, clock=clock)


def test_a_check_that_cannot_be_made_is_a_failed_one(store: Store, tmp_path: Path) -> None:
    """Whatever is raised; the others go on."""

    async def raising(which: Subject) -> Measured:
        if which.name == "shop":
            raise RecursionError("too deep")
        return Measured(ok=True)

    async def scenario(location: Location) -> None:
        location.start(job())
        location.start(job("probe:other"))

    first, second = run(store, tmp_path, plan([], [], [subject(), subject("other")]), raising, scenario)
    assert (first.ok, first.problem) == (False, "the check itself failed: RecursionError: too deep")
    assert second.ok


def test_what_is_seen_is_clean_and_complete(store: Store, tmp_path: Path) -> None:
    """No secret, no control character; figures, location and maintenance are kept."""
    window = Maintenance("upgrade", T0 - timedelta(hours=1), T0 + timedelta(hours=1))
    planned = replace(plan([], []), watch=WatchSpec(maintenance=(window,)))

    async def scenario(location: Location) -> None:
        location.start(job())

    (seen,) = run(store, tmp_path, planned, broken, scenario)
    assert seen.problem == "status 500 for *** [2J "
    assert (seen.location, seen.excused, seen.figures, seen.latency_ms) == ("ams", True, {"ttfb": 2.0}, 3.0)


def test_a_location_without_a_network_is_blind(store: Store, tmp_path: Path) -> None:
    """The control is asked once for all checks that fail together; a check that holds ends the blindness."""
    asked: list[int] = []

    async def control() -> bool:
        asked.append(1)
        await asyncio.sleep(0.01)
        return False

    async def either(which: Subject) -> Measured:
        return BROKEN if which.name != "fine" else Measured(ok=True)

    async def scenario(location: Location) -> None:
        for name in ("a", "b", "c"):
            location.start(job(f"probe:{name}"))
        await location.finish()
        assert location.blind_since == T0
        location.start(job("probe:fine"))
        await location.finish()
        assert location.blind_since is None

    names = [subject(name) for name in ("a", "b", "c", "fine")]
    found = run(store, tmp_path, plan([], [], names), either, scenario, control)
    assert [seen.blind for seen in found] == [True, True, True, False]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("answered_min", "held_min", "blind"),
    [
        (None, None, True),  # the network was away from the start
        (None, 0, False),  # the control never answered, while checks held
        (0, 50, True),  # all was well, and the network went
        (0, 61, False),  # the control went an hour ago, and checks held since
    ],
)
def test_a_control_that_is_broken_itself_excuses_nothing(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture, answered_min: int | None, held_min: int | None, *, blind: bool
) -> None:
    """An outage of the site is not taken for one's own, for good, because of an address that is gone: the log says so, once."""
    clock, away = FakeClock(), [answered_min is None]

    async def control() -> bool:
        return not away[0]

    async def either(which: Subject) -> Measured:
        return Measured(ok=True) if which.name == "fine" else BROKEN

    async def checked(location: Location, name: str, at_min: int) -> None:
        clock.at = T0 + timedelta(minutes=at_min)
        location.start(job(f"probe:{name}"))
        await location.finish()

    async def scenario(location: Location) -> None:
        for moment in sorted({each for each in (answered_min, held_min) if each is not None}):
            away[0] = moment != answered_min
            await checked(location, "fine", moment)
        away[0] = True
        await checked(location, "shop", 70)
        assert (location.blind_since is not None) == blind
        await checked(location, "shop", 71)
        away[0] = False
        await checked(location, "fine", 90)
        away[0] = True
        await checked(location, "shop", 91)  # it answers again, and is believed again

    with caplog.at_level("WARNING", "footfall.watch"):
        found = run(store, tmp_path, plan([], [], [subject(), subject("fine")]), either, scenario, control, clock)
    assert [seen.blind for seen in found if not seen.ok] == [blind, blind, True]
    assert caplog.text.count("it is broken itself, and excuses no failure") == (0 if blind else 1)


def test_a_check_that_says_nothing_is_kept_as_such(store: Store, tmp_path: Path) -> None:
    """A load test whose generator was starved is neither good nor bad, and the location is not blind for it."""

    async def starved(_subject: Subject) -> Measured:
        return Measured(ok=False, problem="the generator was starved", blind=True)

    async def scenario(location: Location) -> None:
        location.start(job())
        await location.finish()
        assert location.blind_since is None

    (seen,) = run(store, tmp_path, plan([], []), starved, scenario)
    assert (seen.ok, seen.blind, seen.problem) == (False, True, "the generator was starved")


def test_a_suspicion_is_rechecked_once_a_round_and_its_dependencies_are_looked_at(store: Store, tmp_path: Path) -> None:
    """After each pause, numbered, until the round is decided; the database is checked at once, so that it is known to be the cause."""
    quick = Rule(pauses_s=(0.01, 0.01, 0.01))
    planned = plan([], [], [replace(subject("shop", depends_on=("database",)), rule=quick), subject("database")])

    async def scenario(location: Location) -> None:
        location.confirm({"probe:shop": T0})
        location.confirm({"probe:shop": T0})
        await made(location, 4)
        location.confirm({})

    found = run(store, tmp_path, planned, broken, scenario)
    assert [seen.attempt for seen in found if seen.subject == "probe:shop"] == [1, 2, 3]
    assert {seen.round_at for seen in found if seen.attempt} == {T0}
    assert [seen.attempt for seen in found if seen.subject == "probe:database"] == [0]


def test_a_broken_probe_is_looked_at_each_minute(store: Store, tmp_path: Path) -> None:
    """Where its own turn comes more rarely, and from a minute after it broke; what is seen so is no part of its uptime."""
    often, rarely, nightly = subject("often"), subject("rarely"), subject("nightly")
    rarely = replace(rarely, watched=replace(rarely.watched, every_s=3600.0))
    nightly = replace(nightly, watched=replace(nightly.watched, cron="0 3 * * *"))
    walk = replace(rarely, key="journey:walk", name="walk", source="journey")
    down = [each.key for each in (often, rarely, nightly, walk)] + ["slow:probe:rarely"]
    clock = FakeClock()

    async def scenario(location: Location) -> None:
        for _ in range(5):  # 0, 30, … 120 s
            location.look_again(down)
            await location.finish()
            clock.turn(30)
        location.look_again([])
        location.look_again(down)  # it broke anew

    found = run(store, tmp_path, plan([], [], [often, rarely, nightly, walk]), broken, scenario, clock=clock)
    assert sorted(seen.subject for seen in found) == ["probe:nightly", "probe:nightly", "probe:rarely", "probe:rarely"]
    assert {(seen.attempt, seen.excused, seen.ok) for seen in found} == {(0, True, False)}


def test_what_has_long_been_broken_is_looked_at_less(store: Store, tmp_path: Path) -> None:
    """A certificate that nobody renews for a day is not asked for a thousand times."""
    rarely = replace(subject("rarely"), watched=replace(subject("rarely").watched, every_s=6 * 3600.0))
    clock = FakeClock()

    async def scenario(location: Location) -> None:
        for _ in range(24 * 60):
            location.look_again(["probe:rarely"])
            await location.finish()
            clock.turn(60)

    found = run(store, tmp_path, plan([], [], [rarely]), broken, scenario, clock=clock)
    assert 50 < len(found) < 80


def test_a_check_that_is_due_takes_over_the_look_that_runs(store: Store, tmp_path: Path) -> None:
    """What hangs during an outage counts as its own turn's check: no downtime is lost from its uptime."""
    rarely = replace(subject("rarely"), watched=replace(subject("rarely").watched, every_s=3600.0))
    clock = FakeClock()
    release: list[asyncio.Event] = []
    begun = asyncio.Event()

    async def slow(_subject: Subject) -> Measured:
        begun.set()
        await release[0].wait()
        return BROKEN

    async def scenario(location: Location) -> None:
        release.append(asyncio.Event())
        location.look_again(["probe:rarely"])
        clock.turn(60)
        location.look_again(["probe:rarely"])
        await begun.wait()
        location.start(job("probe:rarely"))
        release[0].set()
        await location.finish()
        assert location.counts.skipped == 0

    (seen,) = run(store, tmp_path, plan([], [], [rarely]), slow, scenario, clock=clock)
    assert (seen.attempt, seen.excused, seen.ok) == (0, False, False)


def test_rechecks_wait_for_no_scheduled_check(store: Store, tmp_path: Path) -> None:
    """In a great outage every place is taken by checks that hang; a suspicion, and what it depends on, is looked at all the same."""
    quick = Rule(pauses_s=(0.01, 0.01))
    names = [replace(subject("shop", depends_on=("database",)), rule=quick), subject("database"), subject("hangs"), subject("waits")]
    planned = replace(plan([], [], names), watch=WatchSpec(probes_at_once=1))
    release: list[asyncio.Event] = []

    async def measure(which: Subject) -> Measured:
        if which.name == "hangs":
            await release[0].wait()
        return BROKEN

    async def scenario(location: Location) -> None:
        release.append(asyncio.Event())
        location.start(job("probe:hangs"))
        location.start(job("probe:waits"))
        location.confirm({"probe:shop": T0})
        await made(location, 3)
        location.confirm({})
        release[0].set()

    found = run(store, tmp_path, planned, measure, scenario)
    assert {(seen.subject, seen.attempt) for seen in found[:3]} == {("probe:shop", 1), ("probe:shop", 2), ("probe:database", 0)}
    assert [seen.subject for seen in found[3:]] == ["probe:hangs", "probe:waits"]


def test_what_another_measures_or_calls_is_not_rechecked(store: Store, tmp_path: Path) -> None:
    """A probe of another location's, and a heartbeat that something depends on."""
    quick = Rule(pauses_s=(0.01,))
    names = [replace(subject("shop", depends_on=("backup",)), rule=quick), subject("backup"), subject("inside", location="fra")]
    planned = replace(plan([], [], names), inbound={"probe:backup": 90.0})

    async def scenario(location: Location) -> None:
        location.confirm({"probe:shop": T0, "probe:inside": T0})
        await made(location, 1)
        location.confirm({})

    assert [seen.subject for seen in run(store, tmp_path, planned, broken, scenario)] == ["probe:shop"]
