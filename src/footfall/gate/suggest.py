"""Budgets proposed from history: a limit that what was seen keeps, with room for how much runs differ by themselves. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from footfall.gate.budget import Budget
from footfall.gate.compare import FLOORS
from footfall.gate.expression import Expression, Limit, Quantity, allowed
from footfall.gate.figures import of_summary
from footfall.metrics import Kind, Metric, format_quantity
from footfall.samples import Series
from footfall.stats import Figures

FEWEST_RUNS = 20
_ROOM = 4.0
"""Standard deviations between what is usual and the proposed limit."""
_LEAST_ROOM = 0.15
_LOOSE = 1.5
"""A limit that is so many times as far as the proposed one guards nothing."""
_TIGHT_SHARE = 0.1
"""A limit that so large a share of the runs broke says nothing new any more."""
_UNITS = {"ms": ((1000.0, "s"), (1.0, "ms")), "bytes": ((1e6, "MB"), (1e3, "KB"), (1.0, "B"))}


@dataclass(frozen=True)
class Suggestion:
    """Another limit for one level of a budget: `now` and `then` are expressions, `reason` says what was seen."""

    budget: Budget
    level: str
    now: Expression
    then: Expression
    reason: str


def suggest(budget: Budget, history: Mapping[Series, Sequence[Figures]], kind: Kind) -> tuple[Suggestion, ...]:
    """Propose a limit for each absolute level of a budget whose series have enough history; the worst series decides.

    No proposal lies within a noise floor (`compare.FLOORS`) of what is usual: a step of 4 ms is not held to 5, which any pause breaks;
    `fail` has two floors of room, so that `warn` is below it. Limits on rates, counts and lower bounds are a promise, not a measurement,
    and are left alone.
    """
    if budget.metric.unit not in _UNITS:
        return ()
    found = [fit for level, expression in budget.levels if (fit := _level(budget, level, expression, history, kind)) is not None]
    wrong = [suggestion for suggestion, fits in found if not fits]
    if wrong and _with(budget, wrong).warns_too_late:  # one level alone would pass the other: both are proposed anew
        wrong = [suggestion for suggestion, _ in found]
    return tuple(wrong)


def _with(budget: Budget, suggestions: Sequence[Suggestion]) -> Budget:
    """Return the budget as it would be."""
    then = {suggestion.level: suggestion.then for suggestion in suggestions}
    return replace(budget, warn=then.get("warn", budget.warn), fail=then.get("fail", budget.fail))


def _level(
    budget: Budget, level: str, expression: Expression, history: Mapping[Series, Sequence[Figures]], kind: Kind
) -> tuple[Suggestion, bool] | None:
    """Return the limit that one level should have, and whether the one it has fits as well; None where nothing can be said."""
    limit = allowed(expression, budget.metric)
    if expression.needs_baseline or not expression.upper or limit is None or expression.statistic.name in {"count", "sum"}:
        return None
    seen = {series: _figures(expression, figures, kind) for series, figures in history.items()}
    enough = {series: figures for series, figures in seen.items() if len(figures) >= FEWEST_RUNS and min(figures) > 0}
    if not enough:
        return None
    # Where there is a `fail` level too, `warn` stays the stricter one: it has half the room, and is rounded by less.
    stricter = level == "warn" and budget.fail is not None
    spread = {series: _within(figures, _ROOM / 2) if stricter else _kept_by(figures) for series, figures in enough.items()}
    room = FLOORS[budget.metric.unit] * (1 if stricter else 2)
    wanted = {series: max(spread[series], statistics.median(figures) + room) for series, figures in enough.items()}
    worst = max(wanted, key=wanted.__getitem__)
    proposed = _round(wanted[worst], budget.metric, digits=3 if stricter else 2)
    broken = sum(not expression.met_by(figure, limit) for figure in enough[worst])
    loose = limit > _LOOSE * wanted[worst]
    fits = not loose and broken < _TIGHT_SHARE * len(enough[worst])
    then = Expression(expression.statistic, expression.comparator, (Limit(proposed),), expression.window)
    why = _reason(worst, enough[worst], expression, budget.metric, limit, 0 if loose or fits else broken)
    if wanted[worst] > spread[worst]:
        why += f"; the proposal leaves {format_quantity(room, budget.metric.unit)} of room, for less is noise"
    return Suggestion(budget, level, expression, then, why), fits


def _figures(expression: Expression, figures: Sequence[Figures], kind: Kind) -> list[float]:
    found = (of_summary(expression.statistic, each, kind) for each in figures)
    return [figure for figure in found if figure is not None]


def _kept_by(figures: Sequence[float]) -> float:
    """Return a limit with all the room above the median, and never below nine tenths of the worst figure but one."""
    return max(_within(figures, _ROOM), 0.9 * sorted(figures)[-2])


def _within(figures: Sequence[float], room: float) -> float:
    """Return what lies so many standard deviations of ln x above the median."""
    logs = [math.log(figure) for figure in figures]
    middle = statistics.median(logs)
    spread = max(1.4826 * statistics.median(abs(value - middle) for value in logs), _LEAST_ROOM / _ROOM)
    return math.exp(middle + room * spread)


def _round(value: float, metric: Metric, digits: int) -> Quantity:
    """Round up to so many digits, in the unit that a person would write."""
    scale, suffix = next((scale, suffix) for scale, suffix in _UNITS[metric.unit] if value >= scale or scale == 1.0)
    amount = value / scale
    step = 10.0 ** (math.floor(math.log10(amount)) + 1 - digits)
    return Quantity(f"{round(math.ceil(round(amount / step, 6)) * step, 6):g}", suffix)


def _times(times: float) -> str:
    return f"{times:.0f}" if times >= 100 else f"{times:.2g}"


def _reason(series: Series, figures: Sequence[float], expression: Expression, metric: Metric, limit: float, broken: int) -> str:
    usual, most = (format_quantity(value, metric.unit) for value in (statistics.median(figures), max(figures)))
    seen = f"in {len(figures)} runs {expression.statistic} of {series.title} was usually {usual} and at most {most}"
    if broken:
        return f"{seen}; {broken} of them broke the limit"
    times = limit / statistics.median(figures)
    return (
        f"{seen}: the limit lets it become {_times(times)} times as slow"
        if metric.unit == "ms"
        else f"{seen}: the limit is {_times(times)} times that"
    )
