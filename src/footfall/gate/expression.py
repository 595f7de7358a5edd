"""The language of budgets: `p95 <= baseline + 10% or 500ms over 5m`.

    expression := statistic comparator limit ["or" limit] ["over" quantity]
    statistic  := "min" | "max" | "mean" | "median" | "rate" | "count" | "sum" | "last" | "p" number
    comparator := "<" | "<=" | ">" | ">="
    limit      := quantity | "baseline" [("+" | "-") quantity]
    quantity   := number [unit]

Three pure steps: `parse` knows the grammar alone, `problems` what a metric allows, and `allowed` turns limits into numbers.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from footfall.errors import did_you_mean
from footfall.metrics import LEGAL_STATISTICS, LONGEST_MS, Kind, Metric, parse_duration, parse_quantity
from footfall.stats import PERCENTILES

COMPARATORS = ("<=", ">=", "<", ">")
PLAIN_STATISTICS = ("min", "max", "mean", "median", "rate", "count", "sum", "last")
LONGEST = 500
"""Characters that an expression may have."""

_COMPARATOR = re.compile(r"<=|>=|<|>")
_PERCENTILE = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,3})?)", re.ASCII)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*", re.ASCII)
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:\s*(?!(?:or|over)\b)([A-Za-z%/]+))?", re.ASCII)
_SIGN = re.compile(r"[+-]")


class ParseError(ValueError):
    """A text is not a budget's expression; the message says what stands where something else was expected."""


@dataclass(frozen=True)
class Quantity:
    """A number and its unit as written; what it means depends on the metric."""

    number: str
    suffix: str = ""

    def __str__(self) -> str:
        return self.number + self.suffix

    @property
    def is_percentage(self) -> bool:
        """Whether it is written in per cent."""
        return self.suffix == "%"


@dataclass(frozen=True)
class Limit:
    """A quantity, or (`baseline`) what was usual before, plus or minus one."""

    quantity: Quantity | None = None
    baseline: bool = False
    sign: str = ""

    def __str__(self) -> str:
        if not self.baseline:
            return str(self.quantity)
        return f"baseline {self.sign} {self.quantity}" if self.quantity else "baseline"


@dataclass(frozen=True)
class Statistic:
    """A statistic by name; `q` is set for percentiles (`p95` is 95.0)."""

    name: str
    q: float | None = None

    def __str__(self) -> str:
        return self.name if self.q is None else f"p{self.q:g}"

    @property
    def quantile(self) -> float | None:
        """The percentile that it asks for, 0 to 100: `median` is the 50th; None for any other statistic."""
        return 50.0 if self.name == "median" else self.q

    def unit(self, metric: Metric) -> str:
        """Return the base unit of its figures."""
        return "count" if self.name == "count" else metric.unit


@dataclass(frozen=True)
class Expression:
    """A parsed expression; `str` prints it back in its usual form, which parses to the same again."""

    statistic: Statistic
    comparator: str
    limits: tuple[Limit, ...]
    window: Quantity | None = None

    def __str__(self) -> str:
        limits = " or ".join(str(limit) for limit in self.limits)
        over = f" over {self.window}" if self.window else ""
        return f"{self.statistic} {self.comparator} {limits}{over}"

    @property
    def upper(self) -> bool:
        """Whether the figure must stay below its limit (else above)."""
        return self.comparator.startswith("<")

    @property
    def needs_baseline(self) -> bool:
        """Whether a limit depends on history."""
        return any(limit.baseline for limit in self.limits)

    @property
    def window_ms(self) -> float | None:
        """The window in ms, where one is named."""
        return parse_duration(str(self.window)) if self.window else None

    def met_by(self, figure: float, limit: float) -> bool:
        """Whether `figure` keeps within `limit`; raw values are compared, never rounded ones."""
        if self.upper:
            return figure < limit or (figure == limit and self.comparator == "<=")
        return figure > limit or (figure == limit and self.comparator == ">=")


class _Scanner:
    """Takes pieces off a text, from the left."""

    def __init__(self, text: str) -> None:
        self._rest = text.strip()

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._rest)
        if match is not None:
            self._rest = self._rest[match.end() :].lstrip()
        return match

    def take_word(self, word: str) -> bool:
        match = _WORD.match(self._rest)
        return match is not None and match[0] == word and self.take(_WORD) is not None

    @property
    def found(self) -> str:
        """What stands next, for a message."""
        return f"found {self._rest[:40]!r}" if self._rest else "the expression ends there"

    @property
    def ended(self) -> bool:
        return not self._rest


def parse(text: str) -> Expression:
    """Read an expression. Raises ParseError, and nothing else, for any text that is not one."""
    if len(text) > LONGEST:
        raise ParseError(f"an expression of {len(text):,} characters is too long")
    scanner = _Scanner(text)
    statistic = _statistic(scanner)
    comparator = scanner.take(_COMPARATOR)
    if comparator is None:
        raise ParseError(f"expected one of {' '.join(COMPARATORS)} after {str(statistic)!r}: {scanner.found}")
    limits = [_limit(scanner)]
    if scanner.take_word("or"):
        limits.append(_limit(scanner))
    window = _window(scanner) if scanner.take_word("over") else None
    if not scanner.ended:
        raise ParseError(f"expected the end of the expression: {scanner.found}")
    return Expression(statistic, comparator[0], tuple(limits), window)


