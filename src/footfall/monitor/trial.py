"""Send a test of each message through every channel of routes, so that a wrong address or template is found before it is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from footfall.config.alerts import AlertsSpec, Route
from footfall.monitor.channels.base import ChannelError, Sender
from footfall.monitor.content import ACKNOWLEDGED, ESCALATED, OPENED, REMINDER, RESOLVED, content_of
from footfall.monitor.letter import Writer
from footfall.monitor.routes import DIGEST
from footfall.monitor.severity import P3
from footfall.samples import Json
from footfall.store.incidents import Incident, new_id
from footfall.store.outbox import Message

KINDS = (OPENED, DIGEST, REMINDER, ESCALATED, ACKNOWLEDGED, RESOLVED)
"""The kinds of messages, in the order in which an incident sends them."""
_STAYS_OPEN = "pagerduty"
"""The kind of channel that would go on with a test until it hears of its end."""


@dataclass(frozen=True)
class Trial:
    """One message through one channel of one route, and why it failed."""

    route: str
    channel: str
    kind: str
    error: str = ""


def channels_of(spec: AlertsSpec, names: Iterable[str]) -> tuple[str, ...]:
    """Return channels with all that may take over for them, each once."""
    named = list(names)
    for name in named:  # it grows while it is walked: a fallback may have one too
        fallback = spec.channels[name].fallback if name in spec.channels else ""
        if fallback and fallback not in named:
            named.append(fallback)
    return tuple(dict.fromkeys(named))


def kinds_of(spec: AlertsSpec, route: Route) -> dict[str, tuple[str, ...]]:
    """Return, by channel, the kinds of messages that may come to it by a route: its own, those of its escalation, and their fallbacks."""
    first = channels_of(spec, route.channels)
    later = channels_of(spec, (name for step in route.escalate for name in step.channels))
    found = {}
    for name in dict.fromkeys((*first, *later)):
        opening = (DIGEST,) if route.digest else (OPENED, REMINDER) if route.remind_s else (OPENED,)
        kinds = {*(opening if name in first else ()), *((ESCALATED,) if name in later else ())}
        kinds |= set() if kinds == {DIGEST} else {ACKNOWLEDGED, RESOLVED}
        found[name] = tuple(kind for kind in KINDS if kind in kinds)
    return found


async def try_routes(
    spec: AlertsSpec, routes: Iterable[Route], senders: Mapping[str, Sender], writer: Writer, now: datetime, kinds: Collection[str] = KINDS
) -> list[Trial]:
    """Send one message of each of `kinds` through each channel that may come to send it: in turn, and all channels at once."""
    tries = []
    for route in routes:
        for name, known in kinds_of(spec, route).items():
            wanted = [kind for kind in known if kind in kinds]
            if wanted and RESOLVED not in wanted and spec.channels[name].kind == _STAYS_OPEN:
                wanted.append(RESOLVED)
            tries.append(_try(spec, route.name, name, wanted, senders[name], writer, now))
    return [trial for tried in await asyncio.gather(*tries) for trial in tried]


async def _try(
    spec: AlertsSpec, route: str, channel: str, kinds: Iterable[str], sender: Sender, writer: Writer, now: datetime
) -> list[Trial]:
    incident, tried = _incident(spec, route, channel, now), []
    for kind in kinds:
        message = Message(f"{incident.id}:{kind}:{channel}", incident.id, channel, kind, _content(incident, kind, now), now, now)
        try:
            await sender.send(writer.letter(message))
        except ChannelError as error:
            tried.append(Trial(route, channel, kind, str(error)))
        else:
            tried.append(Trial(route, channel, kind))
    return tried


def _incident(spec: AlertsSpec, route: str, channel: str, now: datetime) -> Incident:
    """One that there never was; it has no number, so that nobody is asked to acknowledge it."""
    detail = {"name": "footfall", "link": spec.link}
    problem = "nothing is broken: somebody tries the alerts"
    return Incident(
        f"test-{new_id()}", "footfall", P3, "", "watch", f"the route {route} reaches {channel}", problem, now, now, detail=detail
    )


def _content(incident: Incident, kind: str, now: datetime) -> Json:
    more = {"acknowledged_by": "footfall alerts test"} if kind == ACKNOWLEDGED else {}
    content = content_of(incident, OPENED if kind == DIGEST else kind, now, test=True, **more)
    return {**content, "also": [content]} if kind == DIGEST else content
