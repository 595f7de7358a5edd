"""The dashboard's pages, from the templates `_dashboard*.html` (the suite's, else the starter's): whole, and section by section.

A page that is looked at is kept up to date by its sections: each is drawn again when what it shows has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from footfall.clock import to_text
from footfall.metrics import format_quantity
from footfall.monitor.content import cost
from footfall.monitor.dashboard.access import Person
from footfall.monitor.dashboard.now import Now
from footfall.monitor.dashboard.pictures import Shot
from footfall.monitor.severity import word
from footfall.starter import starter
from footfall.store.incidents import Entry, Incident

_STYLES = ("_style.css", "_dashboard.css")
_SCRIPT = "_dashboard.js"
GLYPHS = {"pass": "✓", "warn": "!", "fail": "✗", "learning": "…"}


@dataclass(frozen=True)
class One:
    """One incident, with its timeline and the pictures of the run that found it."""

    incident: Incident
    timeline: tuple[Entry, ...]
    shots: tuple[Shot, ...] = ()


class NotThereError(Exception):
    """There is nothing of the name that was asked for."""


@dataclass(frozen=True)
class Page:
    """A page: its `address`, the names of its sections, and what reads its facts; equal facts need not be drawn again.

    `read` may raise StoreError and NotThereError.
    """

    address: str
    parts: tuple[str, ...]
    read: Callable[[], Awaitable[Any]]


def alarms(facts: Any) -> list[dict[str, Any]]:
    """Return the critical incidents among what a page shows: what a desktop notification tells of."""
    found = facts.incidents if isinstance(facts, Now) else ()
    return [
        {"number": each.number, "title": f"{each.severity} {each.title}", "problem": each.problem}
        for each in found
        if word(each.severity) == "critical" and each.acknowledged is None
    ]


def title_of(facts: Any) -> str:
    """Return what a browser's tab says."""
    if isinstance(facts, One):
        return f"#{facts.incident.number} {facts.incident.title}"
    return f"{GLYPHS[facts.tone]} {facts.headline}"


class Pages:
    """Draws pages. Every text passes `visible` on its way in (secrets masked, nothing hidden), and is then escaped."""

    def __init__(self, root: Path, suite: str, visible: Callable[[str], str], seal: Callable[[Person], str]) -> None:
        folders = [root / "reports", starter() / "reports"]
        self._environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=lambda value: visible(value) if type(value) is str else value,
        )
        self._environment.filters.update(clock=_clock, iso=to_text, lasted=_lasted)
        self._visible, self._seal = visible, seal
        self.style = "\n".join(self._text(name) for name in _STYLES)
        self.script = self._text(_SCRIPT)
        version = hashlib.sha256((self.style + self.script).encode()).hexdigest()[:12]
        self._environment.globals.update(suite=suite, version=version, glyphs=GLYPHS, word=word, cost=cost)

    def _text(self, name: str) -> str:
        return self._environment.get_template(name).render()

    def sections(self, parts: Sequence[str], facts: Any, person: Person) -> dict[str, str]:
        """Return a page's sections by name, as one person may see them."""
        values = {"facts": facts, "person": person, "seal": self._seal(person)}
        module = self._environment.get_template("_dashboard_parts.html").make_module(values)
        return {name: str(getattr(module, name)()) for name in parts}

    def whole(self, page: Page, facts: Any, person: Person, said: str = "") -> str:
        """Return a whole page; `said` is what became of a button that was pressed."""
        sections = self.sections(page.parts, facts, person)
        values = {
            "title": title_of(facts),
            "address": page.address,
            "sections": {name: Markup(html) for name, html in sections.items()},  # noqa: S704  # drawn by `sections`
            "digest": digest(sections),
            "alarms": self.alarms(facts),
            "person": person,
            "seal": self._seal(person),
            "said": said,
        }
        return self._environment.get_template("_dashboard.html").render(values)

    def alarms(self, facts: Any) -> list[dict[str, Any]]:
        """Return the critical incidents, with texts as they may be shown."""
        return [{**each, **{name: self._visible(each[name]) for name in ("title", "problem")}} for each in alarms(facts)]

    def title(self, facts: Any) -> str:
        """Return a page's title as it may be shown."""
        return self._visible(title_of(facts))

    def door(self, following: str, said: str = "", *, again: str = "") -> str:
        """Return the page that asks for a token; with `again` the one that only asks for that address once more."""
        return self._environment.get_template("_dashboard_door.html").render(following=following, said=said, again=again)


def digest(sections: Mapping[str, str]) -> str:
    """Return what tells one state of a page from another."""
    return hashlib.sha256("\0".join(sections.values()).encode()).hexdigest()[:16]


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _lasted(incident: Incident, until: datetime | None = None) -> str:
    """How long an incident lasted; one that is open has no length yet."""
    end = until or incident.resolved
    return "" if end is None else format_quantity((end - incident.began).total_seconds() * 1000, "ms")
