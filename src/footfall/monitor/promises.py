"""Which budgets of `thresholds.toml` the watch holds, against what, and by which rule. Pure.

A gate measures on purpose and judges once; a watch looks all day long, and a limit that is right for the one would wake people for
nothing in the other. So the watch holds those budgets that say how long: `over` which window, or `for` how long it is broken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from footfall.config.watch import Watched
from footfall.gate.budget import EVERY, Budget
from footfall.gate.expression import Expression
from footfall.gate.matching import strongest
from footfall.metrics import Source
from footfall.monitor.plan import BUDGET, WHICH, Level, Plan, Promise, Subject
from footfall.monitor.severity import P2, SEVERITIES, severity
from footfall.monitor.state import Rule
from footfall.samples import Series

LONGEST_MS = 86.4e6
"""The longest window that the watch looks back; what is promised over weeks is an objective's affair."""
_APART = 2.0
"""How many intervals, or times `for`, may lie between two checks of which the second goes on with what the first has begun."""


def with_budgets(plan: Plan, budgets: Iterable[Budget]) -> Plan:
    """Return a plan that also holds budgets against the probes and journeys that they speak of."""
    by: dict[tuple[str, str], list[Budget]] = defaultdict(list)
    for budget in budgets:
        by[budget.place.source.value, budget.place.subject].append(budget)
    found = {
        key: _promise(subject, (*by[subject.source, subject.name], *by[subject.source, EVERY]))
        for key, subject in plan.subjects.items()
        if key not in plan.inbound
    }
    return replace(plan, promises={key: promise for key, promise in found.items() if promise.levels})


def left_out(budgets: Iterable[Budget]) -> list[str]:
    """Say of each budget that says how long, and that the watch does not hold all the same, why that is."""
    found = [(budget.key, _why_not(budget, limit)) for budget in budgets for _, limit in budget.levels if _meant(budget, limit)]
    return [f"{key} ({why})" for key, why in dict.fromkeys(found) if why]


def _meant(budget: Budget, limit: Expression) -> bool:
    """Whether a level says how long; a load test's budgets are the test's own."""
    return budget.place.source is not Source.LOAD and (budget.for_ms is not None or limit.window is not None)


def _why_not(budget: Budget, limit: Expression) -> str:
    if limit.needs_baseline:
        return "only a gate knows a baseline"
    if (limit.window_ms or 0.0) > LONGEST_MS:
        return "the watch looks back 24 h at most; an objective holds more"
    if budget.metric.name == "success" and limit.window is None:
        return "each failed check is judged already; with `over` its share is"
    return ""


def _promise(subject: Subject, budgets: Sequence[Budget]) -> Promise:
    levels = [level for budget in budgets if _applies(budget, subject, budgets) for level in _levels(budget, subject)]
    return Promise(tuple(levels), tuple(budgets))


def _applies(budget: Budget, subject: Subject, budgets: Sequence[Budget]) -> bool:
    """Whether a budget is the most exact one of what it speaks of."""
    part = "" if budget.place.part is None else budget.place.part
    meant = Series("", subject.source, subject.name, part, budget.metric.name, tuple(sorted(budget.where.items())))
    return any(budgets[position] is budget for position in strongest(budgets, meant))


def _levels(budget: Budget, subject: Subject) -> list[Level]:
    """Return the levels of a budget that are held, `fail` first: while that is broken, `warn` is not told beside it."""
    found: list[Level] = []
    for name, limit in budget.levels:
        if _meant(budget, limit) and not _why_not(budget, limit):
            above = found[0].subject.key if found else ""
            found.append(Level(_broken(budget, name, subject), budget, limit, above))
    return found


def _broken(budget: Budget, level: str, of: Subject) -> Subject:
    """What is broken when a level is: told as the budget says, or else as what it speaks of."""
    key = f"{BUDGET}:{of.key}{WHICH}{budget.key}" + (".warn" if level == "warn" else "")
    watched = Watched(
        severity=_severity(budget, level),
        owner=budget.owner or of.watched.owner,
        runbook=budget.runbook or of.watched.runbook,
        location=budget.where.get("location", of.watched.location),
    )
    title = f"{of.name} {'breaks its budget' if level == 'fail' else 'is beyond the warning limit'} of {budget.metric.name}"
    return Subject(key, of.name, of.source, watched, _rule(budget, of), title)


def _severity(budget: Budget, level: str) -> str:
    """What the budget says, or P2 as for slowness; one step milder for a warning that is not the only thing that this could mean."""
    grave = severity(budget.severity or P2)
    milder = level == "warn" and (budget.fail is not None or not budget.severity)
    return SEVERITIES[min(SEVERITIES.index(grave) + milder, len(SEVERITIES) - 1)]


def _rule(budget: Budget, of: Subject) -> Rule:
    """Broken for as long as `for` says; else in as many checks in a row as it takes to believe that the subject is down, with rechecks.

    Checks by a cron expression may be any time apart.
    """
    lasting = budget.for_ms is not None
    for_s = (budget.for_ms or 0.0) / 1000
    return replace(
        of.rule,
        pauses_s=(),
        alert_after=1 if lasting else of.rule.alert_after + len(of.rule.pauses_s),
        for_s=for_s,
        gap_s=of.rule.gap_s if of.watched.cron else _APART * max(of.watched.every_s, for_s) + of.rule.stale_s,
    )
