"""The status page: what customers may know. Components, 90 days, incidents in words for them; as HTML, JSON and RSS.

Only what has a `component` is shown, under that name: no addresses, no error texts, no internal names.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from jinja2 import Template
from sqlalchemy import Connection

from footfall.clock import to_text
from footfall.monitor.letter import templates
from footfall.monitor.plan import Plan
from footfall.monitor.score import health_score, phases_of
from footfall.monitor.state import Phase
from footfall.store import incidents, watch
from footfall.store.incidents import Incident
from footfall.store.watch import Hour
from footfall.store.writer import Store

DAYS = 90
_SHOWN_D = 14
UP, DEGRADED, DOWN, MAINTENANCE = "up", "degraded", "down", "maintenance"
_WORDS = {UP: "working", DEGRADED: "slower than usual", DOWN: "not working", MAINTENANCE: "being maintained"}
_WORST = (DOWN, DEGRADED, MAINTENANCE, UP)


@dataclass(frozen=True)
class Day:
    """One bar: the share of good checks, or None where nothing was measured."""

    day: str
    uptime: float | None


@dataclass(frozen=True)
class Somewhere:
    """What a location that the public may know saw of a component: the share of good checks."""

    name: str
    uptime: float


@dataclass(frozen=True)
class Component:
    """One line of the page; `locations` where several have a public name."""

    name: str
    state: str
    words: str
    uptime: float | None
    days: Sequence[Day]
    locations: Sequence[Somewhere] = ()


@dataclass(frozen=True)
class Notice:
    """One incident, in words for customers."""

    id: str
    title: str
    text: str
    began: datetime
    ended: datetime | None


@dataclass(frozen=True)
class Status:
    """All that the page shows."""

    title: str
    summary: str
    made: datetime
    components: Sequence[Component]
    notices: Sequence[Notice]
    score: int | None


def status_of(store: Store, plan: Plan, now: datetime, uptime: Uptime | None = None, root: Path | None = None) -> Status:
    """Gather the page's content. An `uptime` that is kept between calls spares reading what is over again and again.

    Notices are worded by the template `_notice.txt` of the suite at `root`, else the starter's.
    """
    target = plan.target or None
    with store.reading() as connection:
        states = phases_of(watch.load_states(connection, target=target))
        hours = (uptime or Uptime()).hours(connection, now, target)
        found = incidents.listed(connection, since=now - timedelta(days=_SHOWN_D), last=None, target=target)
    names = components(plan)
    days = _sums(hours)
    shown = [
        replace(_component(name, keys, plan, states, days, now), locations=_somewhere(keys, plan, hours)) for name, keys in names.items()
    ]
    of = {key: name for name, keys in names.items() for key in keys}
    words = templates(root).get_template("_notice.txt")
    notices = [_notice(each, of[each.subject], words) for each in found if each.subject in of]
    return Status(plan.watch.status_title or plan.title, _summary(shown), now, shown, notices, health_score(plan, states))


def components(plan: Plan) -> dict[str, list[str]]:
    """Return the subjects by component, in the order of the configuration."""
    found: dict[str, list[str]] = defaultdict(list)
    for key, subject in plan.subjects.items():
        if subject.watched.component:
            found[subject.watched.component].append(key)
    return dict(found)


Days = Mapping[str, Mapping[date, Sequence[int]]]
"""By subject and day: how many checks there were, and how many were good."""


class Uptime:
    """The checks of each day. What is over is read once an hour (a location that was cut off may deliver later), the rest each time."""

    def __init__(self) -> None:
        self._read: datetime | None = None
        self._over: list[Hour] = []

    def hours(self, connection: Connection, now: datetime, target: str | None) -> list[Hour]:
        """Return the last 90 days by location: what is over in one line a day, the rest in one an hour."""
        this_hour = now.replace(minute=0, second=0, microsecond=0)
        if self._read != this_hour:
            every = watch.hours(connection, since=now - timedelta(days=DAYS), target=target)
            self._read, self._over = this_hour, _by_day(hour for hour in every if hour.hour < this_hour)
        return [*self._over, *watch.hours(connection, since=this_hour, target=target)]


def _by_day(hours: Iterable[Hour]) -> list[Hour]:
    """Return one line for each subject, location and day, in the place of 24."""
    by: dict[str, list[Hour]] = defaultdict(list)
    for hour in hours:
        by[hour.location].append(hour)
    return [
        Hour(subject, place, datetime.combine(day, time(), UTC), counts[0], counts[1], 0.0, 0.0)
        for place, found in by.items()
        for subject, days in _sums(found).items()
        for day, counts in days.items()
    ]


def _sums(hours: Iterable[Hour]) -> Days:
    found: dict[str, dict[date, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for hour in hours:
        counts = found[hour.subject][hour.hour.date()]
        counts[0] += hour.checks
        counts[1] += hour.good
    return found


def _component(name: str, keys: Sequence[str], plan: Plan, states: Mapping[str, Phase], days: Days, now: datetime) -> Component:
    state = min((_state(key, plan, states, now) for key in keys), key=_WORST.index)
    first = now.date() - timedelta(days=DAYS - 1)
    bars = [_day(first + timedelta(days=number), days, keys) for number in range(DAYS)]
    counts = [sums for key in keys for sums in days.get(key, {}).values()]
    total, good = (sum(sums[index] for sums in counts) for index in (0, 1))
    return Component(name, state, _WORDS[state], good / total if total else None, bars)


def _somewhere(keys: Sequence[str], plan: Plan, hours: Iterable[Hour]) -> tuple[Somewhere, ...]:
    """What each location with a public name saw of a component; nothing where there are not several to be told apart."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for hour in hours:
        if hour.subject in keys and hour.location in plan.watch.places:
            sums = counts[plan.watch.places[hour.location]]
            sums[0] += hour.checks
            sums[1] += hour.good
    return tuple(Somewhere(name, good / checks) for name, (checks, good) in sorted(counts.items()) if checks) if len(counts) > 1 else ()


