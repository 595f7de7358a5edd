"""From results to told people: what waits in the store is judged, and every change is kept with its messages in one transaction.

A judge that dies at any moment loses nothing: what it had not committed is judged again by itself or by another.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from footfall.clock import Clock, to_text
from footfall.errors import StoreError
from footfall.gate.slo import FEWEST_BAD
from footfall.monitor import slow
from footfall.monitor.bench import Bench, Remembered
from footfall.monitor.content import Facts
from footfall.monitor.objectives import burning
from footfall.monitor.plan import HEALTH, Level, Plan, Promise, Subject
from footfall.monitor.points import reached
from footfall.monitor.score import health_score, phases_of
from footfall.monitor.state import Context, Phase, Result, State, Transition, begun_anew, judge, needed, tick
from footfall.store import incidents, recent, watch
from footfall.store.deployments import deployments
from footfall.store.watch import Place, Seen
from footfall.store.writer import Store

MISSING_S = 60.0
BLIND_S = 120.0
MINUTE = timedelta(minutes=1)
_RECENT = 3
_TRIES = 3
_log = logging.getLogger("footfall.watch")


class Judge:
    """Judges for a plan, on a store. `target` is what is watched; in `root` lie the runbooks."""

    def __init__(self, store: Store, plan: Plan, clock: Clock, *, target: str = "", root: Path | None = None) -> None:
        self._store, self._plan, self._clock = store, plan, clock
        self._target, self._root = target, root
        self._remembered = Remembered()
        self._spoilt: Counter[int] = Counter()

    def step(self) -> list[tuple[Subject, Transition]]:
        """Judge all that waits, let time pass, and take due steps of escalations; return what changed.

        Raises StoreError; then nothing of it has happened.
        """
        now = self._clock.now()
        if self._minute_over(now):
            self._remembered.deployments = deployments(self._store, target=self._target or None, limit=_RECENT)
        facts = Facts(self._target, self._remembered.deployments, self._root)
        hearing: Hearing | None = None
        try:
            with self._store.writing() as connection:
                hearing = Hearing(connection, self._plan, now, facts, self._remembered)
                hearing.results(watch.waiting(connection, target=self._plan.target), self._spoilt)
                hearing.time_passes()
                if self._minute_over(now):
                    hearing.minute()
                hearing.keep()
                reached("judged")
        except BaseException as error:
            self._remembered = Remembered()  # it may know of what has not happened
            if hearing is not None and hearing.in_hand is not None and isinstance(error, Exception) and not isinstance(error, StoreError):
                self._spoilt[hearing.in_hand] += 1
            raise
        reached("judgement-kept")
        if self._minute_over(now):
            self._remembered.minute = now
        return hearing.changed

    def rest(self) -> None:
        """Another judges: what is remembered here grows old, and is had from the store again afterwards."""
        self._remembered = Remembered()

    def _minute_over(self, now: datetime) -> bool:
        last = self._remembered.minute
        return last is None or abs(now - last) >= MINUTE


class Hearing(Bench):
    """One step of judging: all that waits, and what time itself brings. `in_hand` is the number of the result that is being judged."""

    in_hand: int | None = None

    # What was seen

    def results(self, waiting: list[tuple[int, Seen]], spoilt: Mapping[int, int] = MappingProxyType({})) -> None:
        """Judge results in their order, count them into their hours, and mark them.

        One that could not be judged three times (by its number: `spoilt`) is left out: it must not keep all that come after it.
        """
        keys = {seen.subject for _, seen in waiting}
        beside = {f"slow:{key}" for key in keys} | self.plan.promised(keys)
        self.load(keys | beside | {key for name in keys for key in self.plan.dependencies(self.plan.subject(name))})
        for number, seen in waiting:
            if spoilt.get(number, 0) >= _TRIES:
                _log.error("a result of %s cannot be judged, and is left out", seen.subject)
                continue
            self.in_hand = number
            self.one(seen)
        self.in_hand = None
        watch.add_to_hours(self.connection, (seen for _, seen in waiting))
        watch.mark_judged(self.connection, [number for number, _ in waiting])

    def one(self, seen: Seen) -> None:
        """Judge one result."""
        subject = self.plan.subject(seen.subject)
        result = Result(seen.subject, seen.location, seen.at, seen.ok, seen.blind, seen.attempt, seen.round_at, seen.problem)
        context = self.context(subject, seen.location)
        self._take(subject, judge(self.state(subject.key), result, self.now, subject.rule, context))
        if seen.ok and not (seen.attempt or seen.excused) and seen.latency_ms is not None and subject.watched.slow:
            self._watch_duration(subject, seen, seen.latency_ms, context)
        promise = self.plan.promises.get(subject.key)
        if promise is not None and not (seen.attempt or seen.blind or seen.excused):
            self._hold(promise, subject, seen)

    # Time

    def time_passes(self) -> None:
        """Decide rounds whose rechecks got lost, notice locations that went missing or blind, take due steps of escalations."""
        for key in watch.states_in(self.connection, Phase.SUSPECT, target=self._target):
            subject = self.plan.subject(key)
            self._take(subject, tick(self.state(key), self.now, subject.rule, self.context(subject, "judge")))
        for place in self._places:
            self._judge_place(place)
        for incident in incidents.due(self.connection, self.now, target=self._target):
            self.desk.escalate(incident)

    def _judge_place(self, place: Place) -> None:
        age = self._age(place.seen)
        self.fact(f"location:{place.name}", ok=age <= MISSING_S, problem=f"nothing was heard of it since {to_text(place.seen)}")
        since = place.detail.get("blind_since")
        blind = place.blind and since and self._age(datetime.fromisoformat(since)) > BLIND_S
        self.fact(f"blind:{place.name}", ok=not blind, problem=f"since {since} it cannot reach what is known to be up")

    def minute(self) -> None:
        """What is looked at once a minute: error budgets, heartbeats, subjects that are no longer watched."""
        for subject in self.plan.subjects.values():
            if subject.watched.slo is not None:
                self._budget(subject)
        self._heartbeats()
        self._health()
        self._end_what_nobody_watches()
        self._keep_durations()

    def _budget(self, subject: Subject) -> None:
        """A budget that an outage burns is told by the outage's own incident, and not once more for each thing that depended on it."""
        problem = burning(self.connection, subject, self.now, self._target)
        if not problem or not (self._explained(subject) or self._burnt_by_an_outage(subject)):
            self.fact(f"slo:{subject.key}", ok=not problem, problem=problem)

    def _explained(self, subject: Subject) -> bool:
        """Whether what goes wrong with a subject now is another incident's to tell: its own, or that of what it depends on."""
        return self.state(subject.key).phase is not Phase.UP or bool(self._blocked_by(subject))

    def _burnt_by_an_outage(self, subject: Subject) -> bool:
        """Whether it ended lately and hardly a check has failed since: the windows of burn rates remember it for hours."""
        last = self._last_outage(subject)
        if last is None:
            return False
        total, good = watch.counted(self.connection, subject.key, last, self.now, target=self._target)
        return total - good < FEWEST_BAD

    def _last_outage(self, subject: Subject) -> datetime | None:
        """When a subject, or what it depends on, was last well again."""
        ended = [incidents.listed(self.connection, last=1, subject=key, target=self._target) for key in self.plan.causes(subject)]
        return max((each.resolved for found in ended for each in found if each.resolved is not None), default=None)

    def _heartbeats(self) -> None:
        """A heartbeat that never came is waited for from the moment at which it was first looked for."""
        if not self.plan.inbound:
            return
        beats = watch.beats(self.connection, target=self._target)
        for key, limit_s in self.plan.inbound.items():
            name = key.partition(":")[2]
            last = beats.get(name)
            if last is None:
                watch.beat(self.connection, watch.Beat(name, self.now, ok=True, detail={"expected": True}, target=self._target))
            elif not last.ok:
                self.fact(key, ok=False, problem=str(last.detail.get("problem") or "it reported a failure"))
            else:
                late = self._age(last.seen) > limit_s
                refused = last.detail.get("refused")
                but = f"; {refused} deliveries since whose signature does not hold" if refused else ""
                self.fact(key, ok=not late, problem=f"last heard of at {to_text(last.seen)}, expected every {limit_s:g} s{but}")

    def _health(self) -> None:
        """Hold the composite score against `health_below`."""
        least = self.plan.watch.health_below
        if least:
            self.keep()
            score = health_score(self.plan, phases_of(watch.load_states(self.connection, target=self._target)))
            self.fact(HEALTH, ok=score is None or score >= least, problem=f"{score} of 100, expected at least {least}")

    def _end_what_nobody_watches(self) -> None:
        for incident in incidents.listed(self.connection, only_open=True, last=None, target=self._target):
            if not self.plan.knows(incident.subject) or self._left(incident.subject):
                self.desk.resolve(incident, text="it is no longer watched")
                self._states[incident.subject] = State(since=self.now)
                self._before.setdefault(incident.subject, State())

    def _left(self, key: str) -> bool:
        """Whether it is about a location that ended in order since."""
        kind, _, name = key.partition(":")
        return kind in {"location", "blind"} and name not in {place.name for place in self._places}

    # Budgets

    def _hold(self, promise: Promise, subject: Subject, seen: Seen) -> None:
        """Hold what is promised of a subject against a check. What an outage breaks is told by its own incident, and forgotten after it."""
        held = self._remembered.held
        if self._is_down(subject):
            held.begin(subject.key)
            for level in promise.levels:
                self._states[level.subject.key] = begun_anew(self.state(level.subject.key))
            return
        if not held.knows(subject.key):
            held.begin(subject.key)
            for before in self._seen_before(promise, subject, seen):
                held.add(promise, subject, before)
        held.add(promise, subject, seen)
        if not self._explained(subject):
            for level, problem in held.judged(promise, subject, seen):
                self._judge_level(level, seen, problem)

    def _is_down(self, subject: Subject) -> bool:
        return any(self.state(key).phase is Phase.DOWN for key in (subject.key, *self.plan.dependencies(subject)))

    def _seen_before(self, promise: Promise, subject: Subject, seen: Seen) -> list[Seen]:
        """What the windows of a promise hold before a check that is the first to be judged here."""
        if not promise.span_s:
            return []
        since = seen.at - timedelta(seconds=promise.span_s)
        ended = self._last_outage(subject)
        since = since if ended is None else max(since, ended)
        return recent.judged_since(self.connection, subject.key, since, target=self._target)

    def _judge_level(self, level: Level, seen: Seen, problem: str) -> None:
        """While the graver level of a budget is broken, the milder one is not told beside it."""
        broken, context = level.subject, self.context(level.subject, seen.location)
        if level.above and self.state(level.above).phase is not Phase.UP:
            context = replace(context, blocked_by=level.above)
        result = Result(broken.key, seen.location, seen.at, ok=not problem, problem=problem)
        self._take(broken, judge(self.state(broken.key), result, self.now, broken.rule, context), [seen])

    # Slowness

    def _watch_duration(self, subject: Subject, seen: Seen, duration_ms: float, context: Context) -> None:
        memories = self._durations(subject.key)
        memories[seen.location] = slow.observe(memories.get(seen.location, slow.Memory()), seen.at, duration_ms)
        self._remembered.touched.add(subject.key)
        key, usual = f"slow:{subject.key}", memories[seen.location].usual_ms
        is_slow = sum(memory.slow for memory in memories.values()) >= min(needed(subject.rule, context), len(memories))
        if is_slow and self.state(key).phase is Phase.UP and self._learns_anew(subject.key):
            memories.clear()
            return
        if is_slow and self._explained(subject):
            return
        if is_slow or memories[seen.location].s == 0:
            self.fact(key, ok=not is_slow, problem=f"{duration_ms:.0f} ms, usually {usual:.0f} ms (from {seen.location})")

    def _durations(self, key: str) -> dict[str, slow.Memory]:
        if key not in self._remembered.durations:
            name = f"durations:{key}"
            self._remembered.durations[key] = slow.from_json(self._load([name]).get(name, {}))
        return self._remembered.durations[key]

    def _learns_anew(self, key: str) -> bool:
        """Whether somebody has resolved the slowness by hand since: as it is now, it is as it should be."""
        name = f"durations:{key}"
        return bool(self._load([name]).get(name, {}).get("anew"))

    def _keep_durations(self) -> None:
        kept: Mapping[str, Mapping[str, object]] = {
            f"durations:{key}": slow.to_json(self._remembered.durations[key]) for key in self._remembered.touched
        }
        self._save(kept)
        self._remembered.touched.clear()
