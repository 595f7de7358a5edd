"""An HTTP probe against the embedded shop: what held, what did not and why, and where the time went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from footfall.clock import SystemClock
from footfall.config.kinds import Limit
from footfall.config.suite import Expect, ProbeSpec, Target
from footfall.probe.http import Result, check
from footfall.probe.run import read_figures, run_probes
from footfall.samples import Event, Record, Sample
from footfall.target import open_target
from tests import loops

HEALTH = ProbeSpec("health", "/api/health", timeout_s=60, checks=2, expect=Expect(json={"$.status": "ok"}))


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """A healthy shop's address."""
    with open_target(Target("corner", demo=True)) as live:
        yield live.url


def checked(spec: ProbeSpec, url: str) -> Result:
    """Make one check."""
    return loops.run(check(spec, url, {"X-Footfall-Run": "test"}))


def test_a_check_that_holds_knows_its_phases(shop: str) -> None:
    """All is well: status, latency and the phases that happened; an address needs no look-up and plain HTTP no handshake."""
    result = checked(HEALTH, shop)
    assert (result.ok, result.problem, result.status) == (True, "", 200)
    assert set(result.phases) == {"connect", "ttfb"}
    assert result.latency_ms >= result.phases["connect"] + result.phases["ttfb"]


def test_a_name_is_looked_up_and_timed(shop: str) -> None:
    """A host name has a `dns` phase."""
    result = checked(HEALTH, shop.replace("127.0.0.1", "localhost"))
    assert result.ok, result.problem
    assert "dns" in result.phases


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        (Expect(status=(204, 301)), "status 200, expected 204 or 301"),
        (Expect(json={"$.status": "fine"}), "$.status is 'ok', expected 'fine'"),
        (Expect(json={"$.nowhere": 1}), "$.nowhere is absent, expected 1"),
        (Expect(text=("no such words",)), "the text 'no such words' is not in the answer"),
        (Expect(headers={"content-type": "text/html"}), "header content-type is 'application/json', expected 'text/html' in it"),
    ],
)
def test_what_is_not_as_expected_is_said(shop: str, expect: Expect, problem: str) -> None:
    """A failed check says what it saw and what it wanted."""
    result = checked(replace(HEALTH, expect=expect), shop)
    assert (result.ok, result.problem) == (False, problem)


def test_a_page_is_no_json(shop: str) -> None:
    """Expecting JSON of a page fails, and does not crash."""
    assert checked(replace(HEALTH, url="/"), shop).problem == "the answer is not JSON"


def test_figures_of_the_answer_are_measured(shop: str) -> None:
    """A number at a JSON path becomes a metric; a path without one is a failed check that names it."""
    result = checked(replace(HEALTH, url="/api/services", expect=Expect(), measure={"shortest": "$..minutes", "nothing": "$.nope"}), shop)
    assert not result.ok
    assert "nothing ($.nope)" in result.problem


def test_figures_are_held_against_their_limits(shop: str) -> None:
    """`expect.figures`: numbers of any endpoint; each that is beyond its limit, or absent, fails and is named."""
    spec = replace(HEALTH, url="/api/metrics", expect=Expect(), measure={"errors": "$.error_ratio"})
    assert checked(replace(spec, figures={"errors": Limit("<= 5%", "<=", 0.05)}), shop).ok
    low = checked(replace(spec, figures={"errors": Limit(">= 90%", ">=", 0.9)}), shop)
    assert (low.ok, low.problem) == (False, "errors is 0, expected >= 90%")
    assert checked(replace(spec, figures={"orders": Limit("> 1", ">", 1)}), shop).problem == "orders was not measured, expected > 1"
    both = {"errors": Limit(">= 90%", ">=", 0.9), "orders": Limit("> 1", ">", 1)}
    assert checked(replace(spec, figures=both), shop).problem == "errors is 0, expected >= 90%; orders was not measured, expected > 1"


SALES = ProbeSpec(
    "sales",
    "/api/metrics",
    timeout_s=60,
    measure={"orders": "$.orders", "revenue": "$.revenue"},
    units={"revenue": "EUR"},
    figures={"orders": Limit(">= 100", ">=", 100)},
)


def read(spec: ProbeSpec, url: str) -> list[Record]:
    """Read a probe's figures as a gate does at its end."""
    written: list[Record] = []
    loops.run(read_figures([spec], url, run="r", headers={}, clock=SystemClock(), write=written.append, mask=str))
    return written


def test_figures_that_are_only_read_are_held_against_nothing(shop: str) -> None:
    """No order yet, and a hundred promised: the figures stand there in their units, all is well, and no time counts."""
    samples = [(each.metric, each.value, each.unit) for each in read(SALES, shop) if isinstance(each, Sample)]
    assert samples == [("success", 1.0, ""), ("orders", 0.0, ""), ("revenue", 0.0, "EUR")]


def test_figures_that_cannot_be_read_are_told(shop: str) -> None:
    """A path that leads nowhere is a failed check with its reason, not a silence."""
    written = read(replace(SALES, measure={"orders": "$.no_such_thing"}), shop)
    assert [each.value for each in written if isinstance(each, Sample)] == [0.0]
    assert [each.text for each in written if isinstance(each, Event)] == ["probe sales: no number at orders ($.no_such_thing)"]


def test_a_site_that_is_down_is_a_failed_check() -> None:
    """No connection, no name: a result with the reason, never an exception."""
    refused = checked(HEALTH, "http://127.0.0.1:9")
    assert not refused.ok
    assert refused.status is None
    assert refused.problem
    assert "cannot be resolved" in checked(HEALTH, "http://no-such-host.invalid").problem


def test_a_site_that_is_too_slow_is_a_failed_check() -> None:
    """The time-out is the whole check's."""
    with open_target(Target("corner", demo=True), ["slow=/api/health:5s"]) as live:
        result = checked(replace(HEALTH, timeout_s=0.3), live.url)
    assert (result.ok, result.problem) == (False, "no whole answer within 0.3 s")


def test_a_check_leaves_samples_and_says_why_it_failed() -> None:
    """Each check is a `success` sample; a failed one also leaves an event that names the probe."""
    written: list[Record] = []
    with open_target(Target("corner", demo=True), ["errors=/api/health:1"]) as live:
        loops.run(run_probes([HEALTH], live.url, run="r", headers={}, clock=SystemClock(), write=written.append, mask=str))
    successes = [record.value for record in written if isinstance(record, Sample) and record.metric == "success"]
    assert successes == [0.0, 0.0]
    events = [record for record in written if isinstance(record, Event)]
    assert [event.text for event in events] == ["probe health: status 500, expected 200"] * 2
