"""`[watch]` of `footfall.toml`: when the monitor measures what, and how it treats what it sees."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from footfall.config.cron import check_cron, check_zone
from footfall.config.dashboard import DashboardSpec, dashboard_spec
from footfall.config.fields import Table, is_web_address, shown
from footfall.config.scripts import Scripts
from footfall.errors import did_you_mean, perhaps
from footfall.metrics import parse_quantity

SEVERITIES = ("P0", "P1", "P2", "P3", "critical", "warning", "info")


@dataclass(frozen=True)
class Watched:
    """How one probe, journey or profile is watched. `cron` takes the place of `every_s`; `depends_on` are names of probes and journeys.

    `location` names the one that measures it, where not all of them do; `target` what a load test loads, where it is not what is watched.
    """

    every_s: float = 60.0
    cron: str = ""
    zone: str = "UTC"
    jitter_s: float = 0.0
    alert_after: int = 1
    recover_after: int = 2
    severity: str = "P1"
    owner: str = ""
    runbook: str = ""
    depends_on: tuple[str, ...] = ()
    component: str = ""
    slo: float | None = None
    slow: bool = True
    location: str = ""
    target: str = ""


@dataclass(frozen=True)
class Maintenance:
    """A window in which failures open nothing: once (`start` to `end`), or again and again (`cron`, for `length_s`)."""

    name: str
    start: datetime | None = None
    end: datetime | None = None
    cron: str = ""
    length_s: float = 0.0
    zone: str = "UTC"
    subjects: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Impact:
    """What an hour of a subject's outage costs, and what no longer works then."""

    broken: str = ""
    orders_per_hour: float = 0.0
    revenue_per_hour: float = 0.0
    users_per_hour: float = 0.0
    currency: str = "EUR"


@dataclass(frozen=True)
class Drawn:
    """When the watch draws a report by itself."""

    cron: str
    zone: str = "UTC"


@dataclass(frozen=True)
class WatchSpec:
    """What `[watch]` says; the defaults are those of a suite that has no such table.

    `places` are the locations that the public may know, by name, each with what the status page calls it.
    """

    target: str = ""
    journeys: Mapping[str, Watched] = field(default_factory=dict)
    load: Mapping[str, Watched] = field(default_factory=dict)
    control: str = ""
    quorum: int = 2
    rechecks_s: tuple[float, ...] = (5.0, 10.0)
    probes_at_once: int = 100
    journeys_at_once: int = 1
    maintenance: tuple[Maintenance, ...] = ()
    impact: Mapping[str, Impact] = field(default_factory=dict)
    status_page: str = ""
    status_title: str = ""
    call: str = ""
    serve_token: str = ""
    keep_results_d: float = 8.0
    keep_hours_d: float = 400.0
    keep_incidents_d: float = 400.0
    runs_kept_d: float = 90.0
    dashboard: DashboardSpec = field(default_factory=DashboardSpec)
    places: Mapping[str, str] = field(default_factory=dict)
    health_below: int = 0
    url: str = ""
    reports: Mapping[str, Drawn] = field(default_factory=dict)


