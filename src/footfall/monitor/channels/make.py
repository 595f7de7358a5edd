"""The channels of a suite, with the environment's values in the place of `env:NAME`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from footfall.config.alerts import AlertsSpec, Channel, channel_problem
from footfall.config.secrets import resolve
from footfall.errors import UsageError
from footfall.monitor.channels.apprise import Apprise
from footfall.monitor.channels.base import Sender
from footfall.monitor.channels.email import Email
from footfall.monitor.channels.pagerduty import URL as PAGERDUTY
from footfall.monitor.channels.pagerduty import PagerDuty
from footfall.monitor.channels.slack import Slack
from footfall.monitor.channels.webhook import Webhook

_MAKE: Mapping[str, Callable[[Channel], Sender]] = {
    "slack": lambda channel: Slack(channel.url),
    "pagerduty": lambda channel: PagerDuty(channel.key, channel.url or PAGERDUTY),
    "webhook": lambda channel: Webhook(channel.url, channel.secret),
    "email": lambda channel: Email(channel.server, channel.sender, channel.to),
    "apprise": lambda channel: Apprise(channel.url),
}


def senders(spec: AlertsSpec, environment: Mapping[str, str]) -> tuple[dict[str, Sender], list[str]]:
    """Return the senders by channel, and all that is wrong with channels: a variable that is not set, an address that cannot work."""
    made: dict[str, Sender] = {}
    problems: list[str] = []
    for name, channel in spec.channels.items():
        try:
            ready = _resolved(channel, environment)
        except UsageError as error:
            problems.append(error.message)
            continue
        problem = channel_problem(ready)
        if problem:
            problems.append(f"alerts.channels.{name}: {problem}")
        else:
            made[name] = _MAKE[channel.kind](ready)
    return made, problems


def _resolved(channel: Channel, environment: Mapping[str, str]) -> Channel:
    where = f"alerts.channels.{channel.name}"
    values = {key: resolve(getattr(channel, key), environment, f"{where}.{key}") for key in ("url", "key", "secret", "server", "sender")}
    to = tuple(resolve(text, environment, f"{where}.to") for text in channel.to)
    return replace(channel, **values, to=to)
