"""What is watched and by which rule, from the suite's configuration; and which maintenance windows are open."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from footfall.config.alerts import AlertsSpec
from footfall.config.cron import cron_trigger
from footfall.config.kinds import INBOUND
from footfall.config.suite import ProbeSpec, Suite
from footfall.config.watch import Impact, Maintenance, Watched, WatchSpec
from footfall.gate.budget import Budget
from footfall.gate.expression import Expression
from footfall.metrics import parse_duration
from footfall.monitor.severity import P2, severity
from footfall.monitor.state import AT_ONCE, Rule

INBOUND_KINDS = INBOUND
PROBE, JOURNEY, LOAD, WATCH = "probe", "journey", "load", "watch"
OWN = Watched(severity="warning")
"""How the monitor treats what it finds out about itself."""
HEALTHY = Watched(severity="P1")
HEALTH = "health:score"
ABOUT_ANOTHER = ("slow", "slo", "budget")
"""Kinds of what is found out about a subject, whose key follows; they are told and held back as it is."""
BUDGET, WHICH = "budget", "#"
"""`budget:probe:shop#probes.shop.latency`: of several budgets on a subject the key says which."""
LONGEST_LOAD_S = 4 * 3600.0
"""What a load test may take; its result counts from its beginning."""


@dataclass(frozen=True)
class Subject:
    """Something that may be broken. `key` is `probe:health`; `source` probe, journey, load or watch (the monitor's own affairs)."""

    key: str
    name: str
    source: str
    watched: Watched
    rule: Rule
    title: str
    impact: Impact | None = None

    @property
    def severity(self) -> str:
        """How grave it is when it is down, P0 to P3."""
        return severity(self.watched.severity)

    @property
    def one_place(self) -> bool:
        """Whether one location alone measures it: the one that it names, or for a load test the one that holds the office."""
        return self.source == LOAD or bool(self.watched.location)

    def measured_at(self, location: str, *, judging: bool) -> bool:
        """Whether a location measures it, being the judge or not."""
        if self.watched.location:
            return self.watched.location == location
        return judging or self.source != LOAD


@dataclass(frozen=True)
class Level:
    """One level of a budget, held against one subject: `subject` is what is broken when it is; `above` the key of the graver level."""

    subject: Subject
    budget: Budget
    expression: Expression
    above: str = ""

    @property
    def span_s(self) -> float:
        """The seconds in which it looks for samples; 0 where the last check alone counts."""
        return (self.expression.window_ms or 0.0) / 1000


@dataclass(frozen=True)
class Promise:
    """What `thresholds.toml` says of a subject: the `levels` that the watch holds, graver ones first, among all `budgets` on it."""

    levels: tuple[Level, ...]
    budgets: tuple[Budget, ...]

    @property
    def span_s(self) -> float:
        """The longest span of any level."""
        return max(level.span_s for level in self.levels)


@dataclass(frozen=True)
class Plan:
    """All subjects by key, and what surrounds them."""

    title: str
    subjects: Mapping[str, Subject]
    watch: WatchSpec = field(default_factory=WatchSpec)
    alerts: AlertsSpec = field(default_factory=AlertsSpec)
    inbound: Mapping[str, float] = field(default_factory=dict)
    """What others call, by key: the seconds after which a call is overdue."""
    target: str = ""
    """What is watched: what the store keeps is kept for it."""
    promises: Mapping[str, Promise] = field(default_factory=dict)
    """By subject; see `promises.with_budgets`."""

    def subject(self, key: str) -> Subject:
        """Return a subject; what the configuration does not name (a channel, a location) is one of the monitor's own."""
        found = self.subjects.get(key) or self._promised.get(key)
        return found if found is not None else _own(key, self.subjects)

    @functools.cached_property
    def _promised(self) -> Mapping[str, Subject]:
        return {level.subject.key: level.subject for promise in self.promises.values() for level in promise.levels}

    def promised(self, keys: Iterable[str]) -> set[str]:
        """Return the keys of the budgets that are held against subjects."""
        return {level.subject.key for key in keys if key in self.promises for level in self.promises[key].levels}

    def dependencies(self, subject: Subject) -> tuple[str, ...]:
        """Return the keys of what a subject depends on."""
        return tuple(key for name in subject.watched.depends_on if (key := self._key(name)) is not None)

    def causes(self, subject: Subject) -> tuple[str, ...]:
        """Return the keys of a subject and of all that it depends on, also by way of others."""
        found = [subject.key]
        for key in found:  # it grows while it is walked
            found += [each for each in self.dependencies(self.subject(key)) if each not in found]
        return tuple(found)

    def _key(self, name: str) -> str | None:
        return next((key for key in (name, f"{PROBE}:{name}", f"{JOURNEY}:{name}") if key in self.subjects), None)

    def knows(self, key: str) -> bool:
        """Whether a subject is still watched, or one of the monitor's own that belongs to something that still is."""
        kind, _, rest = key.partition(":")
        if kind == "channel":
            return rest in self.alerts.channels
        if kind == "health":
            return self.watch.health_below > 0
        if kind == BUDGET:
            return key in self._promised
        return key in self.subjects or (kind in _OWN_TITLES and (kind in {"location", "blind"} or rest in self.subjects))

    def maintenance(self, key: str, now: datetime) -> str:
        """Return the name of the window in which a subject is now, or nothing."""
        for window in self.watch.maintenance:
            if matches(window.subjects, key) and open_now(window, now):
                return window.name
        return ""


def matches(patterns: Iterable[str], key: str) -> bool:
    """Whether any shell-like pattern means a subject: by its key, its name, or as what is found out about that one (`slow:probe:shop`)."""
    kind, _, name = key.partition(":")
    about = name.partition(WHICH)[0] if kind == BUDGET else name
    names = {key, name, about, about.partition(":")[2] if kind in ABOUT_ANOTHER else name}
    return any(fnmatchcase(each, pattern) for each in names for pattern in patterns)


def open_now(window: Maintenance, now: datetime) -> bool:
    """Whether a maintenance window is open."""
    if window.start is not None and window.end is not None:
        return window.start <= now < window.end
    length = timedelta(seconds=window.length_s)
    began = trigger(window.cron, window.zone).get_next_fire_time(None, now - length)
    return began is not None and began <= now


trigger = functools.cache(cron_trigger)
"""The trigger of a cron expression in a time zone, made once."""


def plan_of(suite: Suite, target: str | None = None) -> Plan:
    """Return what a suite wants watched, on a target, or on the one that it names."""
    watch = suite.watch
    subjects = [_probe(probe, watch) for probe in suite.probes.values()]
    subjects += [_scripted(JOURNEY, name, each, watch) for name, each in watch.journeys.items()]
    usual = watch.target or suite.default_target
    of = target or usual
    # A test with a target of its own is run by the watch that the suite describes, not once more by each of other targets.
    subjects += [_scripted(LOAD, name, each, watch) for name, each in watch.load.items() if not each.target or of == usual]
    inbound = {f"{PROBE}:{probe.name}": _overdue_s(probe) for probe in suite.probes.values() if probe.kind in INBOUND}
    return Plan(suite.name, {subject.key: subject for subject in subjects}, watch, suite.alerts, inbound, of)


def _overdue_s(probe: ProbeSpec) -> float:
    return probe.watched.every_s + parse_duration(str(probe.options["grace"])) / 1000


def _probe(probe: ProbeSpec, watch: WatchSpec) -> Subject:
    watched = probe.watched
    rule = (
        AT_ONCE
        if probe.kind in INBOUND
        else Rule(watch.rechecks_s, probe.timeout_s, watched.alert_after, watched.recover_after, watch.quorum)
    )
    return Subject(f"{PROBE}:{probe.name}", probe.name, PROBE, watched, rule, f"{probe.name} is down", watch.impact.get(probe.name))


def _scripted(source: str, name: str, watched: Watched, watch: WatchSpec) -> Subject:
    """A journey is walked once more before it counts; a load test is run by one location, judged by its verdict and not repeated."""
    where = f" on {watched.target}" if watched.target else ""
    title = f"customers cannot complete {name}" if source == JOURNEY else f"the load test {name} fails{where}"
    if source == JOURNEY:
        rule = Rule(watch.rechecks_s[:1], 120.0, watched.alert_after, watched.recover_after, watch.quorum, stale_s=7200.0)
    else:
        rule = Rule((), 120.0, watched.alert_after, recover_after=1, quorum=1, stale_s=LONGEST_LOAD_S + 3600.0)
    return Subject(f"{source}:{name}", name, source, watched, rule, title, watch.impact.get(name))


_OWN_TITLES = {
    "channel": "alerts cannot be sent through {name}",
    "location": "the location {name} is missing",
    "blind": "the location {name} has no network",
    "slow": "{name} has become slower",
    "slo": "{name} is using up its error budget",
    "health": "the health score is too low",
}


def _own(key: str, subjects: Mapping[str, Subject]) -> Subject:
    """What is found out beside the checks: `slow:probe:health` belongs to a subject and takes after it, `channel:slack` to nobody."""
    kind, _, rest = key.partition(":")
    of = subjects.get(rest)
    title = _OWN_TITLES.get(kind, "{name} is not well").format(name=of.name if of else rest)
    watched = OWN if of is None else Watched(severity=P2 if kind == "slow" else of.watched.severity, owner=of.watched.owner)
    watched = HEALTHY if key == HEALTH else watched
    return Subject(key, of.name if of else rest, of.source if of else WATCH, watched, AT_ONCE, title, of.impact if of else None)
