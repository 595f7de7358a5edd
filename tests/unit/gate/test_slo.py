"""Objectives: what is left of an error budget, how fast it burns, and when too little is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from footfall.gate.slo import BURN_RULES, Slo, SloStatus, counted, status, verdict
from footfall.gate.verdict import Outcome
from footfall.metrics import Source

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SLO = Slo("shop", Source.PROBE, "health", 0.999, owner="shop", severity="P1")
MINUTE = timedelta(minutes=1)


def stands(every: timedelta, since: timedelta, bad_for: timedelta = timedelta(0), bad_every: int = 0) -> SloStatus:
    """Check every so often for so long; bad are the checks of the last `bad_for`, and one in `bad_every`."""
    moments = [NOW - number * every for number in range(int(since / every))]
    events = [
        (at, 1.0, float(NOW - at < bad_for or bool(bad_every and number % bad_every == bad_every - 1))) for number, at in enumerate(moments)
    ]
    return status(SLO, counted(events, NOW, SLO))


def firing(found: SloStatus) -> list[str]:
    """Return the severities of what fires."""
    return [burn.rule.severity for burn in found.burns if burn.firing]


def test_a_whole_budget_is_left_when_nothing_was_bad() -> None:
    """Nothing burns, and the verdict passes."""
    found = stands(MINUTE, timedelta(days=30))
    assert (found.good, found.left, found.spent, firing(found)) == (1.0, 1.0, False, [])
    told = verdict(found, respected=True)
    assert (told.outcome, told.key, told.text, told.count) == (Outcome.PASS, "slo.shop", "99.9 % over 30 d", 43_200)


def test_a_spent_budget_fails_a_gate_that_respects_it_and_warns_any_other() -> None:
    """One check in five hundred bad is twice what 99.9 % allows."""
    found = stands(MINUTE, timedelta(days=30), bad_every=500)
    assert found.spent
    assert found.left == pytest.approx(-1, abs=0.02)
    told = verdict(found, respected=True)
    assert (told.outcome, told.owner, told.severity) == (Outcome.FAIL, "shop", "P1")
    assert told.figure is not None
    assert told.figure < 0.999
    assert "the error budget is spent, 2 times over" in told.reason
    assert verdict(found, respected=False).outcome is Outcome.WARN


def test_an_outage_burns_fast_and_says_so() -> None:
    """Ten minutes down: the page fires, for the hour and the last five minutes are both bad, and a warning tells how fast it burns."""
    found = stands(MINUTE, timedelta(days=30), bad_for=10 * MINUTE)
    assert "page" in firing(found)
    told = verdict(found, respected=True)
    assert told.outcome is Outcome.WARN
    assert "times too fast (page)" in told.reason


def test_an_outage_that_is_over_pages_nobody() -> None:
    """The short window says that it no longer burns."""
    down = [(NOW - number * MINUTE, 1.0, float(20 <= number < 30)) for number in range(30 * 24 * 60)]
    found = status(SLO, counted(down, NOW, SLO))
    assert not found.burns[0].firing


@pytest.mark.parametrize("bad", [1, 2])
def test_one_blip_of_a_probe_that_asks_rarely_burns_nothing(bad: int) -> None:
    """A failed check of twelve burns 83 times too fast, and is guarded against."""
    found = stands(5 * MINUTE, timedelta(days=30), bad_for=bad * 5 * MINUTE)
    assert found.burns[0].rate > BURN_RULES[0].factor
    assert firing(found) == []


def test_too_few_events_say_nothing() -> None:
    """Five checks are no month: learning, never a pass, whatever they were."""
    for bad_for in (timedelta(0), MINUTE):
        told = verdict(stands(MINUTE, 5 * MINUTE, bad_for), respected=True)
        assert (told.outcome, told.figure) == (Outcome.LEARNING, None)
        assert told.reason == "5 of 20 events that it takes to say anything"


def test_windows_longer_than_the_objective_s_own_are_not_asked() -> None:
    """An objective over a day has no three-day burn rate."""
    day = Slo("day", Source.PROBE, "health", 0.99, timedelta(days=1))
    assert len(status(day, counted([], NOW, day)).burns) == 3
