"""PagerDuty's Events API v2: one alert an incident, found again by its `dedup_key` (PagerDuty docs: "Events API v2")."""

from __future__ import annotations

import json
from typing import Any

from footfall.monitor.channels.base import post
from footfall.monitor.content import ACKNOWLEDGED, RESOLVED
from footfall.monitor.letter import Letter

URL = "https://events.pagerduty.com/v2/enqueue"
_ACTIONS = {ACKNOWLEDGED: "acknowledge", RESOLVED: "resolve"}
_SEVERITIES = {"P0": "critical", "P1": "error", "P2": "warning", "P3": "info"}
_SUMMARY = 1024


class PagerDuty:
    """Sends events with a routing key."""

    def __init__(self, key: str, url: str = URL) -> None:
        self._key, self._url = key, url

    async def send(self, letter: Letter) -> None:
        """Send a letter. Raises ChannelError."""
        action = _ACTIONS.get(letter.kind, "trigger")
        await post(self._url, json.dumps(event(letter, action, self._key)).encode(), {})


def event(letter: Letter, action: str, key: str) -> dict[str, Any]:
    """Return a letter as an event; all of one incident's share the key by which PagerDuty sees that they are one."""
    base = {"routing_key": key, "event_action": action, "dedup_key": f"footfall-{letter.thread or letter.key}"[:255]}
    if action != "trigger":
        return base
    content = letter.content
    dashboard, incident = content.get("dashboard"), content.get("incident")
    link = f"{dashboard}/incidents/{incident}" if dashboard and incident else str(content.get("link", ""))
    return {
        **base,
        "client": "footfall",
        "payload": {
            "summary": letter.title[:_SUMMARY],
            "source": str(content.get("subject") or "footfall"),
            "severity": _SEVERITIES.get(str(content.get("severity")), "warning"),
            "timestamp": str(content.get("began", "")),
            "component": str(content.get("name", "")),
            "group": str(content.get("owner", "")),
            "custom_details": {"text": letter.text, **dict(content)},
        },
        "links": [{"href": link, "text": "footfall"}] if link else [],
    }