def watch_spec(table: Table, found: Scripts, targets: Collection[str], probes: Collection[str]) -> WatchSpec:
    """Read `[watch]`; what is wrong is noted in the table's faults. `found` are the suite's journeys and profiles."""
    journeys, profiles = found.journeys, found.profiles
    target = _target(table, targets)
    known = (*probes, *(f"journey:{name}" for name in journeys), *journeys)
    keep = table.table("keep")
    walked = _watched_tables(table, "journeys", journeys, known, lambda name, _: _as_marked(found.facts.get(name, {})))
    turning = circles({}, walked)
    for name, each in table.tables("journeys"):
        check_circle(each, turning.get(f"journey:{name}"))
    spec = WatchSpec(
        target,
        walked,
        _watched_tables(table, "load", profiles, known, lambda _, each: Watched(every_s=86_400.0, target=_target(each, targets))),
        _address(table, "control", "a place known to be up, such as https://example.com"),
        table.whole("quorum", WatchSpec.quorum),
        _pauses(table),
        table.whole("probes_at_once", WatchSpec.probes_at_once),
        table.whole("journeys_at_once", WatchSpec.journeys_at_once),
        tuple(_maintenance(name, each) for name, each in table.tables("maintenance")),
        {name: _impact(each) for name, each in table.tables("impact")},
        table.text("status_page"),
        table.text("status_title"),
        _address(table, "call", "what is to be called, such as https://switch.example.com/ping"),
        table.text("serve_token"),
        _days_kept(keep, "results", WatchSpec.keep_results_d),
        _days_kept(keep, "hours", WatchSpec.keep_hours_d),
        _days_kept(keep, "incidents", WatchSpec.keep_incidents_d),
        _days_kept(keep, "runs", WatchSpec.runs_kept_d),
        dashboard=dashboard_spec(table.table("dashboard")),
        places=table.strings("places"),
        health_below=table.whole("health_below", 0),
        url=_address(table, "url", "where the dashboard is, such as https://watch.example.com"),
        reports={name: _drawn(each) for name, each in table.tables("reports")},
    )
    if spec.health_below > 100:
        table.fault("health_below", f"{spec.health_below} is no health score", "expected a number from 1 to 100")
    keep.end()
    table.end()
    return spec


def _target(table: Table, targets: Collection[str]) -> str:
    """Take the name of a target; nothing where there is none."""
    name = table.text("target")
    if name and name not in targets:
        table.fault("target", f"no target is called {name!r}", did_you_mean(name, targets))
    return name


def _address(table: Table, key: str, expected: str) -> str:
    """Take a web address; one that stands in the environment is looked at when the watch starts."""
    text = table.text(key)
    if text and not text.startswith("env:") and not is_web_address(text):
        table.fault(key, f"{shown(text)} is not a web address", f"expected {expected}")
    return text


def _days_kept(keep: Table, name: str, default: float) -> float:
    return keep.seconds(name, default * 86_400) / 86_400


def _pauses(table: Table) -> tuple[float, ...]:
    texts = table.texts("rechecks", ("5s", "10s"))
    try:
        pauses = tuple(parse_quantity(text, "ms") / 1000 for text in texts)
    except ValueError as error:
        table.fault("rechecks", str(error), 'expected pauses such as ["5s", "10s"]')
        return WatchSpec.rechecks_s
    return pauses


def _as_marked(facts: Mapping[str, str]) -> Watched:
    """Return how a journey is watched where the file says nothing: as its marker states."""
    spec = Watched(every_s=300.0, owner=facts.get("owner", ""))
    try:
        every_s = parse_quantity(facts["every"], "ms") / 1000
    except (KeyError, ValueError):  # one that cannot be read is refused when the journey is walked
        return spec
    return replace(spec, every_s=every_s) if every_s > 0 else spec


def _watched_tables(
    table: Table, key: str, names: Collection[str], known: Collection[str], default: Callable[[str, Table], Watched]
) -> Mapping[str, Watched]:
    found = {}
    for name, each in table.tables(key):
        if name not in names:
            table.fault(key, f"nothing there is called {name!r}", did_you_mean(name, names), item=name)
        found[name] = watched(each, default(name, each))
        check_dependencies(each, found[name], known)
        each.end()
    return found


def watched(table: Table, default: Watched) -> Watched:
    """Take the keys that say how a thing is watched; the caller ends the table."""
    cron, zone = table.text("cron"), table.text("time_zone", default.zone)
    check_zone(table, "time_zone", zone)
    check_cron(table, "cron", cron)
    slo = table.text("slo")
    return Watched(
        table.seconds("every", default.every_s),
        cron,
        zone,
        table.seconds("jitter", default.jitter_s),
        table.whole("alert_after", default.alert_after),
        table.whole("recover_after", default.recover_after),
        severity_of(table, "severity", default.severity),
        table.text("owner", default.owner),
        table.text("runbook", default.runbook),
        table.texts("depends_on"),
        table.text("component"),
        _ratio(table, "slo", slo) if slo else None,
        table.flag("slow", default=True),
        table.text("location"),
        default.target,
    )


