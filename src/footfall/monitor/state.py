"""What is broken: a pure function from (what is known, one result, now) to (what is known then, what changed).

One failed check proves nothing. It makes a subject *suspect*: every location checks again after each of the rule's pauses, and
only locations that saw every recheck fail count. With several locations `quorum` of them must agree (of fewer, all). A rule
without rechecks counts the locations whose last scheduled checks failed, and may want that to last. A location that could not
reach a place known to be up either is *blind*: what it says is not held against the subject.
`bench/detection.py` measures what the rule costs in time and how seldom it is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

DECIDED = -1
"""The vote of a location that saw a recheck succeed, or was blind."""
_SLACK_S = 5.0
_PATIENCE = 4
"""How many times as long as planned a round may take while failures still come in: a location may have thousands to recheck."""


class Phase(StrEnum):
    """Where a subject stands."""

    UP = "up"
    SUSPECT = "suspect"
    DOWN = "down"


class Change(StrEnum):
    """What a result can change."""

    SUSPECTED = "suspected"  # rechecks are wanted now
    CLEARED = "cleared"  # it was a blip, or was held back and recovered
    HELD = "held"  # down, but because something it depends on is
    OPENED = "opened"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Rule:
    """How failures become an incident. Pauses are seconds before each recheck, counted from the end of the check before.

    `alert_after` failed rounds in a row open an incident; `recover_after` successes in a row end it. A subject that changed
    `flap_changes` times within `flap_window_s` is flapping and is well only after `calm_s` without a failure. Without rechecks,
    failures must also have lasted `for_s`, none further than `gap_s` from the one before it: over a night nothing lasts.
    """

    pauses_s: tuple[float, ...] = (5.0, 10.0)
    timeout_s: float = 10.0
    alert_after: int = 1
    recover_after: int = 2
    quorum: int = 2
    flap_changes: int = 3
    flap_window_s: float = 3600.0
    calm_s: float = 600.0
    stale_s: float = 180.0
    for_s: float = 0.0
    gap_s: float = math.inf

    @property
    def round_s(self) -> float:
        """The longest that a round of rechecks may take."""
        return sum(self.pauses_s) + (len(self.pauses_s) + 1) * self.timeout_s + _SLACK_S


AT_ONCE = Rule(pauses_s=(), recover_after=1)
"""For what is a fact and no measurement: a heartbeat that did not come, a channel that is dead."""


@dataclass(frozen=True)
class Result:
    """What one check said. `attempt` is 0 for a scheduled one, else the recheck's number within the round that began at `round_at`."""

    subject: str
    location: str
    at: datetime
    ok: bool
    blind: bool = False
    attempt: int = 0
    round_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True)
class Context:
    """What surrounds a subject now: the locations that can see, a dependency that is broken or suspect, a maintenance window."""

    locations: frozenset[str] = frozenset()
    blocked_by: str = ""
    maintenance: str = ""


@dataclass(frozen=True)
class State:
    """What is known of a subject. `votes` count failed rechecks, `streaks` successes in a row (below 0: failures), by location."""

    phase: Phase = Phase.UP
    since: datetime | None = None
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    failed_rounds: int = 0
    votes: Mapping[str, int] = field(default_factory=dict)
    streaks: Mapping[str, int] = field(default_factory=dict)
    changes: tuple[datetime, ...] = ()
    flapping: bool = False
    held_by: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Transition:
    """One change of a subject: `since` is its first failed check, `problem` what was seen, `by` the dependency that holds it back."""

    change: Change
    at: datetime
    since: datetime
    problem: str = ""
    by: str = ""
    flapping: bool = False

    @property
    def words(self) -> str:
        """What changed; and what was seen, where that is bad."""
        well = self.change in {Change.CLEARED, Change.RESOLVED}
        return self.change if well or not self.problem else f"{self.change}: {self.problem}"


Outcome = tuple[State, tuple[Transition, ...]]


