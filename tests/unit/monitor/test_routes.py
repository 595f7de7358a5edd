"""Who hears of an incident, when, and who is next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from footfall.config.alerts import AlertsSpec, Channel, Hours, Route, Step
from footfall.config.watch import Maintenance, WatchSpec
from footfall.monitor import routes
from footfall.monitor.plan import Plan, open_now
from footfall.store.incidents import Incident

T0 = datetime(2026, 11, 21, 5, tzinfo=UTC)  # a Saturday, 06:00 in Warsaw
INCIDENT = Incident("01T", "probe:health", "P1", "shop", "probe", "health is down", "status 500", T0, T0, number=1)
CHANNELS = {name: Channel(name, "webhook") for name in ("team", "seniors", "managers", "mail")}


def spec(*given: Route, **values: object) -> AlertsSpec:
    """Routes over four channels."""
    return replace(AlertsSpec(CHANNELS, given), **values)  # type: ignore[arg-type]


def due(found: AlertsSpec, incident: Incident = INCIDENT) -> dict[str, datetime]:
    """Which channel hears when."""
    return {owed.message.channel: owed.message.due for owed in routes.opened(found, incident, {}, T0)}


def test_each_channel_hears_once_however_many_routes_name_it() -> None:
    """By severity (a word will do), owner, source and pattern; the earliest route decides."""
    found = spec(
        Route("all", ("team",), group_s=30),
        Route("grave", ("team", "mail"), severities=("P0", "P1"), sources=("probe",), subjects=("hea*",)),
        Route("info", ("managers",), severities=("info",)),
        Route("pay", ("seniors",), owners=("payments",)),
    )
    assert due(found) == {"team": T0, "mail": T0}


def test_a_word_takes_every_severity_that_is_told_by_it() -> None:
    """Three routes by word leave nothing out: what says nothing of its severity is P1, and that is critical too."""
    found = spec(*(Route(each, (each,), severities=(each,)) for each in ("critical", "warning", "info")))
    heard = {level: routes.routes_of(found, replace(INCIDENT, severity=level)) for level in ("P0", "P1", "P2", "P3")}
    assert {level: [route.name for route in taken] for level, taken in heard.items()} == {
        "P0": ["critical"],
        "P1": ["critical"],
        "P2": ["warning"],
        "P3": ["info"],
    }


ABOUT_THE_SHOP = ["probe:shop-front", "slow:probe:shop-front", "slo:probe:shop-front", "budget:probe:shop-front#probes.*.latency"]


@pytest.mark.parametrize("key", ABOUT_THE_SHOP)
@pytest.mark.parametrize("pattern", ["shop*", "probe:shop*", "shop-front", "*"])
def test_slowness_and_error_budgets_go_where_their_subjects_go(pattern: str, key: str) -> None:
    """A route for `shop*` takes all that is found out about the shop, and its maintenance holds all of that back."""
    found = spec(Route("shop", ("team",), subjects=(pattern,)), Route("slow", ("mail",), subjects=("slow:*",)))
    slow = ["slow"] if key.startswith("slow:") else []
    assert [route.name for route in routes.routes_of(found, replace(INCIDENT, subject=key))] == ["shop", *slow]
    window = Maintenance("upgrade", T0, T0 + timedelta(hours=1), subjects=(pattern,))
    planned = Plan("shop", {}, WatchSpec(maintenance=(window,)))
    assert planned.maintenance(key, T0) == "upgrade"
    assert planned.maintenance("slo:probe:workshop", T0) == ("upgrade" if pattern == "*" else "")


def test_escalation_counts_from_the_first_message_that_goes_out() -> None:
    """Quiet hours hold the first message until six: the seniors hear five minutes after it, not in the middle of the night."""
    found = spec(Route("all", ("team",), escalate=(Step(300, ("seniors",)),), remind_s=1800))
    morning = T0 + timedelta(hours=1)
    held = replace(INCIDENT, detail={routes.TOLD_FROM: "2026-11-21T06:00:00.000Z"})
    assert routes.next_step(found, held, T0) == morning + timedelta(minutes=5)
    assert routes.step_due(found, held, T0 + timedelta(minutes=6)) is None
    assert routes.step_due(found, held, morning + timedelta(minutes=5)) is not None
    later = replace(held, level=1)
    assert routes.next_step(found, later, morning + timedelta(minutes=31)) == morning + timedelta(minutes=60)


def test_quiet_hours_hold_all_but_the_gravest_back() -> None:
    """Until they end; P0 wakes people."""
    found = spec(Route("all", ("team",)), quiet_hours=Hours(start=22 * 60, until=7 * 60, zone="Europe/Warsaw"))
    assert due(found) == {"team": T0 + timedelta(hours=1)}
    assert due(found, replace(INCIDENT, severity="P0")) == {"team": T0}


def test_business_hours_and_the_digest_wait_for_their_time() -> None:
    """Saturday's warning is told on Monday at nine; the digest at eight."""
    office = Hours(("mon", "tue", "wed", "thu", "fri"), 540, 1020, "Europe/Warsaw")
    assert due(spec(Route("office", ("team",), business_hours=True), business_hours=office)) == {
        "team": datetime(2026, 11, 23, 8, tzinfo=UTC)
    }
    assert due(spec(Route("daily", ("team",), digest=True), zone="Europe/Warsaw")) == {"team": datetime(2026, 11, 21, 7, tzinfo=UTC)}


def test_it_escalates_on_time_until_somebody_acknowledges() -> None:
    """Seniors after 5 minutes, managers after 15, then a reminder every half hour; nothing once it is acknowledged."""
    chain = (Step(300, ("seniors",)), Step(900, ("managers",)))
    found = spec(Route("all", ("team",), escalate=chain, remind_s=1800))
    assert routes.next_step(found, INCIDENT, T0) == T0 + timedelta(minutes=5)
    assert routes.step_due(found, INCIDENT, T0 + timedelta(minutes=4)) is None
    assert routes.step_due(found, INCIDENT, T0 + timedelta(minutes=5)) == chain[0]
    assert routes.next_step(found, replace(INCIDENT, level=1), T0) == T0 + timedelta(minutes=15)
    assert routes.next_step(found, replace(INCIDENT, level=2), T0 + timedelta(minutes=31)) == T0 + timedelta(hours=1)
    assert routes.next_step(found, replace(INCIDENT, acknowledged=T0), T0) is None


def test_that_a_channel_is_dead_is_not_told_through_it() -> None:
    """Another channel of the route, its fallback, or any other."""
    dead = replace(INCIDENT, subject="channel:team")
    assert set(due(spec(Route("all", ("team", "mail"))), dead)) == {"mail"}
    assert set(due(spec(Route("all", ("team",))), dead)) == {"seniors"}


def test_a_message_has_the_same_key_however_often_it_is_made() -> None:
    """A judge that dies and another that takes over owe the same."""
    once, again = (routes.opened(spec(Route("all", ("team",))), INCIDENT, {}, T0)[0].message.key for _ in range(2))
    assert once == again == "01T:opened:team"


def test_a_maintenance_window_comes_again_and_keeps_to_its_zone() -> None:
    """Sundays at three in Warsaw, for an hour, in winter as in summer."""
    window = Maintenance("upgrade", cron="0 3 * * sun", length_s=3600, zone="Europe/Warsaw")
    winter, summer = datetime(2026, 11, 22, 2, tzinfo=UTC), datetime(2026, 7, 5, 1, tzinfo=UTC)
    for begin in (winter, summer):
        assert [open_now(window, begin + timedelta(minutes=minutes)) for minutes in (-1, 0, 59, 61)] == [False, True, True, False]