def _day(day: date, days: Days, keys: Sequence[str]) -> Day:
    counts = [days.get(key, {}).get(day, (0, 0)) for key in keys]
    checks, good = (sum(sums[index] for sums in counts) for index in (0, 1))
    return Day(day.isoformat(), good / checks if checks else None)


def _state(key: str, plan: Plan, states: Mapping[str, Phase], now: datetime) -> str:
    if states.get(key) is Phase.DOWN:
        return DOWN
    if plan.maintenance(key, now):
        return MAINTENANCE
    return DEGRADED if states.get(f"slow:{key}") is Phase.DOWN else UP


def _notice(incident: Incident, component: str, words: Template) -> Notice:
    """The first line of what the template says is the title, the rest the text."""
    said = words.render(component=component, acknowledged=incident.acknowledged, resolved=incident.resolved, began=incident.began)
    title, _, text = said.strip().partition("\n")
    return Notice(incident.id, title.strip(), " ".join(text.split()), incident.began, incident.resolved)


def _summary(shown: Sequence[Component]) -> str:
    wrong = [component for component in shown if component.state != UP]
    if not wrong:
        return "Everything is working" if shown else "Nothing is shown here yet"
    return "; ".join(f"{component.name}: {component.words}" for component in wrong)


def write(status: Status, folder: Path, root: Path, link: str = "") -> None:
    """Write `index.html`, `status.json` and `feed.xml`, each whole or not at all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    page = templates(root).get_template("_status.html").render(status=status, days=DAYS)
    files = {"index.html": page, "status.json": json.dumps(_plain(status), indent=1), "feed.xml": feed(status, link)}
    for name, text in files.items():
        fresh = folder / f".{name}.new"
        fresh.write_text(text, "utf-8")
        fresh.replace(folder / name)


def _plain(value: Any) -> Any:
    """Return what JSON takes, without the score: that is for the team."""
    if isinstance(value, Status):
        return {name: _plain(each) for name, each in asdict(value).items() if name != "score"}
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def feed(status: Status, link: str) -> str:
    """Return the notices as RSS 2.0; one that ends is a new item, so that readers show it."""
    items = [
        f"<item><title>{_xml(notice.title + (': over' if notice.ended else ''))}</title><description>{_xml(notice.text)}</description>"
        f'<guid isPermaLink="false">{notice.id}{"-over" if notice.ended else ""}</guid>'
        f"<pubDate>{format_datetime(notice.ended or notice.began)}</pubDate></item>"
        for notice in status.notices
    ]
    head = f"<title>{_xml(status.title)}</title><link>{_xml(link)}</link><description>{_xml(status.summary)}</description>"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>\n'


def _xml(text: str) -> str:
    clean = "".join(letter for letter in text if letter >= " ")
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
