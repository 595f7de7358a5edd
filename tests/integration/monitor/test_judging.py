"""The judge among gaps, targets, several locations, and results that cannot be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from ulid import ULID

from footfall.clock import from_text
from footfall.config.watch import Watched, WatchSpec
from footfall.monitor import judge as judging
from footfall.monitor.plan import LOAD, Plan, Subject, plan_of
from footfall.monitor.state import AT_ONCE, Phase
from footfall.store import watch
from footfall.store.watch import Beat, Place, Seen
from footfall.store.writer import Store
from tests.integration.monitor.conftest import T0, House, plan, subject
from tests.unit.config.test_watch import suite


def alive(corner: House, *names: str) -> None:
    """These locations have just been heard of."""
    with corner.store.writing() as connection:
        for name in names:
            watch.see_location(connection, Place(name, corner.clock.at, blind=False, judge=False, target=corner.plan.target))


def opened(corner: House) -> list[str]:
    """What is broken."""
    return [each.subject for each in corner.incidents() if each.resolved is None]


def test_a_load_test_that_fails_is_an_incident_wherever_it_ran(store: Store, tmp_path: Path) -> None:
    """Three locations see the site; one of them runs the load test: its verdict alone opens and ends it."""
    text = "[targets.corner]\ndemo = true\n[watch.load.peak]\n"
    (tmp_path / "loadtests").mkdir()
    (tmp_path / "loadtests/peak.py").write_text("class Peak: ...\n")
    planned = replace(plan_of(suite(tmp_path, text)), target="")
    corner = House(store, tmp_path, planned)
    alive(corner, "fra", "nyc")
    corner.see(ok=False, key="load:peak", location="ams")
    assert opened(corner) == ["load:peak"]
    alive(corner, "ams", "nyc")
    corner.see(ok=True, key="load:peak", location="fra")  # the office has changed hands
    assert opened(corner) == []
    corner.see(ok=False, key="load:peak", location="fra")
    with store.writing() as connection:  # the next one's generator was starved: that ends nothing
        watch.add_results(connection, [Seen("starved", "load:peak", "fra", corner.clock.at, ok=False, blind=True)])
    corner.judge.step()
    assert opened(corner) == ["load:peak"]
    corner.see(ok=True, key="load:peak", location="fra")
    corner.clock.turn(4 * 3600)
    with store.writing() as connection:  # a soak of four hours is judged at its end
        began = corner.clock.at
        corner.clock.turn(4 * 3600)
        watch.add_results(connection, [Seen(str(ULID()), "load:peak", "fra", began, ok=False, problem="p95")])
    corner.judge.step()
    assert opened(corner) == ["load:peak"]


def test_what_one_location_measures_is_judged_by_it_alone(store: Store, tmp_path: Path) -> None:
    """`location = "inside"`: nobody else can agree, or is waited for."""
    corner = House(store, tmp_path, plan([], [], [subject("queue", location="inside")]))
    for attempt, pause in ((0, 5), (1, 10), (2, 0)):
        alive(corner, "ams", "fra")
        corner.see(ok=False, key="probe:queue", attempt=attempt, location="inside")
        corner.clock.turn(pause)
    assert opened(corner) == ["probe:queue"]


def looking(corner: House, seconds: int, *names: str) -> None:
    """Time passes, the judge looks, and these locations are heard of."""
    for _ in range(0, seconds, 5):
        corner.clock.turn(5)
        alive(corner, *names)
        corner.judge.step()


@pytest.mark.parametrize("dies", [False, True])
def test_after_a_gap_nobody_is_missing_at_once(store: Store, tmp_path: Path, *, dies: bool) -> None:
    """Nine hours of sleep, or without the store: locations and heartbeats get the time that they had left; the silent are found then."""
    backup = Subject("probe:backup", "backup", "probe", Watched(), AT_ONCE, "backup is late")
    planned = replace(plan([], [], [subject("shop"), backup]), inbound={"probe:backup": 120.0})
    corner = House(store, tmp_path, planned)
    with store.writing() as connection:
        watch.beat(connection, Beat("backup", corner.clock.at, ok=True, detail={}))
    looking(corner, 60, "ams", "fra")
    corner.clock.turn(9 * 3600)
    if dies:
        corner.restart()
    looking(corner, 40, "ams")
    assert opened(corner) == []
    looking(corner, 40, "ams")
    assert opened(corner) == ["location:fra"]
    looking(corner, 70, "ams")
    assert opened(corner) == ["location:fra", "probe:backup"]


@pytest.mark.parametrize("begins", [1, 9, 11, 19, 29])
def test_three_locations_find_an_outage_within_a_minute(store: Store, tmp_path: Path, begins: int) -> None:
    """Each checks every 30 s, ten seconds apart, and rechecks what any of them suspects: whenever it begins, it is open 60 s later."""
    corner, offsets = House(store, tmp_path, plan([], [], [subject("shop")])), {"ams": 0, "fra": 10, "nyc": 20}
    down = T0 + timedelta(seconds=60 + begins)
    rechecks: dict[datetime, tuple[str, int]] = {}
    while not (found := corner.incidents()) and corner.clock.at < T0 + timedelta(minutes=4):
        corner.clock.turn(1)
        ok, second = corner.clock.at < down, int((corner.clock.at - T0).total_seconds())
        if second % 5 == 0:
            alive(corner, *offsets)
        for name in [name for name, offset in offsets.items() if second % 30 == offset]:
            corner.see(ok=ok, location=name)
        since, attempt = rechecks.pop(corner.clock.at, ("", 0))
        with store.reading() as connection:
            state = watch.load_states(connection, ["probe:shop"]).get("probe:shop", {})
        for name in offsets if since and state.get("since") == since and state["phase"] == Phase.SUSPECT else ():
            corner.see(ok=ok, location=name, attempt=attempt)
        if state.get("phase") == Phase.SUSPECT and not rechecks and not since:
            rechecks = {corner.clock.at + timedelta(seconds=pause): (state["since"], number) for pause, number in ((5, 1), (15, 2))}
    assert found
    assert found[0].opened - down <= timedelta(seconds=60)


def of_target(planned: Plan, target: str) -> Plan:
    """The same plan for another target."""
    return replace(planned, target=target)


def see(corner: House, *, ok: bool, attempt: int = 0) -> None:
    """Hand in a result of the house's own target."""
    target = corner.plan.target
    with corner.store.writing() as connection:
        watch.see_location(connection, Place("ams", corner.clock.at, blind=False, judge=True, target=target))
        since = watch.load_states(connection, ["probe:shop"], target=target).get("probe:shop", {}).get("since")
        seen = Seen(str(ULID()), "probe:shop", "ams", corner.clock.at, ok, attempt=attempt, target=target)
        watch.add_results(connection, [replace(seen, round_at=from_text(since) if attempt and since else None)])


