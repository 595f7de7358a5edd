"""The rule that decides what is broken, as a pure function."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from footfall.monitor.memory import from_json, to_json
from footfall.monitor.state import Change, Context, Phase, Result, Rule, State, Transition, judge, tick

T0 = datetime(2026, 11, 21, 5, tzinfo=UTC)
ONE = Context(frozenset({"ams"}))
TWO = Context(frozenset({"ams", "fra"}))
THREE = Context(frozenset({"ams", "fra", "nyc"}))
RULE = Rule()


def at(seconds: float) -> datetime:
    """A moment of the test."""
    return T0 + timedelta(seconds=seconds)


class Watched:
    """A subject and all that changed."""

    def __init__(self, rule: Rule = RULE, context: Context = ONE) -> None:
        self.rule, self.context = rule, context
        self.state = State()
        self.seen: list[Transition] = []

    def see(self, seconds: float, ok: bool, *, location: str = "ams", attempt: int = 0, blind: bool = False) -> list[Change]:
        """Hand in one result; what changed by it."""
        round_at = self.state.since if attempt else None
        result = Result("shop", location, at(seconds), ok, blind, attempt, round_at, "" if ok else "down")
        self.state, found = judge(self.state, result, at(seconds), self.rule, self.context)
        self.seen += found
        return [transition.change for transition in found]

    def fail_round(self, seconds: float, locations: Iterable[str] = ("ams",)) -> list[Change]:
        """A scheduled failure and every location's failed rechecks."""
        first, *_ = locations = tuple(locations)
        self.see(seconds, ok=False, location=first)
        changed: list[Change] = []
        for attempt in range(1, len(self.rule.pauses_s) + 1):
            for location in locations:
                changed += self.see(seconds + attempt * 10, ok=False, location=location, attempt=attempt)
        return changed

    def changes(self) -> list[Change]:
        """All that changed so far."""
        return [transition.change for transition in self.seen]


def test_one_failure_opens_nothing() -> None:
    """A blip asks for rechecks, and a recheck that succeeds ends the matter."""
    watched = Watched()
    assert watched.see(0, ok=False) == [Change.SUSPECTED]
    assert watched.see(5, ok=True, attempt=1) == [Change.CLEARED]
    assert watched.state.phase is Phase.UP


def test_a_failure_that_every_recheck_confirms_opens_once() -> None:
    """It opens at the last recheck, tells since when, and later failures say nothing new."""
    watched = Watched()
    assert watched.fail_round(0) == [Change.OPENED]
    assert watched.seen[-1].since == T0
    assert watched.seen[-1].problem == "down"
    assert watched.see(60, ok=False) == []


def test_recovery_needs_successes_in_a_row() -> None:
    """One success among failures is not the end."""
    watched = Watched(Rule(recover_after=3))
    watched.fail_round(0)
    for second, ok in ((60, True), (90, True), (120, False), (150, True), (180, True)):
        assert watched.see(second, ok=ok) == []
    assert watched.see(210, ok=True) == [Change.RESOLVED]


def test_alert_after_counts_rounds() -> None:
    """`alert_after = 2`: the second failed round in a row opens; a success between them starts over."""
    watched = Watched(Rule(alert_after=2))
    assert watched.fail_round(0) == []
    watched.see(60, ok=True)
    assert watched.fail_round(120) == []
    assert watched.fail_round(180) == [Change.OPENED]
    assert watched.seen[-1].since == at(120)


def test_one_location_of_three_proves_nothing_and_two_do() -> None:
    """The quorum: a location's own trouble is not the subject's."""
    watched = Watched(context=THREE)
    watched.see(0, ok=False, location="ams")
    for attempt in (1, 2):
        watched.see(10 * attempt, ok=False, location="ams", attempt=attempt)
    watched.see(20, ok=True, location="fra", attempt=1)
    assert watched.see(20, ok=True, location="nyc", attempt=1) == [Change.CLEARED]
    assert watched.fail_round(60, ("ams", "fra")) == [Change.OPENED]


def test_recovery_needs_as_many_locations_as_opening() -> None:
    """While two of three still fail, the third one's successes end nothing."""
    watched = Watched(context=THREE)
    watched.fail_round(0, ("ams", "fra"))
    assert [watched.see(60 + second, ok=True, location="nyc") for second in range(5)] == [[]] * 5
    watched.see(70, ok=True, location="ams")
    assert watched.see(80, ok=True, location="ams") == [Change.RESOLVED]


def test_recovery_of_two_locations_needs_both() -> None:
    """What both have seen fail is well once both have seen it well; five end it when four have, for two that fail would open it again."""
    watched = Watched(context=TWO)
    assert watched.fail_round(0, ("ams", "fra")) == [Change.OPENED]
    assert [watched.see(60 + second, ok=True, location="ams") for second in range(5)] == [[]] * 5
    watched.see(70, ok=True, location="fra")
    assert watched.see(80, ok=True, location="fra") == [Change.RESOLVED]
    names = ("ams", "fra", "nyc", "gru", "sin")
    watched = Watched(context=Context(frozenset(names)))
    watched.fail_round(0, names)
    changed = [watched.see(60 + number, ok=True, location=name) for number, name in enumerate([*names, *names])]
    assert changed == [[]] * 8 + [[Change.RESOLVED], []]


