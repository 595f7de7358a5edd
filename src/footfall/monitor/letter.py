"""A message as words: a title, plain text and HTML, from the templates `_alert.txt` and `_alert.html` (the suite's, else the starter's)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from footfall.monitor import content as telling
from footfall.monitor.routes import DIGEST
from footfall.samples import Json
from footfall.starter import starter
from footfall.store.outbox import Message

_log = logging.getLogger("footfall.watch")


EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(("problem", "began", "target", "owner", "runbook", "link", "dashboard", "incident", "note", "resolved"), ""),
    **dict.fromkeys(("locations", "evidence", "steps", "deployments", "also"), ()),
    **dict.fromkeys(("figures", "impact", "cost"), MappingProxyType({})),
    "flapping": False,
    "number": 0,
    "minutes": 0.0,
    "subject": "footfall",
}
"""What a template finds where a message does not say."""


@dataclass(frozen=True)
class Letter:
    """What a channel sends. `key` is stable over all attempts, `thread` over all messages about one incident."""

    key: str
    thread: str
    kind: str
    content: Json
    title: str
    text: str
    html: str
    created: datetime


def templates(root: Path | None) -> Environment:
    """Return the templates of the suite at `root`, with the starter's behind them."""
    folders = [root / "reports"] if root is not None else []
    found = Environment(
        loader=FileSystemLoader([*folders, starter() / "reports"]),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(clock=_clock, duration=_duration, amount=_amount)
    return found


class Writer:
    """Writes letters by the templates of the suite at `root`."""

    def __init__(self, root: Path | None) -> None:
        self._templates = templates(root)

    def letter(self, message: Message) -> Letter:
        """Write a message. A template that is wrong costs the message its beauty, not its arrival."""
        heading = title(message.content)
        values = {**EMPTY, **message.content, "title_line": heading}
        text = self._render("_alert.txt", values, plain(message.content))
        line = digest_title(message.content) if is_digest(message) else heading
        return Letter(message.key, message.thread, message.kind, message.content, line, text, self._html(values), message.created)

    def _html(self, values: Mapping[str, Any]) -> str:
        return self._render("_alert.html", values, "")

    def _render(self, name: str, values: Mapping[str, Any], otherwise: str) -> str:
        try:
            return self._templates.get_template(name).render(values).strip() + "\n"
        except Exception as error:  # noqa: BLE001  # whatever a team's template does, the alert must go out
            _log.warning("the template reports/%s is wrong (%s); the message goes out without it", name, error)
            return otherwise


def title(content: Json) -> str:
    """Return a message in one line."""
    also = len(content.get("also", ()))
    more = f" (and {also} more)" if also else ""
    what = f"{content['severity']} {content['title']}"
    lines = {
        telling.RESOLVED: f"✓ resolved after {_duration(content['minutes'])}: {content['title']}",
        telling.ACKNOWLEDGED: f"· acknowledged by {content['acknowledged_by']}: {content['title']}",
        telling.ESCALATED: f"✗ escalated, nobody has acknowledged: {what}",
        telling.REMINDER: f"✗ still broken after {_duration(content['minutes'])}: {what}",
    }
    line = lines.get(str(content["kind"]), f"✗ {what}{more}").replace("\n", " ").replace("\r", " ")
    return _marked(content, line)


def _marked(content: Json, line: str) -> str:
    """That a message is a test stands before all else that it says."""
    return f"[test] {line}" if content.get("test") else line


def digest_title(content: Json) -> str:
    """Return the title of the daily digest."""
    count = 1 + len(content.get("also", ()))
    return _marked(content, f"footfall: {count} {'thing' if count == 1 else 'things'} worth knowing today")


def plain(content: Json) -> str:
    """Return a message without any template."""
    return f"{title(content)}\n{content.get('problem', '')}\nsince {content.get('began', '')}\n"


def _clock(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC" if text else ""


def _duration(minutes: float) -> str:
    """Write minutes as people do."""
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 48 * 60 else f"{minutes / 1440:.1f} days"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.2f}"


def is_digest(message: Message) -> bool:
    """Whether a message is the daily digest."""
    return message.kind == DIGEST
