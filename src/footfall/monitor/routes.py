"""Who hears of an incident, when, and who is next: pure functions from (configuration, incident, now) to messages that are owed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from footfall.clock import from_text
from footfall.config.alerts import DAYS, AlertsSpec, Hours, Route, Step
from footfall.monitor.plan import matches
from footfall.monitor.severity import P0, word
from footfall.samples import Json
from footfall.store.incidents import Incident
from footfall.store.outbox import Message

DIGEST = "digest"
TOLD_FROM = "told_from"
"""Where an incident's detail keeps the moment from which its escalation counts."""
_WEEK = 8


@dataclass(frozen=True)
class Owed:
    """A message, and whether it may join another of its kind that waits (grouping, the digest)."""

    message: Message
    joins: bool = False


def routes_of(spec: AlertsSpec, incident: Incident) -> tuple[Route, ...]:
    """Return the routes that an incident takes."""
    return tuple(route for route in spec.routes if takes(route, incident.subject, incident.severity, incident.owner, incident.source))


def takes(route: Route, subject: str, severity: str, owner: str, source: str) -> bool:
    """Whether a route lets an incident pass. A word takes every severity that is told by it: `critical` P0 and P1."""
    return (
        (not route.severities or not {severity, word(severity)}.isdisjoint(route.severities))
        and (not route.owners or owner in route.owners)
        and (not route.sources or source in route.sources)
        and (not route.subjects or matches(route.subjects, subject))
    )


def opened(spec: AlertsSpec, incident: Incident, content: Json, now: datetime, quiet_until: datetime | None = None) -> list[Owed]:
    """Return what is owed when an incident opens. `quiet_until` is the end of its subject's cooldown, counted from its last incident."""
    owed: dict[str, Owed] = {}
    for route in routes_of(spec, incident):
        due = _due(spec, route, incident, now, quiet_until)
        for channel in _usable(spec, route.channels, incident):
            if channel not in owed or due < owed[channel].message.due:
                owed[channel] = _owed(route, incident, channel, content, now, due)
    return list(owed.values())


def _owed(route: Route, incident: Incident, channel: str, content: Json, now: datetime, due: datetime) -> Owed:
    kind = DIGEST if route.digest else "opened"
    return Owed(Message(f"{incident.id}:opened:{channel}", incident.id, channel, kind, content, now, due), joins=due > now)


def _usable(spec: AlertsSpec, channels: Iterable[str], incident: Incident) -> tuple[str, ...]:
    """That a channel is dead is not told through it: its fallback hears it, or else any other channel."""
    named = tuple(dict.fromkeys(channels))
    if not incident.subject.startswith("channel:"):
        return named
    dead = incident.subject.partition(":")[2]
    others = tuple(name for name in named if name != dead)
    fallback = spec.channels[dead].fallback if dead in spec.channels else ""
    return others or tuple(filter(None, [fallback])) or tuple(name for name in spec.channels if name != dead)[:1]


def _due(spec: AlertsSpec, route: Route, incident: Incident, now: datetime, quiet_until: datetime | None) -> datetime:
    if route.digest:
        return next_time(spec.digest_at, spec.zone, now)
    due = now + timedelta(seconds=route.group_s)
    if quiet_until is not None and route.cooldown_s:
        due = max(due, quiet_until)
    if route.business_hours:
        due = within(spec.business_hours, due)
    if route.quiet and spec.quiet_hours is not None and incident.severity != P0:
        due = after(spec.quiet_hours, due)
    return due


def cooldown_s(spec: AlertsSpec, incident: Incident) -> float:
    """Return the longest cooldown of the routes that an incident takes."""
    return max((route.cooldown_s for route in routes_of(spec, incident)), default=0.0)


def follow_up(kind: str, incident: Incident, channels: Iterable[str], content: Json, now: datetime, number: int = 0) -> list[Message]:
    """Return what is owed to channels that were told before: acknowledged, resolved, a reminder."""
    suffix = f"{kind}-{number}" if number else kind
    return [Message(f"{incident.id}:{suffix}:{channel}", incident.id, channel, kind, content, now, now) for channel in sorted(channels)]


def steps(spec: AlertsSpec, incident: Incident) -> tuple[Step, ...]:
    """Return the escalation chain of all routes of an incident, earliest first."""
    found = (step for route in routes_of(spec, incident) for step in route.escalate)
    return tuple(sorted(found, key=lambda step: step.after_s))


def told_from(incident: Incident) -> datetime:
    """Return when the first message about an incident was to go out: escalation counts from there, for quiet hours may hold it back."""
    first = incident.detail.get(TOLD_FROM)
    return max(incident.opened, from_text(first)) if first else incident.opened


def next_step(spec: AlertsSpec, incident: Incident, now: datetime) -> datetime | None:
    """Return when an open incident escalates or reminds next; never, once somebody has acknowledged it."""
    if incident.acknowledged is not None:
        return None
    began = told_from(incident)
    chain = steps(spec, incident)[incident.level :]
    moments = [began + timedelta(seconds=chain[0].after_s)] if chain else []
    every = min((route.remind_s for route in routes_of(spec, incident) if route.remind_s), default=0.0)
    if every:
        rounds = int(max(0.0, (now - began).total_seconds()) // every) + 1
        moments.append(began + timedelta(seconds=every * rounds))
    return min(moments, default=None)


def step_due(spec: AlertsSpec, incident: Incident, now: datetime) -> Step | None:
    """Return the step of the chain whose time has come, if it is one."""
    chain: Sequence[Step] = steps(spec, incident)[incident.level :]
    return chain[0] if chain and told_from(incident) + timedelta(seconds=chain[0].after_s) <= now else None


def next_time(minute: int, zone: str, now: datetime) -> datetime:
    """Return the next moment at which a clock in `zone` shows a minute of the day."""
    local = now.astimezone(ZoneInfo(zone))
    at = time(minute // 60 % 24, minute % 60)
    for day in range(3):
        moment = datetime.combine(local.date() + timedelta(days=day), at, ZoneInfo(zone)).astimezone(now.tzinfo)
        if moment > now:
            return moment
    return now


def inside(hours: Hours, now: datetime) -> bool:
    """Whether a moment is within hours of the week; those that pass midnight belong to the day on which they begin."""
    local = now.astimezone(ZoneInfo(hours.zone))
    minute, today, yesterday = local.hour * 60 + local.minute, DAYS[local.weekday()], DAYS[local.weekday() - 1]
    if hours.start < hours.until:
        return today in hours.days and hours.start <= minute < hours.until
    return (today in hours.days and minute >= hours.start) or (yesterday in hours.days and minute < hours.until)


def within(hours: Hours, now: datetime) -> datetime:
    """Return `now`, or when the hours begin next."""
    moment = now
    for _ in range(_WEEK):
        if inside(hours, moment):
            return moment
        moment = next_time(hours.start, hours.zone, moment)
    return moment


def after(hours: Hours, now: datetime) -> datetime:
    """Return `now`, or when the hours that are on now end."""
    return next_time(hours.until, hours.zone, now) if inside(hours, now) else now
