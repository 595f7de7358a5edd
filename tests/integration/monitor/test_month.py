"""What the whole way from results to messages does over a long time, with a fake clock."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from footfall.config.alerts import Route
from footfall.monitor.incidents import Desk
from footfall.store.writer import Store
from tests.integration.monitor.conftest import House, hook, plan, subject
from tests.integration.monitor.receivers import Receiver


def test_blips_raise_no_alarm(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Three days at 30 s, 0.5 % of the checks fail on their own (the month of tests/unit/monitor/test_state.py knows only the rule)."""
    dice = random.Random(7)
    corner = House(store, tmp_path, plan([hook(receiver, "team")], [Route("all", ("team",))]))
    corner.see(ok=True)
    blips = 0
    for _ in range(3 * 24 * 120):
        corner.clock.turn(30)
        if dice.random() < 0.005:
            blips += 1
            corner.see(ok=False)
            corner.clock.turn(5)
            corner.see(ok=dice.random() >= 0.005, attempt=1)
    corner.deliver()
    assert blips > 30
    assert corner.incidents() == []
    assert receiver.posts == []


def checks(corner: House) -> Callable[[int, float], None]:
    """Return what makes so many good checks, 30 s apart, that take so many times as long as usual (about 100 ms)."""
    dice = random.Random(7)

    def see(count: int, factor: float) -> None:
        for _ in range(count):
            corner.clock.turn(30)
            corner.see(ok=True, latency_ms=100 * factor * dice.lognormvariate(0, 0.1))

    return see


def test_a_service_that_becomes_slow_is_an_incident_that_ends(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Told as slow, not as down, with the usual duration beside the one that was seen; the memory survives a restart."""
    corner = House(store, tmp_path, plan([hook(receiver, "team")], [Route("all", ("team",))]))
    see = checks(corner)
    see(150, 1.0)
    corner.clock.turn(60)
    corner.see(ok=True, latency_ms=100)
    corner.restart()
    see(12, 2.0)
    corner.deliver()
    assert corner.incident().subject == "slow:probe:shop"
    assert "usually 1" in corner.incident().problem
    see(40, 1.0)
    corner.deliver()
    assert receiver.kinds("/team") == ["opened", "resolved"]
    see(20, 2.0)
    with store.writing() as connection:  # somebody says that this is how it is now
        Desk(connection, corner.plan, corner.clock.at).resolve_by_hand(corner.incidents()[1], "ada", "it does more now")
    see(60, 2.0)
    assert len(corner.incidents()) == 2


def test_what_is_slow_behind_something_broken_is_not_told_beside_it(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """The shop answers slowly while its database is down: one incident. Slow still once that is well, it is one of its own."""
    planned = plan([hook(receiver, "team")], [Route("all", ("team",))], [subject("shop", depends_on=("database",)), subject("database")])
    corner = House(store, tmp_path, planned)
    see = checks(corner)
    see(120, 1.0)
    corner.fail("probe:database")
    see(20, 4.0)
    assert corner.incident().subject == "probe:database"
    corner.recover("probe:database")
    see(2, 4.0)
    assert [each.subject for each in corner.incidents()] == ["probe:database", "slow:probe:shop"]


def test_an_error_budget_that_burns_is_an_incident_although_nothing_is_down(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """One check in five fails on its own, each a blip: 99.9 % cannot be kept like that."""
    planned = plan([hook(receiver, "team")], [Route("all", ("team",))], [subject("shop", slo=0.999, slow=False)])
    corner = House(store, tmp_path, planned)
    for number in range(60):
        corner.clock.turn(30)
        corner.see(ok=number % 5 != 0)
        if number % 5 == 0:
            corner.clock.turn(5)
            corner.see(ok=True, attempt=1)
    corner.deliver()
    (found,) = corner.incidents()
    assert found.subject == "slo:probe:shop"
    assert "times too fast" in found.problem
    assert receiver.kinds("/team") == ["opened"]