def judge(state: State, result: Result, now: datetime, rule: Rule, context: Context) -> Outcome:
    """Hold one result against what is known. A result older than the rule's `stale_s`, or a blind scheduled one, changes nothing."""
    if (now - result.at).total_seconds() > rule.stale_s or _of_an_earlier_round(state, result):
        return state, ()
    if result.blind:
        return _vote(state, result, now, rule, context) if result.attempt else (state, ())
    if context.maintenance and not result.ok:
        return (state if state.phase is Phase.DOWN else State(streaks=_streaks(state, result))), ()
    state = _noted(_after_a_gap(state, result, rule), result)
    if state.phase is Phase.DOWN:
        return _judge_down(state, result, now, rule, context)
    if result.attempt:
        return _vote(state, result, now, rule, context)
    return _judge_up(state, result, now, rule, context) if state.phase is Phase.UP else (state, ())


def _judge_up(state: State, result: Result, now: datetime, rule: Rule, context: Context) -> Outcome:
    if not result.ok:
        return _suspect(state, result, now) if rule.pauses_s else _count_unrepeated(state, result, now, rule, context)
    well = state.failed_rounds and _failing(state, context) < needed(rule, context)
    return (replace(state, failed_rounds=0, failing_since=None, problem="") if well else state), ()


def _count_unrepeated(state: State, result: Result, now: datetime, rule: Rule, context: Context) -> Outcome:
    """Without rechecks nobody is asked again: it is down once enough locations have seen `alert_after` failures in a row, for `for_s`."""
    since = state.failing_since or result.at
    state = replace(state, failing_since=since, failed_rounds=state.failed_rounds + 1)
    agree = sum(state.streaks.get(location, 0) <= -rule.alert_after for location in context.locations | {result.location})
    lasted = (result.at - since).total_seconds() >= rule.for_s
    return _down(state, now, rule, context) if lasted and agree >= needed(rule, context) else (state, ())


def _after_a_gap(state: State, result: Result, rule: Rule) -> State:
    """Forget failures that have led to nothing yet and lie too far back to be of one piece with what comes now."""
    if state.phase is not Phase.UP or state.failed_at is None or (result.at - state.failed_at).total_seconds() <= rule.gap_s:
        return state
    return begun_anew(state)


def begun_anew(state: State) -> State:
    """Forget failures that have led to nothing yet; without a new object where there are none."""
    return replace(state, failing_since=None, failed_rounds=0, streaks={}, problem="") if state.failed_rounds else state


def tick(state: State, now: datetime, rule: Rule, context: Context) -> Outcome:
    """Let time pass: a round whose rechecks did not all come back is decided by those that did.

    While failures still come in, and none of the rechecks has held, it is not lost but slow: in a great outage there are many to make.
    """
    if state.phase is not Phase.SUSPECT or state.since is None:
        return state, ()
    taken = (now - state.since).total_seconds()
    if taken <= rule.round_s or (taken <= _PATIENCE * rule.round_s and _still_failing(state, now, rule)):
        return state, ()
    return _confirm(state, now, rule, context) if _confirmed(state, rule, context) else _clear(state, now)


def _still_failing(state: State, now: datetime, rule: Rule) -> bool:
    recent = state.failed_at is not None and (now - state.failed_at).total_seconds() <= rule.round_s
    return recent and state.failed_at != state.failing_since and DECIDED not in state.votes.values()


def needed(rule: Rule, context: Context) -> int:
    """How many locations must see a failure."""
    return max(1, min(rule.quorum, len(context.locations)))


def _of_an_earlier_round(state: State, result: Result) -> bool:
    return bool(result.attempt) and (state.phase is not Phase.SUSPECT or result.round_at != state.since)


def _streaks(state: State, result: Result) -> dict[str, int]:
    before = state.streaks.get(result.location, 0)
    return {**state.streaks, result.location: max(before, 0) + 1 if result.ok else min(before, 0) - 1}


