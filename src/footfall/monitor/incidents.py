"""What happens to an incident, and who is told: each function writes both in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from footfall.clock import to_text
from footfall.errors import UsageError
from footfall.monitor import content as telling
from footfall.monitor import routes
from footfall.monitor.content import Facts, content_of
from footfall.monitor.memory import to_json
from footfall.monitor.plan import Plan, Subject
from footfall.monitor.state import State, Transition
from footfall.samples import Json
from footfall.store import incidents, outbox, watch
from footfall.store.incidents import Action, Entry, Incident
from footfall.store.outbox import Message
from footfall.store.watch import Seen

_TOGETHER = 50
"""The most incidents that share a message."""
_GROUPED = ("slack", "webhook", "email", "apprise")
"""The kinds of channels whose messages may tell of several incidents; PagerDuty has one alert for each."""


class Desk:
    """Opens, changes and resolves incidents within one transaction, at one moment."""

    def __init__(self, connection: Connection, plan: Plan, now: datetime, facts: Facts | None = None) -> None:
        self.connection, self.plan, self.now = connection, plan, now
        self.facts = facts or Facts()

    def open(self, subject: Subject, transition: Transition, seen: Sequence[Seen] = ()) -> Incident:
        """Open an incident, unless its subject has one, and owe its messages."""
        already = incidents.open_of(self.connection, subject.key, target=self.plan.target)
        if already is not None:
            self.note(already, "failing", f"it still fails: {transition.problem}")
            return already
        last = incidents.listed(self.connection, last=1, subject=subject.key, target=self.plan.target)
        found = incidents.open_incident(self.connection, self._new(subject, transition, seen))
        self.note(found, telling.OPENED, transition.problem or found.title)
        owed = routes.opened(self.plan.alerts, found, content_of(found, telling.OPENED, self.now), self.now, self._quiet(last))
        self._owe(owed)
        first = min((each.message.due for each in owed), default=self.now)
        found = incidents.change(self.connection, found, detail={**found.detail, routes.TOLD_FROM: to_text(first)})
        return incidents.change(self.connection, found, next_step=routes.next_step(self.plan.alerts, found, self.now))

    def _new(self, subject: Subject, transition: Transition, seen: Sequence[Seen]) -> Incident:
        return Incident(
            incidents.new_id(),
            subject.key,
            subject.severity,
            subject.watched.owner,
            subject.source,
            subject.title,
            transition.problem,
            transition.since,
            self.now,
            flapping=transition.flapping,
            detail=telling.detail(self.plan, subject, seen, self.facts),
            target=self.plan.target,
        )

    def _quiet(self, last: Sequence[Incident]) -> datetime | None:
        """When the cooldown after a subject's last incident ends."""
        ended = last[0].resolved if last else None
        return None if ended is None else ended + timedelta(seconds=routes.cooldown_s(self.plan.alerts, last[0]))

    def _owe(self, owed: Iterable[routes.Owed]) -> None:
        for each in owed:
            channel = self.plan.alerts.channels.get(each.message.channel)
            joins = each.joins and channel is not None and channel.kind in _GROUPED
            if not (joins and outbox.joined(self.connection, each.message, self.now, _TOGETHER)):
                outbox.put(self.connection, [each.message])

    def note(self, incident: Incident, kind: str, text: str, actor: str = "") -> None:
        """Add to an incident's timeline."""
        incidents.tell(self.connection, incident, Entry(self.now, kind, actor, text))

    def follow(self, incident: Incident, kind: str, *, number: int = 0, **more: Any) -> None:
        """Tell those who were told before; who waits for the daily digest reads it there."""
        known = outbox.told(self.connection, incident.id)
        waiting = {each.channel for each in outbox.of_thread(self.connection, incident.id) if each.kind != routes.DIGEST}
        messages = routes.follow_up(kind, incident, known.keys() & waiting, content_of(incident, kind, self.now, **more), self.now, number)
        outbox.put(self.connection, [replace(each, due=max(each.due, known[each.channel])) for each in messages])

    def resolve(self, incident: Incident, *, actor: str = "", text: str = "") -> Incident:
        """End an incident. A message about it that still waits for its time, and that nobody needs any more, is withdrawn."""
        ended = incidents.change(self.connection, incident, resolved=self.now, resolved_by=actor, next_step=None)
        for channel in outbox.withdraw_waiting(self.connection, incident.id, telling.OPENED, self.now, "resolved before it was due"):
            self.note(ended, "withdrawn", f"{channel} was not told: it ended before that was due")
        self.note(ended, telling.RESOLVED, text or "it is well again", actor)
        self.follow(ended, telling.RESOLVED)
        return ended

    def escalate(self, incident: Incident) -> None:
        """Take every step of the chain whose time has come; remind where none has."""
        taken = False
        while (step := routes.step_due(self.plan.alerts, incident, self.now)) is not None:
            incident = incidents.change(self.connection, incident, level=incident.level + 1)
            self._tell_step(incident, step.channels)
            taken = True
        if not taken:
            minutes = (self.now - incident.opened).total_seconds() / 60
            self.follow(incident, telling.REMINDER, number=round(minutes))
            self.note(incident, telling.REMINDER, f"nobody has acknowledged it for {minutes:.0f} minutes")
        incidents.change(self.connection, incident, next_step=routes.next_step(self.plan.alerts, incident, self.now))

    def _tell_step(self, incident: Incident, channels: Sequence[str]) -> None:
        told = content_of(incident, telling.ESCALATED, self.now, level=incident.level)
        for channel in channels:
            key = f"{incident.id}:escalated-{incident.level}:{channel}"
            outbox.put(self.connection, [Message(key, incident.id, channel, telling.ESCALATED, told, self.now, self.now)])
        self.note(incident, telling.ESCALATED, f"step {incident.level}, to {', '.join(channels)}: nobody has acknowledged it")

    # What people do: each also stands in the audit log.

    def acknowledge(self, incident: Incident, actor: str, text: str = "") -> Incident:
        """Somebody looks after it: it escalates and reminds no more. Raises UsageError for one that has ended."""
        self._must_be_open(incident)
        if incident.acknowledged is not None:
            raise UsageError(f"incident #{incident.number} was acknowledged by {incident.acknowledged_by} already")
        found = incidents.change(self.connection, incident, acknowledged=self.now, acknowledged_by=actor, next_step=None)
        self.note(found, telling.ACKNOWLEDGED, text, actor)
        self.follow(found, telling.ACKNOWLEDGED, note=text)
        self.audit(actor, "acknowledge", found, text)
        return found

    def resolve_by_hand(self, incident: Incident, actor: str, text: str = "") -> Incident:
        """Somebody says that it is over. If it still fails, that opens a new incident; what was slow counts as usual from now on.

        Raises UsageError for one that has ended.
        """
        self._must_be_open(incident)
        fresh = {incident.subject: to_json(State(since=self.now))}
        kind, _, of = incident.subject.partition(":")
        if kind == "slow":
            fresh[f"durations:{of}"] = {"phase": "memory", "anew": True}
        watch.save_states(self.connection, fresh, self.now, target=incident.target)
        found = self.resolve(incident, actor=actor, text=text)
        self.audit(actor, "resolve", found, text)
        return found

    def comment(self, incident: Incident, actor: str, text: str) -> None:
        """Somebody adds to the timeline."""
        self.note(incident, "note", text, actor)
        self.audit(actor, "note", incident, text)

    def audit(self, actor: str, action: str, incident: Incident, text: str) -> None:
        """Keep who did what."""
        incidents.record(self.connection, Action(self.now, actor, action, incident.id, text))

    @staticmethod
    def _must_be_open(incident: Incident) -> None:
        if incident.resolved is not None:
            raise UsageError(
                f"incident #{incident.number} ended at {incident.resolved:%Y-%m-%d %H:%M} UTC", hint="`incidents note` adds to it"
            )


def freshened(connection: Connection, content: Json) -> Json:
    """Return a waiting message's content with what has become of its incidents since: for the digest."""
    now_known = [_now_known(connection, each) for each in (content, *content.get("also", ()))]
    reached = {outbox.REACHED: content[outbox.REACHED]} if outbox.REACHED in content else {}
    return {**now_known[0], "also": now_known[1:], **reached}


def _now_known(connection: Connection, content: Json) -> Json:
    if not content.get("incident"):
        return content
    try:
        incident = incidents.find(connection, content["incident"])
    except UsageError:  # retention has taken it
        return content
    return content_of(incident, content["kind"], incident.resolved or telling.moment(content, "at") or incident.opened)