def test_two_targets_on_one_store_have_nothing_to_do_with_each_other(store: Store, tmp_path: Path) -> None:
    """Production fails while staging is well: neither ends, hides or confirms the other; each has its own incident, locations and hours."""
    production, staging = (House(store, tmp_path, of_target(plan([], []), name)) for name in ("production", "staging"))
    for attempt in range(3):
        see(production, ok=False, attempt=attempt)
        see(staging, ok=True)
        for corner in (staging, production):
            corner.judge.step()
            corner.clock.turn(10)
    assert [(each.subject, each.target) for each in production.incidents()] == [("probe:shop", "production")]
    for _ in range(5):
        see(staging, ok=True)
    staging.judge.step()
    (incident,) = production.incidents()
    assert incident.resolved is None
    with store.reading() as connection:
        states = {name: watch.load_states(connection, target=name)["probe:shop"]["phase"] for name in ("production", "staging")}
        assert states == {"production": Phase.DOWN, "staging": Phase.UP}
        hours = watch.hours(connection, since=incident.began.replace(minute=0))
        assert {(hour.target, hour.checks, hour.good) for hour in hours} == {("production", 1, 0), ("staging", 8, 8)}


def test_what_cannot_be_judged_keeps_nobody_else(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result on which judging fails is tried three times and left out; what came after it is judged."""
    corner = House(store, tmp_path, plan([], [], [subject("shop"), subject("odd")]))
    one = judging.Hearing.one

    def raising(hearing: judging.Hearing, seen: Seen) -> None:
        if seen.subject == "probe:odd":
            raise RecursionError
        one(hearing, seen)

    monkeypatch.setattr(judging.Hearing, "one", raising)
    with store.writing() as connection:
        watch.add_results(connection, [Seen(name, f"probe:{name}", "ams", corner.clock.at, ok=False) for name in ("odd", "shop")])
    for _ in range(3):
        with pytest.raises(RecursionError):
            corner.judge.step()
    corner.judge.step()
    with store.reading() as connection:
        assert watch.waiting(connection) == []
        assert set(watch.states_in(connection, Phase.SUSPECT)) == {"probe:shop"}


def test_a_low_health_score_is_an_incident(store: Store, tmp_path: Path) -> None:
    """`health_below = 70`: one of four equal things down is 75, two are 50; it ends with what lowered it."""
    names = [subject(name) for name in ("a", "b", "c", "d")]
    corner = House(store, tmp_path, replace(plan([], [], names), watch=WatchSpec(health_below=70)))
    for each in names:
        corner.see(ok=True, key=each.key)
    corner.fail("probe:a")
    corner.later(70)
    assert opened(corner) == ["probe:a"]
    corner.fail("probe:b")
    corner.later(70)
    (health,) = [each for each in corner.incidents() if each.subject == "health:score"]
    assert (health.severity, health.title, health.problem) == ("P1", "the health score is too low", "50 of 100, expected at least 70")
    corner.recover("probe:b")
    corner.later(70)
    assert opened(corner) == ["probe:a"]


def subjects_at(planned: Plan, location: str, *, judging_: bool) -> Sequence[str]:
    """What a location measures."""
    return [key for key, each in planned.subjects.items() if each.measured_at(location, judging=judging_)]


def test_one_location_runs_the_load_tests() -> None:
    """The judge, or the one that the file names; probes are everybody's unless the file says otherwise."""
    peak, soak = (replace(subject(name), key=f"load:{name}", source=LOAD) for name in ("peak", "soak"))
    named = replace(soak, watched=replace(soak.watched, location="fra"))
    planned = plan([], [], [subject("shop"), subject("inside", location="fra"), peak, named])
    assert subjects_at(planned, "ams", judging_=False) == ["probe:shop"]
    assert subjects_at(planned, "ams", judging_=True) == ["probe:shop", "load:peak"]
    assert subjects_at(planned, "fra", judging_=False) == ["probe:shop", "probe:inside", "load:soak"]
