"""`[alerts]` of `footfall.toml`: channels, and which of them hears of what, when, and who is next."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from footfall.config.cron import check_zone
from footfall.config.fields import Table, shown
from footfall.config.watch import SEVERITIES
from footfall.errors import did_you_mean

KINDS = {
    "slack": ("url",),
    "pagerduty": ("key",),
    "webhook": ("url", "secret"),
    "email": ("server", "sender", "to"),
    "apprise": ("url",),
}
"""The kinds of channels, with what each needs."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_SCHEMES = {"slack": ("https", "http"), "webhook": ("https", "http"), "email": ("smtp", "smtps", "smtp+starttls")}


@dataclass(frozen=True)
class Channel:
    """Where messages go. Values may be `env:NAME`; `fallback` names the channel that takes over when this one is dead."""

    name: str
    kind: str
    url: str = ""
    key: str = ""
    secret: str = ""
    server: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    fallback: str = ""


@dataclass(frozen=True)
class Hours:
    """A time of the week in a zone, in minutes of the day; `until` before `start` means over midnight."""

    days: tuple[str, ...] = DAYS
    start: int = 0
    until: int = 1440
    zone: str = "UTC"


@dataclass(frozen=True)
class Step:
    """Who else is told when nobody has acknowledged after so long."""

    after_s: float
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """Which incidents go to which channels; empty filters let everything pass, patterns are shell-like (`checkout*`).

    `digest` holds messages back for the daily one; `quiet` keeps everything below P0 silent in the quiet hours.
    """

    name: str
    channels: tuple[str, ...]
    severities: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    business_hours: bool = False
    quiet: bool = True
    digest: bool = False
    escalate: tuple[Step, ...] = ()
    remind_s: float = 0.0
    cooldown_s: float = 0.0
    group_s: float = 0.0


@dataclass(frozen=True)
class AlertsSpec:
    """What `[alerts]` says. `digest_at` is a minute of the day in `zone`."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    business_hours: Hours = Hours(DAYS[:5], 9 * 60, 17 * 60)
    quiet_hours: Hours | None = None
    digest_at: int = 8 * 60
    zone: str = "UTC"
    link: str = ""


def alerts_spec(table: Table) -> AlertsSpec:
    """Read `[alerts]`; what is wrong is noted in the table's faults."""
    zone = table.text("time_zone", "UTC")
    check_zone(table, "time_zone", zone)
    channels = {name: _channel(name, each) for name, each in table.tables("channels")}
    for name, channel in channels.items():
        if channel.fallback and channel.fallback not in channels:
            table.fault("channels", f"the fallback {channel.fallback!r} is no channel", did_you_mean(channel.fallback, channels), item=name)
    routes = tuple(_route(name, each, channels) for name, each in table.tables("routes"))
    if channels and not routes:
        routes = (Route("all", tuple(channels)[:1]),)
    spec = AlertsSpec(
        channels,
        routes,
        _hours(table, "business_hours", zone) or Hours(DAYS[:5], 9 * 60, 17 * 60, zone),
        _hours(table, "quiet_hours", zone),
        _minute(table, "digest_at", AlertsSpec.digest_at),
        zone,
        table.text("link"),
    )
    table.end()
    return spec


def _channel(name: str, table: Table) -> Channel:
    kind = table.text("kind")
    if kind not in KINDS:
        table.fault("kind", f"{shown(kind)} is no kind of channel", did_you_mean(kind, KINDS) if kind else f"known: {', '.join(KINDS)}")
    found = Channel(
        name,
        kind,
        table.text("url"),
        table.text("key"),
        table.text("secret"),
        table.text("server"),
        table.text("sender"),
        table.texts("to"),
        table.text("fallback"),
    )
    for needed in KINDS.get(kind, ()):
        if not getattr(found, needed):
            table.fault(needed, f"a channel of kind {kind} needs it", f'expected {needed} = "…" (a secret as "env:NAME")')
    _check_address(table, found)
    table.end()
    return found


def _check_address(table: Table, channel: Channel) -> None:
    """Note an address that can never work; what stands in the environment is checked when the watch starts."""
    problem = channel_problem(channel)
    if problem:
        key = "server" if channel.kind == "email" else "key" if channel.kind == "pagerduty" else "url"
        table.fault(key, problem)


def channel_problem(channel: Channel) -> str:
    """Say why a channel's address can never work, or nothing; a value that is still `env:NAME` is left alone."""
    text = channel.server if channel.kind == "email" else channel.url
    if not text or "env:" in text:
        return ""
    if channel.kind == "apprise":
        return _apprise_problem(text)
    schemes = _SCHEMES.get(channel.kind, ())
    try:
        parts = urlsplit(text)
        fine = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    return "" if fine or not schemes else f"this is no address for {channel.kind}: expected {schemes[0]}://host…"


def _apprise_problem(text: str) -> str:
    import apprise  # noqa: PLC0415  # half a second, and few suites have such a channel

    return "" if apprise.Apprise().add(text) else "Apprise does not understand this address; its list of services shows the forms"


def _route(name: str, table: Table, channels: Collection[str]) -> Route:
    steps = []
    for key, value in table.anything("escalate").items():
        steps.append(_step(table, key, value, channels))
    found = Route(
        name,
        table.names("channels", channels, "channel"),
        table.names("severities", SEVERITIES, "severity"),
        table.texts("owners"),
        table.texts("sources"),
        table.texts("subjects"),
        table.flag("business_hours"),
        table.flag("quiet", default=True),
        table.flag("digest"),
        tuple(sorted(filter(None, steps), key=lambda step: step.after_s)),
        table.seconds("remind", 0.0),
        table.seconds("cooldown", 0.0),
        table.seconds("group", 0.0),
    )
    if not found.channels:
        table.fault("channels", "a route without a channel tells nobody", f"known: {', '.join(channels)}" if channels else "")
    table.end()
    return found


def _step(table: Table, after: str, names: Any, channels: Collection[str]) -> Step | None:
    from footfall.metrics import parse_duration  # noqa: PLC0415

    try:
        after_s = parse_duration(after) / 1000
    except ValueError:
        table.fault("escalate", f"{shown(after)} is not a duration", 'expected one such as "5m"', item=after)
        return None
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
        table.fault("escalate", f"{shown(names)} will not do", "expected a list of channels", item=after)
        return None
    for name in listed:
        if name not in channels:
            table.fault("escalate", f"no channel is called {name!r}", did_you_mean(name, channels), item=after)
    return Step(after_s, tuple(listed))


def _hours(table: Table, key: str, zone: str) -> Hours | None:
    if not table.has(key):
        table.table(key)
        return None
    inner = table.table(key)
    own = inner.text("time_zone", zone)
    check_zone(inner, "time_zone", own)
    found = Hours(inner.names("days", DAYS, "day", DAYS), _minute(inner, "from", 0), _minute(inner, "until", 1440), own)
    inner.end()
    return found


def _minute(table: Table, key: str, default: int) -> int:
    text = table.text(key)
    match = _TIME.fullmatch(text)
    if text and not match and text != "24:00":
        table.fault(key, f"{shown(text)} is no time of day", 'expected one such as "08:00"')
    if text == "24:00":
        return 1440
    return int(match[1]) * 60 + int(match[2]) if match else default