def check_dependencies(table: Table, found: Watched, known: Collection[str]) -> None:
    """Note dependencies that do not exist."""
    for name in found.depends_on:
        if name not in known:
            table.fault("depends_on", f"no probe or journey is called {name!r}", did_you_mean(name, known))


def circles(probes: Mapping[str, Watched], journeys: Mapping[str, Watched]) -> dict[str, str]:
    """Return the probes and journeys (`probe:shop`) that depend on themselves, each with the way there and back.

    Each would be held back by the other, and nobody would hear of either.
    """
    found = {f"probe:{name}": each for name, each in probes.items()} | {f"journey:{name}": each for name, each in journeys.items()}
    ahead = {key: [_meant(name, found) for name in each.depends_on] for key, each in found.items()}
    ways = {key: _way_back(key, ahead) for key in found}
    return {key: " → ".join(each.partition(":")[2] for each in (key, *way)) for key, way in ways.items() if way}


def _meant(name: str, found: Collection[str]) -> str:
    """The key that a dependency's name means; a journey that is not watched has none."""
    return next((key for key in (name, f"probe:{name}", f"journey:{name}") if key in found), "")


def _way_back(start: str, ahead: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The shortest way along the dependencies back to where it began, or nothing."""
    ways: list[tuple[str, ...]] = [(step,) for step in ahead[start]]
    known = {start}
    for way in ways:  # it grows while it is walked
        if way[-1] == start:
            return way
        if way[-1] not in known:
            known.add(way[-1])
            ways += [(*way, step) for step in ahead.get(way[-1], ())]
    return ()


def check_circle(table: Table, way: str | None) -> None:
    """Note that a table depends on itself."""
    if way:
        table.fault("depends_on", f"it depends on itself: {way}", "expected dependencies that lead nowhere back; remove one")


def severity_of(table: Table, key: str, default: str) -> str:
    """Take a severity."""
    text = table.text(key, default)
    if text not in SEVERITIES:
        table.fault(key, f"{shown(text)} is not one of {', '.join(SEVERITIES)}", perhaps(text, SEVERITIES))
        return default
    return text


def _maintenance(name: str, table: Table) -> Maintenance:
    cron, zone = table.text("cron"), table.text("time_zone", "UTC")
    check_zone(table, "time_zone", zone)
    check_cron(table, "cron", cron)
    found = Maintenance(
        name,
        _moment(table, "from", zone),
        _moment(table, "until", zone),
        cron,
        table.seconds("for", 3600.0),
        zone,
        table.texts("subjects", ("*",)),
    )
    if not cron and (found.start is None or found.end is None or found.start >= found.end):
        table.fault("from", "the window has no span", 'expected from and until, the first earlier, or cron = "0 3 * * sun" with for = "1h"')
    table.end()
    return found


def _moment(table: Table, key: str, zone: str) -> datetime | None:
    value = table.raw(key, datetime, "a moment such as 2026-11-21T03:00:00Z")
    if value is None or value.tzinfo is not None:
        return value  # type: ignore[no-any-return]
    try:
        return value.replace(tzinfo=ZoneInfo(zone))  # type: ignore[no-any-return]
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _drawn(table: Table) -> Drawn:
    found = Drawn(table.text("cron"), table.text("time_zone", Drawn.zone))
    if not found.cron:
        table.fault("cron", "a report needs its times", 'expected five fields, such as "0 7 * * mon"')
    check_cron(table, "cron", found.cron)
    check_zone(table, "time_zone", found.zone)
    table.end()
    return found


def _impact(table: Table) -> Impact:
    found = Impact(
        table.text("broken"),
        _amount(table, "orders_per_hour"),
        _amount(table, "revenue_per_hour"),
        _amount(table, "users_per_hour"),
        table.text("currency", Impact.currency),
    )
    table.end()
    return found


def _amount(table: Table, key: str) -> float:
    value: Any = table.raw(key, (int, float), "a number")
    return 0.0 if value is None else float(value)


def _ratio(table: Table, key: str, text: str) -> float | None:
    try:
        value = parse_quantity(text, "ratio")
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        table.fault(key, f"{shown(text)} is no objective", 'expected a share below 100 %, such as "99.9%"')
        return None
    return value
