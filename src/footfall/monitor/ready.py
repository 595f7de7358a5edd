"""What would keep a watch from doing what it is asked to: found before it starts, all of it at once."""

from __future__ import annotations

from footfall.config.suite import Suite, Target
from footfall.config.watch import Watched
from footfall.monitor.plan import INBOUND_KINDS, Plan

_LEAST_S = 1.0


def problems(suite: Suite, plan: Plan, target: Target) -> list[str]:
    """Say what is wrong with the plan: nothing to watch, a schedule that cannot be met, load where it is not allowed."""
    found = []
    if not plan.subjects:
        found.append("there is nothing to watch: footfall.toml has neither [probes.NAME] nor [watch.journeys.NAME]")
    for probe in suite.probes.values():
        if probe.kind not in INBOUND_KINDS:
            found += _too_often(f"probes.{probe.name}", probe.watched, probe.timeout_s)
    found += _crowded(suite)
    if suite.watch.load and target.production and not target.allow_load:
        found.append(f"watch.load: {target.name} is production and has no `allow_load`")
    return found


def _too_often(where: str, watched: Watched, timeout_s: float) -> list[str]:
    if watched.cron:
        return []
    if watched.every_s < _LEAST_S:
        return [f"{where}: every {watched.every_s:g} s is more often than footfall can check; expected at least {_LEAST_S:g} s"]
    if timeout_s > watched.every_s:
        slow = f"a check may take {timeout_s:g} s (timeout) but comes every {watched.every_s:g} s"
        return [f"{where}: {slow}: it would be skipped when it is needed"]
    return []


def _crowded(suite: Suite) -> list[str]:
    """Journeys wait for each other: together they must fit into their intervals even if each takes all of its time."""
    shares = [suite.journeys.timeout_s / each.every_s for each in suite.watch.journeys.values() if not each.cron]
    if sum(shares) <= suite.watch.journeys_at_once:
        return []
    together = f"if each takes its {suite.journeys.timeout_s:g} s, {sum(shares):.1f} must run at once"
    limit = f"journeys_at_once is {suite.watch.journeys_at_once}: raise it, or `every`, or lower the journeys' timeout"
    return [f"watch.journeys: {together}, and {limit}"]
