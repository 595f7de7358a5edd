"""Slack's incoming webhooks, as blocks with buttons (Slack docs: "Block Kit", "Incoming webhooks")."""

from __future__ import annotations

import json
from typing import Any

from footfall.monitor.channels.base import post
from footfall.monitor.content import ESCALATED, OPENED, REMINDER, RESOLVED
from footfall.monitor.letter import Letter

_HEADER, _TEXT, _FIELDS = 150, 3000, 10  # Slack's limits
_COLOURS = {"P0": "#bd2327", "P1": "#bd2327", "P2": "#8a5a00", "P3": "#59616c"}


class Slack:
    """Posts letters to an incoming webhook."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def send(self, letter: Letter) -> None:
        """Send a letter. Raises ChannelError."""
        await post(self._url, json.dumps(blocks(letter)).encode(), {})


def blocks(letter: Letter) -> dict[str, Any]:
    """Return a letter as Slack takes it; its key stands in the small print, for Slack itself does not know repetitions."""
    found: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": letter.title[:_HEADER]}},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"```{escaped(_body(letter.text))[: _TEXT - 20]}```"}},
    ]
    buttons = _buttons(letter)
    if buttons:
        found.append({"type": "actions", "elements": buttons})
    found.append({"type": "context", "elements": [{"type": "mrkdwn", "text": escaped(f"footfall · {letter.key}")}]})
    colour = "#14733f" if letter.kind == RESOLVED else _COLOURS.get(str(letter.content.get("severity")), "#59616c")
    return {"text": escaped(letter.title), "attachments": [{"color": colour, "blocks": found}]}


def _body(text: str) -> str:
    """The text below its title line, which is the header already."""
    return text.partition("\n")[2].strip().replace("```", "'''") or text.strip()


def _buttons(letter: Letter) -> list[dict[str, Any]]:
    """Where there is a dashboard, its page of the incident acknowledges; else the text names the command that does."""
    content = letter.content
    link, runbook, dashboard = (str(content.get(name, "")) for name in ("link", "runbook", "dashboard"))
    wanted = []
    if dashboard and letter.kind in (OPENED, ESCALATED, REMINDER):
        wanted.append(("Acknowledge", f"{dashboard}/incidents/{content.get('incident', '')}", "primary"))
    if runbook.startswith(("https://", "http://")):
        wanted.append(("Runbook", runbook, ""))
    if link.startswith(("https://", "http://")):
        wanted.append(("Status page", link, ""))
    return [_button(text, url, style) for text, url, style in wanted]


def _button(text: str, url: str, style: str) -> dict[str, Any]:
    button = {"type": "button", "text": {"type": "plain_text", "text": text}, "url": url}
    return {**button, "style": style} if style else button


def escaped(text: str) -> str:
    """Return text in which Slack sees no links and mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
