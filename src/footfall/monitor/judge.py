"""From results to told people: what waits in the store is judged, and every change is kept with its messages in one transaction.

A judge that dies at any moment loses nothing: what it had not committed is judged again by itself or by another.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from footfall.clock import Clock, to_text
from footfall.errors import StoreError
from footfall.gate.deployments import Deployment
from footfall.gate.slo import FEWEST_BAD
from footfall.monitor import awake, slow
from footfall.monitor.awake import Awake
from footfall.monitor.content import Facts
from footfall.monitor.incidents import Desk
from footfall.monitor.memory import from_json, to_json
from footfall.monitor.objectives import burning
from footfall.monitor.plan import HEALTH, Plan, Subject
from footfall.monitor.points import reached
from footfall.monitor.score import health_score, phases_of
from footfall.monitor.state import Change, Context, Outcome, Phase, Result, State, Transition, judge, needed, tick
from footfall.store import incidents, watch
from footfall.store.deployments import deployments
from footfall.store.watch import Place, Seen
from footfall.store.writer import Store

ALIVE_S = 20.0
"""How long ago a location may have been heard of to have a say."""
MISSING_S = 60.0
BLIND_S = 120.0
MINUTE = timedelta(minutes=1)
_RECENT = 3
_TRIES = 3
_log = logging.getLogger("footfall.watch")


@dataclass
class Remembered:
    """What a judge keeps between its steps; all of it can be had from the store again."""

    durations: dict[str, dict[str, slow.Memory]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    deployments: list[Deployment] = field(default_factory=list)
    minute: datetime | None = None
    awake: Awake | None = None


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
        bench: Bench | None = None
        try:
            with self._store.writing() as connection:
                bench = Bench(connection, self._plan, now, facts, self._remembered)
                bench.results(watch.waiting(connection, target=self._plan.target), self._spoilt)
                bench.time_passes()
                if self._minute_over(now):
                    bench.minute()
                bench.keep()
                reached("judged")
        except BaseException as error:
            self._remembered = Remembered()  # it may know of what has not happened
            if bench is not None and bench.in_hand is not None and isinstance(error, Exception) and not isinstance(error, StoreError):
                self._spoilt[bench.in_hand] += 1
            raise
        reached("judgement-kept")
        if self._minute_over(now):
            self._remembered.minute = now
        return bench.changed

    def rest(self) -> None:
        """Another judges: what is remembered here grows old, and is had from the store again afterwards."""
        self._remembered = Remembered()

    def _minute_over(self, now: datetime) -> bool:
        last = self._remembered.minute
        return last is None or abs(now - last) >= MINUTE


class Bench:
    """One step of judging, within one transaction."""

    def __init__(
        self, connection: Connection, plan: Plan, now: datetime, facts: Facts | None = None, remembered: Remembered | None = None
    ) -> None:
        self.connection, self.plan, self.now = connection, plan, now
        self.desk = Desk(connection, plan, now, facts)
        self.changed: list[tuple[Subject, Transition]] = []
        self.in_hand: int | None = None
        self._remembered = remembered or Remembered()
        self._target = plan.target
        self._places = watch.places(connection, target=plan.target)
        self._awake: Awake | None = None
        self._states: dict[str, State] = {}
        self._before: dict[str, State] = {}

    # States

    def load(self, subjects: Iterable[str]) -> None:
        """Read the states of subjects that are not known yet."""
        missing = {key for key in subjects if key not in self._states}
        found = self._load(missing) if missing else {}
        for key in missing:
            self._states[key] = self._before[key] = from_json(found.get(key, {}))

    def _load(self, keys: Collection[str]) -> dict[str, dict[str, Any]]:
        return watch.load_states(self.connection, keys, target=self._target)

    def state(self, key: str) -> State:
        """Return a subject's state."""
        self.load([key])
        return self._states[key]

    def keep(self) -> None:
        """Write the states that changed."""
        self._save({key: to_json(state) for key, state in self._states.items() if state is not self._before[key]})
        self._before.update(self._states)

    def _save(self, states: Mapping[str, Mapping[str, object]]) -> None:
        watch.save_states(self.connection, states, self.now, target=self._target)

    # What was seen

    def results(self, waiting: list[tuple[int, Seen]], spoilt: Mapping[int, int] = MappingProxyType({})) -> None:
        """Judge results in their order, count them into their hours, and mark them.

        One that could not be judged three times (by its number: `spoilt`) is left out: it must not keep all that come after it.
        """
        keys = {seen.subject for _, seen in waiting}
        slow_keys = {f"slow:{key}" for key in keys}
        self.load(keys | slow_keys | {key for name in keys for key in self.plan.dependencies(self.plan.subject(name))})
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
        if seen.ok and not seen.attempt and seen.latency_ms is not None and subject.watched.slow:
            self._watch_duration(subject, seen, seen.latency_ms, context)

    def context(self, subject: Subject, location: str) -> Context:
        """Return what surrounds a subject now; where no location is known, the one that speaks is all there is."""
        alive = frozenset(place.name for place in self._places if self._age(place.seen) <= ALIVE_S and not place.blind)
        of = frozenset({location}) if subject.one_place or not alive else alive
        return Context(of, self._blocked_by(subject), self.plan.maintenance(subject.key, self.now))

    def _age(self, moment: datetime) -> float:
        """Seconds since a moment in which there was a judge, awake and with a store: in no others could anything be heard of."""
        if self._awake is None:
            self._awake = self._looked()
        return self._awake.seconds_since(moment, self.now)

    def _looked(self) -> Awake:
        """Note that somebody listens; kept in the store now and then, for whoever judges next."""
        known = self._remembered.awake or awake.from_json(self._load([awake.KEY]).get(awake.KEY, {}))
        found = known.looked(self.now)
        if found.kept is None or (self.now - found.kept).total_seconds() >= awake.KEEP_S:
            found = replace(found, kept=self.now)
            self._save({awake.KEY: awake.to_json(found)})
        self._remembered.awake = found
        return found

    def _blocked_by(self, subject: Subject) -> str:
        keys = self.plan.dependencies(subject)
        return next((key for key in keys if self.state(key).phase is not Phase.UP), "")

    def _take(self, subject: Subject, outcome: Outcome) -> None:
        state, transitions = outcome
        self._states[subject.key] = state
        for transition in transitions:
            self._change(subject, transition)
            self.changed.append((subject, transition))

    def _change(self, subject: Subject, transition: Transition) -> None:
        if transition.change is Change.OPENED:
            self.desk.open(subject, transition, self._failed(subject, transition))
        elif transition.change is Change.RESOLVED:
            found = incidents.open_of(self.connection, subject.key, target=self._target)
            if found is not None:
                self.desk.resolve(found)
        elif transition.change is Change.HELD:
            blocking = incidents.open_of(self.connection, transition.by, target=self._target)
            if blocking is not None:
                self.desk.note(blocking, "held", f"{subject.name} fails as well, and is not told on its own: {transition.problem}")

    def _failed(self, subject: Subject, transition: Transition) -> list[Seen]:
        newest = watch.last_results(self.connection, subject.key, 50, target=self._target)
        return [seen for seen in newest if not seen.ok and seen.at >= transition.since]

    def fact(self, key: str, *, ok: bool, problem: str = "", at: datetime | None = None) -> None:
        """Judge what is no measurement: a channel is dead, a location missing, a heartbeat overdue."""
        subject = self.plan.subject(key)
        state = self.state(key)
        if ok and state.phase is Phase.UP:
            return
        context = Context(frozenset({"judge"}), maintenance=self.plan.maintenance(key, self.now))
        result = Result(key, "judge", at or self.now, ok, problem=problem)
        outcome = judge(state, result, max(self.now, result.at), subject.rule, context)
        if outcome[1] or outcome[0].phase is not state.phase:
            self._take(subject, outcome)

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
        ended = [incidents.listed(self.connection, last=1, subject=key, target=self._target) for key in self.plan.causes(subject)]
        last = max((each.resolved for found in ended for each in found if each.resolved is not None), default=None)
        if last is None:
            return False
        total, good = watch.counted(self.connection, subject.key, last, self.now, target=self._target)
        return total - good < FEWEST_BAD

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