def _noted(state: State, result: Result) -> State:
    """Count the result, without a new object where nothing would be different that anybody asks for."""
    if result.ok:
        if state.phase is Phase.UP and not state.failed_rounds and state.streaks.get(result.location, 0) > 0:
            return state
        return replace(state, streaks=_streaks(state, result))
    return replace(state, streaks=_streaks(state, result), failed_at=result.at, problem=result.problem or state.problem)


def _failing(state: State, context: Context) -> int:
    return sum(state.streaks.get(location, 0) < 0 for location in context.locations)


def _suspect(state: State, result: Result, now: datetime) -> Outcome:
    since = state.failing_since or result.at
    state = replace(state, phase=Phase.SUSPECT, since=now, failing_since=since, votes={})
    return state, (Transition(Change.SUSPECTED, now, since, state.problem),)


def _vote(state: State, result: Result, now: datetime, rule: Rule, context: Context) -> Outcome:
    """Count a recheck; decide once enough locations agree, or too few are left that still could."""
    vote = DECIDED if result.ok or result.blind or state.votes.get(result.location) == DECIDED else result.attempt
    state = replace(state, votes={**state.votes, result.location: vote})
    if _confirmed(state, rule, context):
        return _confirm(state, now, rule, context)
    possible = sum(state.votes.get(location, 0) != DECIDED for location in context.locations | {result.location})
    return (state, ()) if possible >= needed(rule, context) else _clear(state, now)


def _confirmed(state: State, rule: Rule, context: Context) -> bool:
    return sum(vote >= len(rule.pauses_s) for vote in state.votes.values()) >= needed(rule, context)


def _clear(state: State, now: datetime) -> Outcome:
    since = state.failing_since or now
    cleared = replace(state, phase=Phase.UP, since=now, failing_since=None, failed_rounds=0, votes={}, held_by="", problem="")
    return cleared, (Transition(Change.CLEARED, now, since, state.problem),)


def _confirm(state: State, now: datetime, rule: Rule, context: Context) -> Outcome:
    rounds = state.failed_rounds + 1
    if rounds < rule.alert_after:
        return replace(state, phase=Phase.UP, since=now, failed_rounds=rounds, votes={}), ()
    return _down(replace(state, failed_rounds=rounds, votes={}), now, rule, context)


def _down(state: State, now: datetime, rule: Rule, context: Context) -> Outcome:
    since = state.failing_since or now
    down = replace(state, phase=Phase.DOWN, since=now, held_by=context.blocked_by)
    if context.blocked_by:
        return down, (Transition(Change.HELD, now, since, state.problem, context.blocked_by),)
    down = _changed(down, now, rule)
    return down, (Transition(Change.OPENED, now, since, state.problem, flapping=down.flapping),)


def _changed(state: State, now: datetime, rule: Rule) -> State:
    recent = tuple(moment for moment in state.changes if now - moment <= timedelta(seconds=rule.flap_window_s))
    changes = (*recent, now)[-rule.flap_changes :]
    return replace(state, changes=changes, flapping=len(changes) >= rule.flap_changes)


def _judge_down(state: State, result: Result, now: datetime, rule: Rule, context: Context) -> Outcome:
    if not result.ok:
        released = state.held_by and not context.blocked_by
        return _down(state, now, rule, context) if released else (state, ())
    well = sum(state.streaks.get(location, 0) >= rule.recover_after for location in context.locations)
    calm = not state.flapping or state.failed_at is None or (now - state.failed_at).total_seconds() >= rule.calm_s
    failing = max(1, len(context.locations)) - well
    if well < needed(rule, context) or failing >= needed(rule, context) or not calm:
        return state, ()
    if state.held_by:
        return _clear(state, now)
    since = state.failing_since or now
    changed = _changed(state, now, rule)
    up = State(since=now, streaks=state.streaks, changes=changed.changes, failed_at=state.failed_at)
    return up, (Transition(Change.RESOLVED, now, since, state.problem, flapping=state.flapping),)
