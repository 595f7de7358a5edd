"""What the monitor keeps, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from footfall.errors import UsageError
from footfall.store import incidents, outbox, watch
from footfall.store.incidents import Entry, Incident
from footfall.store.outbox import Message
from footfall.store.watch import Beat, Place, Seen
from footfall.store.writer import Store

T0 = datetime(2026, 11, 21, 5, tzinfo=UTC)
LEASE_S = 60.0


def at(seconds: float) -> datetime:
    """A moment of the test."""
    return T0 + timedelta(seconds=seconds)


def seen(number: int, *, ok: bool = True, attempt: int = 0, excused: bool = False, location: str = "ams") -> Seen:
    """A result, half a minute after the last."""
    round_at = T0 if attempt else None
    return Seen(f"r{number}", "probe:health", location, at(number * 30), ok, False, excused, attempt, round_at, 10.0 * number)


def incident(subject: str = "probe:health") -> Incident:
    """An incident of half a minute."""
    return Incident(incidents.new_id(), subject, "P1", "shop", "probe", "health is down", "status 500", T0, at(30))


def message(key: str, *, thread: str = "01T", channel: str = "slack", due: float = 0) -> Message:
    """A message that is owed."""
    return Message(key, thread, channel, "opened", {"title": key}, T0, at(due))


def keys(messages: list[Message]) -> list[str]:
    """Their keys."""
    return [each.key for each in messages]


def test_a_result_delivered_twice_is_there_once_and_judged_once(store: Store) -> None:
    """A location that did not hear our yes delivers again; the judge takes each result once."""
    results = [seen(0), seen(1, ok=False), seen(2, attempt=1)]
    for _ in range(2):
        with store.writing() as connection:
            watch.add_results(connection, results)
    with store.writing() as connection:
        found = watch.waiting(connection)
        watch.mark_judged(connection, [number for number, _ in found])
    assert [result for _, result in found] == results
    with store.writing() as connection:
        watch.add_results(connection, results)
        assert watch.waiting(connection) == []
        assert watch.counted(connection, "probe:health", at(-1), at(60)) == (2, 1)
        assert watch.last_results(connection, "probe:health", 2) == results[1:]


def test_hours_add_up_without_rechecks_and_maintenance(store: Store) -> None:
    """An uptime is of scheduled checks, and a maintenance window is no part of it."""
    for batch in ([seen(1), seen(2, ok=False)], [seen(3), seen(4, attempt=1, ok=False), seen(5, excused=True, ok=False)]):
        with store.writing() as connection:
            watch.add_to_hours(connection, batch)
    with store.reading() as connection:
        (hour,) = watch.hours(connection, since=T0)
    assert (hour.checks, hour.good, hour.latency_sum_ms, hour.latency_max_ms) == (3, 2, 60.0, 30.0)


def test_adding_to_hours_reads_no_others(store: Store) -> None:
    """With a year of a thousand probes a look through all hours would take seconds, and a judge looks each second."""
    asked: list[tuple[str, Any]] = []
    with store.writing() as connection:
        watch.add_to_hours(connection, [seen(number) for number in range(3)])
        event.listen(connection, "before_cursor_execute", lambda _c, _u, text, values, _x, _m: asked.append((text, values)))
        watch.add_to_hours(connection, [seen(number) for number in range(3, 6)])
        ((text, values),) = [(text, values) for text, values in asked if "FROM watch_hours" in text]
        if connection.dialect.name == "sqlite":
            plans = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
            assert all("SEARCH watch_hours" in row[-1] and "hour=?" in row[-1] for row in plans if "watch_hours" in row[-1]), plans
        (hour,) = watch.hours(connection, since=T0)
    assert hour.checks == 6


def test_states_places_jobs_and_heartbeats_are_remembered(store: Store) -> None:
    """A restart finds what was there; a newer word replaces an older one."""
    with store.writing() as connection:
        for phase in ("suspect", "down"):
            watch.save_states(connection, {"probe:health": {"phase": phase}}, T0)
        watch.see_location(connection, Place("ams", T0, blind=False, judge=True))
        watch.see_location(connection, Place("ams", at(5), blind=True, judge=False, machine="m", detail={"jobs": 3}))
        watch.jobs_started(connection, "ams", {"health": (T0, ""), "slow": (at(1), "skipped")})
        watch.beat(connection, Beat("backup", T0, ok=True, detail={}))
    with store.reading() as connection:
        assert watch.load_states(connection) == {"probe:health": {"phase": "down"}}
        assert watch.places(connection) == [Place("ams", at(5), blind=True, judge=False, machine="m", detail={"jobs": 3})]
        assert watch.last_started(connection, "ams") == {"health": T0, "slow": at(1)}
        assert watch.beats(connection)["backup"].seen == T0


def test_an_incident_is_found_changed_and_told(store: Store) -> None:
    """By number, by the beginning of its id, as the latest; its timeline keeps the order."""
    with store.writing() as connection:
        first = incidents.open_incident(connection, incident())
        second = incidents.open_incident(connection, incident("journey:checkout"))
        incidents.tell(connection, first, Entry(T0, "opened", "", "status 500"))
        incidents.tell(connection, first, Entry(at(1), "note", "ada", "looking"))
        incidents.change(connection, first, acknowledged=at(2), acknowledged_by="ada", next_step=at(100))
        incidents.record(connection, incidents.Action(at(2), "ada", "acknowledge", first.id, ""))
    with store.reading() as connection:
        assert incidents.find(connection, f"#{first.number}").acknowledged_by == "ada"
        assert incidents.find(connection, "latest").id == incidents.find(connection, second.id.lower()).id == second.id
        assert [entry.text for entry in incidents.timeline(connection, first)] == ["status 500", "looking"]
        assert [each.number for each in incidents.due(connection, at(100))] == [first.number]
        assert incidents.recorded(connection)[-1].actor == "ada"
        with pytest.raises(UsageError, match="several incidents"):
            incidents.find(connection, first.id[:6])
        with pytest.raises(UsageError, match="no incident is called '999'"):
            incidents.find(connection, "999")


def test_old_things_are_forgotten_but_nothing_open_or_owed(store: Store) -> None:
    """Retention removes results, hours and resolved incidents; what is open or not sent stays however old."""
    with store.writing() as connection:
        watch.add_results(connection, [seen(0)])
        watch.mark_judged(connection, [number for number, _ in watch.waiting(connection)])
        ended = incidents.open_incident(connection, incident())
        incidents.tell(connection, ended, Entry(T0, "opened", "", ""))
        incidents.change(connection, ended, resolved=at(60))
        stays = incidents.open_incident(connection, incident("journey:checkout"))
        outbox.put(connection, [message("old"), message("owed", channel="mail")])
        outbox.mark_sent(connection, outbox.lease(connection, T0, "a", lease_s=1)[0], T0)
        watch.forget(connection, T0 + timedelta(days=9), results_d=8, hours_d=8, incidents_d=8)
        assert watch.last_results(connection, "probe:health") == []
        assert [each.number for each in incidents.listed(connection)] == [stays.number]
        assert keys(outbox.of_thread(connection, "01T")) == ["owed"]


def test_a_message_is_owed_once_and_leased_to_one(store: Store) -> None:
    """The same key twice is one message; while one sender holds it, no other gets it, until the lease runs out."""
    with store.writing() as connection:
        outbox.put(connection, [message("a"), message("later", channel="mail", due=100)])
        outbox.put(connection, [message("a")])
        assert keys(outbox.lease(connection, T0, "one", lease_s=LEASE_S)) == ["a"]
        assert outbox.lease(connection, at(30), "two", lease_s=LEASE_S) == []
        (again,) = outbox.lease(connection, at(61), "two", lease_s=LEASE_S)
        outbox.mark_sent(connection, again, at(62))
        assert keys(outbox.lease(connection, at(500), "two", lease_s=LEASE_S)) == ["later"]


def test_messages_of_one_thread_leave_in_order(store: Store) -> None:
    """What says resolved never overtakes what says opened; another channel does not wait for it; one given up blocks nobody."""
    with store.writing() as connection:
        outbox.put(connection, [message("opened"), message("resolved"), message("mail", channel="mail")])
        first, mail = outbox.lease(connection, T0, "one", lease_s=LEASE_S)
        assert (first.key, mail.key) == ("opened", "mail")
        outbox.mark_failed(connection, first, T0, "refused", again_at=at(10))
        assert outbox.lease(connection, at(5), "one", lease_s=LEASE_S) == []
        (first,) = outbox.lease(connection, at(10), "one", lease_s=LEASE_S)
        assert first.attempts == 1
        outbox.mark_failed(connection, first, T0, "refused", again_at=None)
        assert keys(outbox.lease(connection, at(10), "one", lease_s=LEASE_S)) == ["resolved"]
        assert outbox.owed(connection) == 2


def test_messages_that_wait_for_the_same_moment_join(store: Store) -> None:
    """Grouping: what waits takes further incidents in; what is being sent does not, nor what waits longer than one may."""
    with store.writing() as connection:
        outbox.put(connection, [message("a", due=30)])
        assert outbox.joined(connection, message("b", thread="02T", due=40), at(10), limit=5)
        assert not outbox.joined(connection, message("urgent", thread="04T", due=10), at(10), limit=5)
        (sent,) = outbox.lease(connection, at(30), "one", lease_s=LEASE_S)
        assert [each["title"] for each in sent.content["also"]] == ["b"]
        assert not outbox.joined(connection, message("c", thread="03T", due=61), at(31), limit=5)


def test_a_transition_and_its_messages_are_one(store: Store) -> None:
    """What fails half-way leaves neither the incident nor its message."""

    def half_way() -> None:
        with store.writing() as connection:
            incidents.open_incident(connection, incident())
            outbox.put(connection, [message("a")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    with store.reading() as connection:
        assert incidents.listed(connection) == []
        assert outbox.owed(connection) == 0


def test_two_targets_are_kept_apart(store: Store) -> None:
    """The same names of subjects, locations, jobs and heartbeats; asked for by target, or all of them together."""
    with store.writing() as connection:
        for number, target in enumerate(("production", "staging")):
            watch.save_states(connection, {"probe:health": {"phase": ("down", "up")[number]}}, T0, target=target)
            watch.add_results(connection, [replace(seen(number), target=target)])
            watch.add_to_hours(connection, [replace(seen(number), target=target)])
            watch.see_location(connection, Place("ams", at(number), blind=False, judge=True, target=target))
            watch.jobs_started(connection, "ams", {"probe:health": (at(number), "")}, target=target)
            watch.beat(connection, Beat("backup", at(number), ok=True, detail={}, target=target))
            incidents.open_incident(connection, replace(incident(), target=target))
    with store.reading() as connection:
        assert watch.load_states(connection, ["probe:health"], target="production") == {"probe:health": {"phase": "down"}}
        assert watch.states_in(connection, "down", target="staging") == {}
        assert [result.id for _, result in watch.waiting(connection, target="staging")] == ["r1"]
        assert len(watch.waiting(connection)) == 2
        assert watch.first_waiting(connection, "staging") == watch.waiting(connection, target="staging")[0][0]
        assert watch.counted(connection, "probe:health", at(-1), at(60), target="staging") == (1, 1)
        assert [(hour.target, hour.checks) for hour in watch.hours(connection, since=T0)] == [("production", 1), ("staging", 1)]
        assert [place.seen for place in watch.places(connection, target="staging")] == [at(1)]
        assert watch.last_started(connection, "ams", target="production") == {"probe:health": T0}
        assert watch.last_started(connection, None) == {"probe:health": at(1)}
        assert watch.beats(connection, target="staging")["backup"].seen == at(1)
        found = incidents.open_of(connection, "probe:health", target="production")
        assert found is not None
        assert (found.target, found.number) == ("production", 1)
    with store.writing() as connection:
        watch.leave(connection, "ams", target="staging")
        assert [place.target for place in watch.places(connection)] == ["production"]
