"""Service-level objectives: what share must be good over weeks, how much of the error budget is left, and how fast it burns.

The windows and factors are those of Google's Site Reliability Workbook, chapter 5 (multiwindow, multi-burn-rate alerts). Its guard for
low traffic is a least number of bad events: one failed check of twelve burns a 99.9 % budget 83 times too fast and means nothing.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from footfall.gate.keys import dotted
from footfall.gate.verdict import Outcome, Verdict
from footfall.metrics import Source, format_quantity

FEWEST_BAD = 3
"""Bad events in the longer window without which nothing burns, however high the rate."""
FEWEST_EVENTS = 20
"""Events without which an error budget says nothing."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class BurnRule:
    """Alert when the budget burns `factor` times too fast, both over the `long` window and over the `short` one (it still does)."""

    severity: str
    factor: float
    long: timedelta
    short: timedelta


BURN_RULES = (
    BurnRule("page", 14.4, _HOUR, _HOUR / 12),
    BurnRule("page", 6.0, 6 * _HOUR, _HOUR / 2),
    BurnRule("ticket", 3.0, 24 * _HOUR, 2 * _HOUR),
    BurnRule("ticket", 1.0, 72 * _HOUR, 6 * _HOUR),
)


@dataclass(frozen=True)
class Slo:
    """An objective: of all events of a journey or probe within `over`, at least the share `objective` must be good.

    An event is good when the metric is 1 (`success`), or at most `at_most`, in the metric's base unit, where that is set:
    then what failed before it had such a time is bad.
    """

    name: str
    source: Source
    subject: str
    objective: float
    over: timedelta = timedelta(days=30)
    part: str = ""
    metric: str = "success"
    at_most: float | None = None
    owner: str = ""
    severity: str = ""
    file: str = "thresholds.toml"
    line: int | None = None

    @property
    def windows(self) -> tuple[timedelta, ...]:
        """All windows in which events must be counted, shortest first."""
        return tuple(sorted({self.over, *(window for rule in BURN_RULES for window in (rule.long, rule.short))}))


@dataclass(frozen=True)
class Count:
    """Events in a window: all, and the bad ones."""

    events: float
    bad: float


@dataclass(frozen=True)
class Burn:
    """A burn rule held against what happened: `rate` is how many times too fast the budget burns over the long window.

    `few` says that the bad events in it are too few to mean anything: they burn nothing.
    """

    rule: BurnRule
    rate: float
    firing: bool
    few: bool = False


@dataclass(frozen=True)
class SloStatus:
    """How an objective stands: the share that was good, and what share of the error budget is left (below 0: overspent).

    Both are None while there are too few events to say. `seen` is how long ago the first event of the window was.
    """

    slo: Slo
    count: Count
    good: float | None
    left: float | None
    burns: tuple[Burn, ...]
    seen: timedelta | None = None

    @property
    def spent(self) -> bool:
        """Whether the error budget is used up."""
        return self.left is not None and self.left <= 0


def counted(events: Sequence[tuple[datetime, float, float]], now: datetime, slo: Slo) -> Mapping[timedelta, Count]:
    """Count (moment, events, bad ones) in each of an objective's windows up to `now`."""
    return {
        window: Count(
            sum(count for at, count, _ in events if now - window < at <= now), sum(bad for at, _, bad in events if now - window < at <= now)
        )
        for window in slo.windows
    }


def status(slo: Slo, counts: Mapping[timedelta, Count], seen: timedelta | None = None) -> SloStatus:
    """Hold an objective against what was counted in each of its windows."""
    whole = counts[slo.over]
    allowed = 1 - slo.objective
    enough = whole.events >= FEWEST_EVENTS
    good = 1 - whole.bad / whole.events if enough else None
    # A budget is never less than one event: of 50 checks in all, 99.9 % would allow a twentieth of one.
    left = 1 - whole.bad / max(allowed * whole.events, 1.0) if enough else None
    burns = tuple(_burn(rule, counts, allowed) for rule in BURN_RULES if rule.long <= slo.over)
    return SloStatus(slo, whole, good, left, burns, seen)


def _burn(rule: BurnRule, counts: Mapping[timedelta, Count], allowed: float) -> Burn:
    long, short = counts[rule.long], counts[rule.short]
    rate, still = (_share(count) / allowed for count in (long, short))
    few = 0 < long.bad < FEWEST_BAD
    return Burn(rule, rate, not few and rate >= rule.factor and still >= rule.factor, few)


def _share(count: Count) -> float:
    return count.bad / count.events if count.events else 0.0


def verdict(found: SloStatus, *, respected: bool) -> Verdict:
    """Return an objective's verdict: a spent error budget fails a gate that respects it, and is a warning to any other."""
    slo = found.slo
    outcome = Outcome.LEARNING if found.left is None else Outcome.PASS
    if found.spent:
        outcome = Outcome.FAIL if respected else Outcome.WARN
    elif any(burn.firing for burn in found.burns):
        outcome = Outcome.WARN
    return Verdict(
        outcome=outcome,
        key=dotted(("slo", slo.name)),
        text=f"{_percent(slo.objective)} over {format_quantity(slo.over / timedelta(milliseconds=1), 'ms')}",
        level="fail" if respected else "warn",
        reason=reason(found),
        source=slo.source.value,
        subject=slo.subject,
        part=slo.part,
        metric=slo.metric,
        statistic="rate",
        comparator=">=",
        unit="ratio",
        figure=found.good,
        limit=slo.objective,
        count=round(found.count.events),
        severity=slo.severity,
        owner=slo.owner,
        file=slo.file,
        line=slo.line,
    )


def reason(found: SloStatus) -> str:
    """Say how an objective stands: `99.93 % good, 7 of 10,000 bad; 30 % of the error budget is left`."""
    count = found.count
    if found.left is None or found.good is None:
        return f"{count.events:,.0f} of {FEWEST_EVENTS} events that it takes to say anything"
    budget = "the error budget is spent" if found.spent else f"{_percent(found.left, 2)} of the error budget is left"
    if found.left < 0:
        budget += f", {1 - found.left:.2g} times over"
    burning = [burn for burn in found.burns if burn.firing]
    fast = f"; it burns {burning[0].rate:.3g} times too fast ({burning[0].rule.severity})" if burning else ""
    return f"{_percent(found.good, 5)} good, {count.bad:,.0f} of {count.events:,.0f} bad; {budget}{fast}"


def _percent(share: float, digits: int = 5) -> str:
    return format_quantity(share, "ratio", digits=digits)