def test_without_rechecks_the_locations_own_checks_agree() -> None:
    """`rechecks = []`: two of two whose last check failed open it; one alone does not, and its own later success is the end of that."""
    watched = Watched(Rule(pauses_s=()), context=TWO)
    assert watched.see(0, ok=False, location="ams") == []
    watched.see(10, ok=True, location="ams")
    assert watched.see(15, ok=False, location="fra") == []
    assert watched.see(30, ok=False, location="ams") == [Change.OPENED]
    assert watched.seen[-1].since == at(15)
    patient = Watched(Rule(pauses_s=(), alert_after=2), context=TWO)
    assert [patient.see(second, ok=False, location=name) for second, name in ((0, "ams"), (5, "fra"), (30, "ams"))] == [[], [], []]
    assert patient.see(35, ok=False, location="fra") == [Change.OPENED]


def test_a_blind_location_says_nothing_against_the_subject() -> None:
    """Its failures neither open nor confirm: the control probe failed as well."""
    watched = Watched()
    assert watched.see(0, ok=False, blind=True) == []
    watched.see(10, ok=False)
    watched.see(20, ok=False, attempt=1)
    assert watched.see(30, ok=False, attempt=2, blind=True) == [Change.CLEARED]


def test_a_round_whose_rechecks_got_lost_is_decided_by_the_clock() -> None:
    """A location that died between two checks does not leave the subject suspect for ever."""
    watched = Watched()
    watched.see(0, ok=False)
    late = at(RULE.round_s + 1)
    assert tick(watched.state, at(1), RULE, ONE) == (watched.state, ())
    state, found = tick(watched.state, late, RULE, ONE)
    assert (state.phase, [transition.change for transition in found]) == (Phase.UP, [Change.CLEARED])


def test_a_round_goes_on_while_failures_still_come_in() -> None:
    """In a great outage rechecks come late: what fails on and on is not cleared by the clock, what one recheck found well is."""
    watched = Watched()
    watched.see(0, ok=False)
    watched.see(30, ok=False)
    watched.see(58, ok=False, attempt=1)
    late = at(RULE.round_s + 10)
    assert tick(watched.state, late, RULE, ONE) == (watched.state, ())
    watched.state, _ = tick(watched.state, late, RULE, ONE)
    assert watched.see(90, ok=False, attempt=2) == [Change.OPENED]
    other = Watched(context=THREE)
    other.see(0, ok=False)
    other.see(40, ok=True, location="fra", attempt=1)
    other.see(41, ok=False)
    assert tick(other.state, late, RULE, THREE)[1][0].change is Change.CLEARED
    endless = Watched()
    endless.see(0, ok=False)
    for second in range(30, 600, 30):
        endless.see(second, ok=False)
    assert tick(endless.state, at(600), RULE, ONE)[1][0].change is Change.CLEARED


def test_what_depends_on_something_broken_is_held_back() -> None:
    """The database is down: its dependents open nothing; one that still fails once the database is well opens then."""
    watched = Watched(context=Context(frozenset({"ams"}), blocked_by="database"))
    assert watched.fail_round(0) == [Change.HELD]
    assert watched.seen[-1].by == "database"
    assert watched.see(45, ok=False) == []
    watched.context = ONE
    assert watched.see(60, ok=False) == [Change.OPENED]
    recovered = Watched(context=Context(frozenset({"ams"}), blocked_by="database"))
    recovered.fail_round(0)
    assert recovered.see(60, ok=True) + recovered.see(90, ok=True) == [Change.CLEARED]


def test_maintenance_opens_nothing_and_ends_with_a_fresh_start() -> None:
    """Failures within the window are not held against the subject, the first one after it is."""
    watched = Watched(context=Context(frozenset({"ams"}), maintenance="upgrade"))
    assert watched.fail_round(0) == []
    watched.context = ONE
    assert watched.fail_round(100) == [Change.OPENED]


def test_an_hour_of_flapping_is_a_handful_of_changes() -> None:
    """Down and up every two minutes: after three changes it stays open until it was calm for ten minutes."""
    watched = Watched()
    for minute in range(0, 60, 4):
        watched.fail_round(minute * 60)
        for second in (120, 150, 180, 210):
            watched.see(minute * 60 + second, ok=True)
    told = [change for change in watched.changes() if change in (Change.OPENED, Change.RESOLVED)]
    assert told == [Change.OPENED, Change.RESOLVED, Change.OPENED]
    assert watched.seen[-1].flapping
    assert watched.see(3600, ok=True) == []
    assert watched.see(3600 + 900, ok=True) == [Change.RESOLVED]


def test_old_results_and_those_of_an_earlier_round_change_nothing() -> None:
    """What a location delivers late, after it lost the store, is history."""
    watched = Watched()
    before = watched.state
    late = Result("shop", "ams", T0, ok=False)
    assert judge(before, late, at(RULE.stale_s + 1), RULE, ONE) == (before, ())
    watched.see(0, ok=False)
    other = Result("shop", "ams", at(20), ok=False, attempt=2, round_at=at(-60))
    assert judge(watched.state, other, at(20), RULE, ONE) == (watched.state, ())


