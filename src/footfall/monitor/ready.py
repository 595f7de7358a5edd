"""What would keep a watch from doing what it is asked to: found before it starts, all of it at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from footfall.config.alerts import AlertsSpec
from footfall.config.suite import Suite, Target
from footfall.config.watch import Watched
from footfall.monitor.plan import HEALTH, INBOUND_KINDS, LOAD, Plan, Subject, trigger
from footfall.monitor.routes import takes

_LEAST_S = 1.0
_TIMES = 10
"""How many of a cron expression's next times are looked at: enough for a day's rhythm to show."""
_A_LITTLE = timedelta(seconds=1)
_ANY = "any"
"""Stands for a location whose name only its start tells."""


def problems(suite: Suite, plan: Plan, target: Target) -> list[str]:
    """Say what is wrong with the plan: nothing to watch, a schedule that cannot be met, load where it is not allowed."""
    found = []
    if not plan.subjects:
        found.append("there is nothing to watch: footfall.toml has neither [probes.NAME] nor [watch.journeys.NAME]")
    for probe in suite.probes.values():
        if probe.kind not in INBOUND_KINDS:
            found += _too_often(f"probes.{probe.name}", probe.watched, probe.timeout_s)
    found += _crowded(suite)
    for subject in plan.subjects.values():
        if subject.source == LOAD:
            found += _unloadable(f"watch.load.{subject.name}", suite.target(subject.watched.target) if subject.watched.target else target)
    return found


def _unloadable(where: str, target: Target) -> list[str]:
    if target.demo or target.allow_load:
        return []
    return [f"{where}: {target.name} has no `allow_load`, the most users that it may be sent"]


def untold(plan: Plan) -> list[str]:
    """Say of whose incidents nobody would hear, because no route takes them: `P1 probe: login, checkout`. No route at all is meant so."""
    found: dict[str, list[str]] = {}
    if plan.alerts.routes and plan.subjects:
        for subject in map(plan.subject, _may_break(plan)):
            if not _heard(plan, subject):
                found.setdefault(f"{subject.severity} {subject.key.partition(':')[0]}", []).append(subject.name)
    return [f"{what}: {', '.join(dict.fromkeys(names))}" for what, names in found.items()]


def only_channel(alerts: AlertsSpec) -> str:
    """Name the channel of whose death nobody would hear, because there is no other to tell it through; nothing where there are more."""
    return next(iter(alerts.channels)) if len(alerts.channels) == 1 else ""


def _heard(plan: Plan, subject: Subject) -> bool:
    return any(takes(route, subject.key, subject.severity, subject.watched.owner, subject.source) for route in plan.alerts.routes)


def _may_break(plan: Plan) -> Iterator[str]:
    """Yield the key of everything that may become an incident: what is watched, and what the watch finds out beside it."""
    yield from plan.subjects
    yield from (f"slow:{key}" for key, each in plan.subjects.items() if _has_duration(plan, each) and each.watched.slow)
    yield from (f"slo:{key}" for key, each in plan.subjects.items() if each.watched.slo is not None)
    yield from (level.subject.key for promise in plan.promises.values() for level in promise.levels)
    yield from (f"channel:{name}" for name in plan.alerts.channels)
    yield f"location:{_ANY}"
    if plan.watch.control:
        yield f"blind:{_ANY}"
    if plan.watch.health_below:
        yield HEALTH


def _has_duration(plan: Plan, subject: Subject) -> bool:
    return subject.source != LOAD and subject.key not in plan.inbound


def _too_often(where: str, watched: Watched, timeout_s: float) -> list[str]:
    every_s = _every_s(watched)
    if every_s < _LEAST_S:
        return [f"{where}: every {every_s:g} s is more often than footfall can check; expected at least {_LEAST_S:g} s"]
    if timeout_s > every_s:
        slow = f"a check may take {timeout_s:g} s (timeout) but comes every {every_s:g} s"
        return [f"{where}: {slow}: it would be skipped when it is needed"]
    return []


def _every_s(watched: Watched) -> float:
    """How often something comes: by its interval, or by the least gap between a cron expression's next times."""
    if not watched.cron:
        return watched.every_s
    comes, moments = trigger(watched.cron, watched.zone), [datetime.now(UTC)]
    while len(moments) <= _TIMES and (following := comes.get_next_fire_time(None, moments[-1] + _A_LITTLE)) is not None:
        moments.append(following.astimezone(UTC))
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(moments[1:])]
    return min((gap for gap in gaps if gap > 0), default=math.inf)


def _crowded(suite: Suite) -> list[str]:
    """Journeys wait for each other: together they must fit into their intervals even if each takes all of its time."""
    shares = [suite.journeys.timeout_s / _every_s(each) for each in suite.watch.journeys.values()]
    if sum(shares) <= suite.watch.journeys_at_once:
        return []
    together = f"if each takes its {suite.journeys.timeout_s:g} s, {sum(shares):.1f} must run at once"
    limit = f"journeys_at_once is {suite.watch.journeys_at_once}: raise it, or let them come less often, or lower the journeys' timeout"
    return [f"watch.journeys: {together}, and {limit}"]