def _statistic(scanner: _Scanner) -> Statistic:
    word = scanner.take(_WORD)
    if word is None:
        raise ParseError(f"expected a statistic such as p95 or rate: {scanner.found}")
    name = word[0]
    percentile = _PERCENTILE.fullmatch(name)
    if percentile is not None and float(percentile[1]) > 0:
        return Statistic("percentile", float(percentile[1]))
    if name in PLAIN_STATISTICS:
        return Statistic(name)
    if name in {"p0", "p100"}:
        raise ParseError(f"{name!r} is not a percentile: write {'min' if name == 'p0' else 'max'!r}")
    raise ParseError(f"{name!r} is not a statistic: {did_you_mean(name, (*PLAIN_STATISTICS, 'p50', 'p75', 'p90', 'p95', 'p99'))}")


def _limit(scanner: _Scanner) -> Limit:
    if not scanner.take_word("baseline"):
        return Limit(_quantity(scanner, "a limit such as 500ms, or `baseline`"))
    sign = scanner.take(_SIGN)
    if sign is None:
        return Limit(baseline=True)
    return Limit(_quantity(scanner, f"a quantity or percentage after `baseline {sign[0]}`"), baseline=True, sign=sign[0])


def _quantity(scanner: _Scanner, expected: str) -> Quantity:
    match = scanner.take(_QUANTITY)
    if match is None:
        raise ParseError(f"expected {expected}: {scanner.found}")
    return Quantity(match[1], match[2] or "")


def _window(scanner: _Scanner) -> Quantity:
    window = _quantity(scanner, "a duration such as 5m after `over`")
    try:
        milliseconds = parse_duration(str(window))
    except ValueError as error:
        raise ParseError(f"after `over`: {error}") from error
    if not 0 < milliseconds <= LONGEST_MS:
        raise ParseError(f"the window after `over` must be {'at most a hundred years' if milliseconds else 'longer than nothing'}")
    return window


def problems(expression: Expression, metric: Metric) -> list[str]:
    """Return what is wrong with an expression for `metric`, in words; an empty list when nothing is."""
    if expression.statistic.name not in LEGAL_STATISTICS[metric.kind]:
        return [f"{expression.statistic} cannot be asked of {metric.name}, which is a {metric.kind}: {_legal(metric.kind)} can"]
    found = [problem for limit in expression.limits if (problem := _limit_problem(limit, expression.statistic, metric))]
    q = expression.statistic.quantile
    if expression.needs_baseline and q is not None and q not in PERCENTILES:
        found.append(f"history keeps {_names(PERCENTILES)} only, so {expression.statistic} has no baseline")
    return found


def _names(percentiles: tuple[float, ...]) -> str:
    return " ".join(f"p{q:g}" for q in percentiles)


def _legal(kind: Kind) -> str:
    return ", ".join("p50 … p99" if name == "percentile" else name for name in sorted(LEGAL_STATISTICS[kind]))


def _limit_problem(limit: Limit, statistic: Statistic, metric: Metric) -> str:
    if limit.quantity is None or (limit.baseline and limit.quantity.is_percentage):
        return ""
    unit = statistic.unit(metric)
    try:
        value = parse_quantity(str(limit.quantity), unit)
    except ValueError as error:
        return str(error)
    if not math.isfinite(value):
        return f"{str(limit)[:40]} is too large"
    if unit == "ratio" and value > 1 and not limit.baseline:
        meant = f": did you mean '{limit.quantity.number}%'?" if not limit.quantity.is_percentage and value <= 100 else ""
        return f"{limit} is more than 100 %{meant}"
    return ""


def allowed(expression: Expression, metric: Metric, baseline: float | None = None) -> float | None:
    """Return the limit as a number in the statistic's base unit: of two limits the more generous one.

    A percentage beside `baseline` is a share of the baseline, but for rates it is in percentage points. None when every
    limit needs a baseline and there is none.
    """
    unit = expression.statistic.unit(metric)
    values = [_value(limit, unit, baseline) for limit in expression.limits if not limit.baseline or baseline is not None]
    return (max if expression.upper else min)(values, default=None)


def _value(limit: Limit, unit: str, baseline: float | None) -> float:
    if not limit.baseline or baseline is None:
        return parse_quantity(str(limit.quantity), unit)
    if limit.quantity is None:
        return baseline
    if limit.quantity.is_percentage and unit != "ratio":
        amount = abs(baseline) * parse_quantity(str(limit.quantity), "ratio")
    else:
        amount = parse_quantity(str(limit.quantity), unit)
    return baseline + amount if limit.sign == "+" else baseline - amount