def test_a_healthy_month_with_blips_opens_nothing() -> None:
    """30 days at 30 s; 0.5 % of all checks fail on their own."""
    dice, watched, blips = random.Random(7), Watched(), 0
    for number in range(30 * 24 * 120):
        if dice.random() < 0.005:
            blips += 1
            watched.see(number * 30, ok=False)
            attempt = 1
            while watched.state.phase is Phase.SUSPECT:
                watched.see(number * 30 + 5 * attempt, ok=dice.random() >= 0.005, attempt=attempt)
                attempt += 1
        elif watched.state.failed_rounds or number % 100 == 0:  # others would change nothing: spare the month
            watched.see(number * 30, ok=True)
    assert blips > 350
    assert Change.OPENED not in watched.changes()


LOCATIONS = ("ams", "fra", "nyc")
steps = st.lists(
    st.tuples(st.floats(0.1, 120), st.booleans(), st.sampled_from(LOCATIONS), st.integers(0, 2), st.booleans(), st.booleans()), max_size=60
)


def walk(steps_: list[tuple[float, bool, str, int, bool, bool]], context: Context) -> Watched:
    """Hand in any history."""
    watched = Watched(context=context)
    now = 0.0
    for pause, ok, location, attempt, blind, blocked in steps_:
        now += pause
        watched.context = Context(context.locations, "database" if blocked else "")
        watched.see(now, ok=ok, location=location, attempt=attempt, blind=blind)
        watched.state, found = tick(watched.state, at(now), watched.rule, watched.context)
        watched.seen += found
    return watched


@given(steps)
def test_whatever_happens_opening_and_resolving_alternate(history: list[tuple[float, bool, str, int, bool, bool]]) -> None:
    """Nothing opens twice and nothing resolves that did not open."""
    told = [change for change in walk(history, THREE).changes() if change in (Change.OPENED, Change.RESOLVED)]
    assert told == [Change.OPENED if number % 2 == 0 else Change.RESOLVED for number in range(len(told))]


@given(steps)
def test_one_location_alone_never_opens_where_there_are_several(history: list[tuple[float, bool, str, int, bool, bool]]) -> None:
    """Whatever one of three locations says, the other two must be able to contradict."""
    lonely = [(pause, ok, "ams" if not ok else location, attempt, blind, False) for pause, ok, location, attempt, blind, _ in history]
    assert Change.OPENED not in walk(lonely, THREE).changes()


@given(steps)
def test_a_state_survives_the_store(history: list[tuple[float, bool, str, int, bool, bool]]) -> None:
    """Written as JSON and read again it judges the same (moments are whole milliseconds)."""
    rounded = [(round(pause, 3), *rest) for pause, *rest in history]
    state = walk(rounded, THREE).state  # type: ignore[arg-type]
    assert from_json(json.loads(json.dumps(to_json(state)))).phase is state.phase
    once = from_json(json.loads(json.dumps(to_json(state))))
    assert from_json(json.loads(json.dumps(to_json(once)))) == once


LASTING = Rule(pauses_s=(), for_s=300, gap_s=600)


def test_what_must_last_opens_once_it_has() -> None:
    """Broken in each check for five minutes, told since when; a check between that holds starts over."""
    watched = Watched(LASTING)
    assert [change for second in range(0, 270, 30) for change in watched.see(second, ok=False)] == []
    watched.see(270, ok=True)
    assert [change for second in range(300, 600, 30) for change in watched.see(second, ok=False)] == []
    assert watched.see(600, ok=False) == [Change.OPENED]
    assert watched.seen[-1].since == at(300)
    watched.see(630, ok=True)
    assert watched.see(660, ok=True) == [Change.RESOLVED]


def test_what_must_last_does_not_last_over_a_gap() -> None:
    """A watch that ended while something was broken, and finds it so in the morning, waits again; a few minutes are no gap."""
    watched = Watched(LASTING)
    watched.see(0, ok=False)
    assert watched.see(12 * 3600, ok=False) == []
    assert watched.see(12 * 3600 + 299, ok=False) == []
    assert watched.see(12 * 3600 + 899, ok=False) == [Change.OPENED]
    assert watched.seen[-1].since == at(12 * 3600)


def test_what_must_last_must_last_for_a_quorum() -> None:
    """One of three locations breaks it for an hour: nothing. A second one does: five minutes from there."""
    watched = Watched(LASTING, THREE)
    for second in range(0, 3600, 30):
        for location in ("ams", "fra", "nyc"):
            assert watched.see(second, ok=location != "ams", location=location) == []
    for second in range(3600, 3900, 30):
        for location in ("ams", "fra", "nyc"):
            assert watched.see(second, ok=location == "nyc", location=location) == []
    assert watched.see(3900, ok=False, location="ams") == [Change.OPENED]
    assert watched.seen[-1].since == at(3600)
