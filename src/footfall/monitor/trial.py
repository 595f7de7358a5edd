"""Send a test through every channel of routes, so that a wrong address is found before it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from footfall.clock import to_text
from footfall.config.alerts import AlertsSpec, Route
from footfall.monitor.channels.base import ChannelError, Sender
from footfall.monitor.content import TEST
from footfall.monitor.letter import Writer
from footfall.monitor.severity import P3, word
from footfall.store.incidents import new_id
from footfall.store.outbox import Message


@dataclass(frozen=True)
class Trial:
    """One channel of one route, and why it failed."""

    route: str
    channel: str
    error: str = ""


def channels_of(spec: AlertsSpec, route: Route) -> tuple[str, ...]:
    """Return every channel that a route may come to use, each once: its own, those of its escalation, and their fallbacks."""
    named = [*route.channels, *(channel for step in route.escalate for channel in step.channels)]
    for name in named:  # it grows while it is walked: a fallback may have one too
        fallback = spec.channels[name].fallback if name in spec.channels else ""
        if fallback and fallback not in named:
            named.append(fallback)
    return tuple(dict.fromkeys(named))


async def try_routes(
    spec: AlertsSpec, routes: Iterable[Route], senders: Mapping[str, Sender], writer: Writer, now: datetime
) -> list[Trial]:
    """Send one test a channel and route."""
    return [await _try(route.name, name, senders[name], writer, now) for route in routes for name in channels_of(spec, route)]


async def _try(route: str, channel: str, sender: Sender, writer: Writer, now: datetime) -> Trial:
    number = new_id()
    content = {
        "kind": TEST,
        "title": f"the route {route} reaches {channel}",
        "severity": P3,
        "word": word(P3),
        "minutes": 0.0,
        "began": to_text(now),
        "acknowledged_by": "",
        "source": "watch",
        "subject": "footfall",
    }
    letter = writer.letter(Message(f"test:{number}:{channel}", f"test-{number}", channel, TEST, content, now, now))
    try:
        await sender.send(letter)
    except ChannelError as error:
        return Trial(route, channel, str(error))
    return Trial(route, channel)
