"""Budgets of `thresholds.toml` held by the watch: from checks to told people, with a fake clock."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ulid import ULID

from footfall.config.alerts import Route
from footfall.config.suite import ProbeSpec, Target
from footfall.config.watch import Watched
from footfall.gate.budget import Budget
from footfall.monitor.held import walked
from footfall.monitor.incidents import Desk
from footfall.monitor.plan import JOURNEY, PROBE, Subject
from footfall.monitor.state import Phase, Rule
from footfall.probe.check import check
from footfall.samples import Sample
from footfall.store import watch
from footfall.store.watch import Place, Seen
from footfall.store.writer import Store
from footfall.target import open_target
from tests import loops
from tests.integration.monitor.conftest import House, hook, plan, subject
from tests.integration.monitor.receivers import Receiver
from tests.unit.monitor.budgets import budgets, holding

ALL = Route("all", ("team",))
LASTING = {"fail": "p95 <= 500ms", "for": "5m", "severity": "P1", "owner": "payments", "runbook": "runbook.md#slow"}


def house(store: Store, root: Path, found: list[Budget], *subjects: Subject, receiver: Receiver | None = None) -> House:
    """A watch of the shop that holds budgets; slowness is not looked for."""
    planned = plan([hook(receiver, "team")] if receiver else [], [ALL] if receiver else [], subjects or (subject("shop", slow=False),))
    return House(store, root, holding(planned, found))


def see(corner: House, seconds: int, latency_ms: float, key: str = "probe:shop", every_s: int = 30) -> None:
    """Good checks over a time, the first of them one interval from now."""
    for _ in range(0, seconds, every_s):
        corner.clock.turn(every_s)
        corner.see(ok=True, key=key, latency_ms=latency_ms)


def opened(corner: House) -> list[str]:
    """What is broken."""
    return [each.subject for each in corner.incidents() if each.resolved is None]


def test_a_budget_opens_once_it_stayed_broken_and_resolves(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """`for = "5m"`: nothing before, one incident then with the figure beside the limit, although the watch dies meanwhile."""
    (tmp_path / "runbook.md").write_text("# Runbook\n\n## Slow\n\n- Look at the queries.\n")
    corner = house(store, tmp_path, budgets("probes.shop", latency=LASTING), receiver=receiver)
    see(corner, 60, 100)
    see(corner, 150, 900)
    corner.restart()
    see(corner, 150, 900)
    assert corner.incidents() == []
    see(corner, 30, 900)
    corner.deliver()
    incident = corner.incident()
    assert (incident.subject, incident.severity, incident.owner) == ("budget:probe:shop#probes.shop.latency", "P1", "payments")
    assert incident.problem == "latency: p95 is 900 ms, 80 % over the limit of 500 ms; 1 sample, from ams (p95 <= 500ms)"
    assert (incident.opened - incident.began).total_seconds() == 300
    (post,) = receiver.posts
    told = post.json["alert"]
    assert (told["title"], told["steps"], told["locations"]) == ("shop breaks its budget of latency", ["Look at the queries."], ["ams"])
    assert told["figures"] == {"latency_ms": 900}
    see(corner, 300, 900)
    see(corner, 60, 100)
    corner.deliver()
    assert receiver.kinds("/team") == ["opened", "resolved"]
    assert len(corner.incidents()) == 1


def test_what_is_slow_for_less_than_that_opens_nothing(store: Store, tmp_path: Path) -> None:
    """Four and a half minutes at a time, with one quick check between: a day of them."""
    corner = house(store, tmp_path, budgets("probes.shop", latency=LASTING))
    for _ in range(10):
        see(corner, 300, 900)
        see(corner, 30, 100)
    assert corner.incidents() == []


def test_an_outage_is_not_told_once_more_as_a_budget(store: Store, tmp_path: Path) -> None:
    """Failed checks are not slow ones; what was slow before the outage, or behind one, is forgotten when that ends."""
    shop = subject("shop", slow=False, depends_on=("database",))
    found = budgets("probes.shop", latency=[LASTING, "p50 <= 500ms over 10m"], success="rate >= 99% over 1h")
    corner = house(store, tmp_path, found, shop, subject("database", slow=False))
    see(corner, 60, 900)
    for number in range(10):
        corner.clock.turn(30)
        corner.see(ok=False, latency_ms=9000)
        if number == 0:
            corner.see(ok=False, attempt=1)
            corner.see(ok=False, attempt=2)
    assert opened(corner) == ["probe:shop"]
    see(corner, 60, 900)
    see(corner, 90, 100)
    corner.fail("probe:database")
    see(corner, 900, 900)
    corner.recover("probe:database")
    corner.restart()
    see(corner, 60, 900)
    assert [each.subject for each in corner.incidents()] == ["probe:shop", "probe:database"]
    see(corner, 300, 900)
    assert opened(corner) == [f"budget:probe:shop#probes.shop.latency[{number}]" for number in (2, 1)]


def test_a_share_of_failures_that_opens_nothing_breaks_a_budget(store: Store, tmp_path: Path) -> None:
    """One check in ten fails, and holds when it is made again: the window knows, from the store after a restart too."""
    corner = house(store, tmp_path, budgets("probes.shop", success="rate >= 95% over 1h"))

    def ten() -> None:
        see(corner, 270, 100)
        corner.clock.turn(30)
        corner.see(ok=False)
        corner.see(ok=True, attempt=1)

    ten()
    ten()
    ten()
    assert corner.incidents() == []
    corner.restart()
    see(corner, 90, 100)
    assert opened(corner) == ["budget:probe:shop#probes.shop.success"]
    assert "success: rate is 90.9 %, short of 95 %; 30 of 33 in 1 h" in corner.incident().problem
    see(corner, 3600, 100)
    assert opened(corner) == []


def test_a_warning_is_told_first_and_not_beside_the_failure(store: Store, tmp_path: Path) -> None:
    """It grows: a warning, then the failure. It jumps: the failure alone, and the warning once only that is left."""
    both = {"warn": "max <= 300ms", "fail": "max <= 500ms", "for": "1m", "severity": "P1"}
    corner = house(store, tmp_path, budgets("probes.shop", latency=both))
    key = "budget:probe:shop#probes.shop.latency"
    see(corner, 90, 400)
    assert [(each.subject, each.severity) for each in corner.incidents()] == [(f"{key}.warn", "P2")]
    see(corner, 90, 900)
    assert opened(corner) == [f"{key}.warn", key]
    see(corner, 60, 100)
    assert opened(corner) == []
    see(corner, 3600, 100)
    see(corner, 120, 900)
    assert opened(corner) == [key]
    assert corner.timeline(corner.incidents()[-1])[1:] == ["held"]
    see(corner, 90, 400)
    assert opened(corner) == [f"{key}.warn"]


def test_with_several_locations_two_must_agree(store: Store, tmp_path: Path) -> None:
    """Each by what it has measured itself; where `where` names one, that one is enough."""
    named = {**LASTING, "where": {"location": "fra"}}
    corner = house(store, tmp_path, budgets("probes.shop", latency=[LASTING, named]))

    def minutes(count: int, **latencies: float) -> None:
        for _ in range(2 * count):
            corner.clock.turn(30)
            with corner.store.writing() as connection:
                for name in latencies:
                    watch.see_location(connection, Place(name, corner.clock.at, blind=False, judge=True))
            for name, latency_ms in latencies.items():
                corner.see(ok=True, location=name, latency_ms=latency_ms)

    minutes(10, ams=900, fra=100, nyc=100)
    assert opened(corner) == []
    minutes(6, ams=100, fra=900, nyc=100)
    assert opened(corner) == ["budget:probe:shop#probes.shop.latency[2]"]
    minutes(6, ams=900, fra=900, nyc=100)
    assert len(opened(corner)) == 2
    minutes(1, ams=900, fra=100, nyc=100)
    assert opened(corner) == []


def test_a_budget_that_is_no_longer_written_ends(store: Store, tmp_path: Path) -> None:
    """Somebody takes it out of the file and starts the watch again. Resolved by hand, what stays broken opens again in its time."""
    corner = house(store, tmp_path, budgets("probes.shop", latency=LASTING))
    see(corner, 330, 900)
    with store.writing() as connection:
        Desk(connection, corner.plan, corner.clock.at).resolve_by_hand(corner.incident(), "ada", "it is known")
    see(corner, 300, 900)
    assert opened(corner) == []
    see(corner, 30, 900)
    assert len(opened(corner)) == 1
    corner.plan = replace(corner.plan, promises={})
    corner.restart()
    corner.later(20)
    assert opened(corner) == []


CHECKOUT = Subject("journey:checkout", "checkout", JOURNEY, Watched(every_s=300, slow=False), Rule((5.0,), stale_s=7200), "nobody can buy")


def walk(corner: House, pay_ms: float, *, ok: bool = True) -> None:
    """Five minutes pass, and somebody walks through the shop."""
    corner.clock.turn(300)
    at = corner.clock.at
    samples = [Sample("run", at, "journey", "checkout", "pay", "duration", pay_ms, labels={"device": "desktop"})]
    figures = walked(corner.plan.promises.get(CHECKOUT.key), CHECKOUT, samples, "ams")
    with corner.store.writing() as connection:
        watch.see_location(connection, Place("ams", at, blind=False, judge=True))
        watch.add_results(connection, [Seen(str(ULID()), CHECKOUT.key, "ams", at, ok, latency_ms=pay_ms + 500, figures=figures)])
    corner.judge.step()


def test_a_step_of_a_journey_is_held_over_its_walks(store: Store, tmp_path: Path) -> None:
    """p75 of an hour of walks, a restart within it: told in the second walk in a row, as many as an outage takes."""
    found = budgets("journeys.checkout.steps.pay", duration="p75 <= 2s over 1h")
    corner = house(store, tmp_path, found, CHECKOUT)
    for _ in range(12):
        walk(corner, 900)
    walk(corner, 9000, ok=False)
    corner.judge.step()
    with store.writing() as connection:  # it was a blip: a second walk held
        watch.save_states(connection, {CHECKOUT.key: {"phase": Phase.UP}}, corner.clock.at)
    for _ in range(3):
        walk(corner, 3000)
    assert corner.incidents() == []
    corner.restart()
    walk(corner, 3000)
    walk(corner, 3000)
    incident = corner.incident()
    assert incident.subject == "budget:journey:checkout#journeys.checkout.steps.pay.duration"
    assert incident.problem.startswith("pay · duration: p75 is 3 s, 50 % over the limit of 2 s; 1")
    for _ in range(12):
        walk(corner, 900)
    assert opened(corner) == []


PROBES = ProbeSpec("api", "/api/health", timeout_s=20)


def look(corner: House, url: str) -> None:
    """Check the shop as a location does, and judge, half a minute later."""
    corner.clock.turn(30)
    result = loops.run(check(PROBES, url, {}))
    with corner.store.writing() as connection:
        watch.see_location(connection, Place("ams", corner.clock.at, blind=False, judge=True))
        seen = Seen(str(ULID()), "probe:api", "ams", corner.clock.at, result.ok, latency_ms=result.latency_ms, figures={**result.phases})
        watch.add_results(connection, [seen])
    corner.judge.step()


def test_a_shop_that_answers_slowly_breaks_its_budget(store: Store, tmp_path: Path) -> None:
    """Corner's API waits before it answers, and every answer is right: broken for a minute, well again after two quick ones."""
    api = Subject("probe:api", "api", PROBE, Watched(every_s=30, slow=False), Rule(), "api is down")
    corner = house(store, tmp_path, budgets("probes.api", ttfb={"fail": "max <= 3s", "for": "1m"}), api)
    with open_target(Target("corner", demo=True), ("slow=/api/health:4s",)) as slow:
        for _ in range(2):
            look(corner, slow.url)
        assert corner.incidents() == []
        look(corner, slow.url)
        told = re.match(r"ttfb: max is ([\d.]+) s, ", corner.incident().problem)
        assert told is not None
        assert float(told[1]) >= 4
    with open_target(Target("corner", demo=True), ()) as quick:
        for _ in range(2):
            look(corner, quick.url)
    assert opened(corner) == []
