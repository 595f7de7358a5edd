"""Where subjects stand: their states are read, changed and kept, and what changes is told, within one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from footfall.gate.deployments import Deployment
from footfall.monitor import awake, slow
from footfall.monitor.awake import Awake
from footfall.monitor.content import Facts
from footfall.monitor.held import Held
from footfall.monitor.incidents import Desk
from footfall.monitor.memory import from_json, to_json
from footfall.monitor.plan import Plan, Subject
from footfall.monitor.state import Change, Context, Outcome, Phase, Result, State, Transition, judge
from footfall.store import incidents, watch
from footfall.store.watch import Seen

ALIVE_S = 20.0
"""How long ago a location may have been heard of to have a say."""


@dataclass
class Remembered:
    """What a judge keeps between its steps; all of it can be had from the store again."""

    durations: dict[str, dict[str, slow.Memory]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    held: Held = field(default_factory=Held)
    deployments: list[Deployment] = field(default_factory=list)
    minute: datetime | None = None
    awake: Awake | None = None


class Bench:
    """The states of a plan's subjects, at one moment and within one transaction."""

    def __init__(
        self, connection: Connection, plan: Plan, now: datetime, facts: Facts | None = None, remembered: Remembered | None = None
    ) -> None:
        self.connection, self.plan, self.now = connection, plan, now
        self.desk = Desk(connection, plan, now, facts)
        self.changed: list[tuple[Subject, Transition]] = []
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

    # What changes them

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

    def _take(self, subject: Subject, outcome: Outcome, seen: Sequence[Seen] = ()) -> None:
        state, transitions = outcome
        self._states[subject.key] = state
        for transition in transitions:
            self._change(subject, transition, seen)
            self.changed.append((subject, transition))

    def _change(self, subject: Subject, transition: Transition, seen: Sequence[Seen]) -> None:
        if transition.change is Change.OPENED:
            self.desk.open(subject, transition, seen or self._failed(subject, transition))
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
