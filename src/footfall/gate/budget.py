"""A budget: what is good enough, of which metric, where; and how its forms in `thresholds.toml` are read.

A metric's value in the file is an expression, a table, or a list of these. `read_budgets` turns it into budgets or problems;
which tables exist and on which line anything stands is the configuration room's knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from footfall.errors import did_you_mean, perhaps
from footfall.gate.expression import Expression, ParseError, allowed, parse, problems
from footfall.metrics import LONGEST_MS, Metric, Source, parse_duration

EVERY = "*"
"""The name of a table that stands for all that have no table of their own."""
SEVERITIES = ("P0", "P1", "P2", "P3", "P4", "critical", "warning", "info")
LABELS = ("device", "network", "browser", "location", "under_load")
JOURNEY_LEVEL = frozenset({"success", "flaky", "duration", "ux_score"})
"""Metrics of a journey as a whole; any other metric in a journey's table is held against each of its steps."""


@dataclass(frozen=True)
class Place:
    """Where a budget applies: `part` is None in the subject's own table, else a step's or request's name or `*`."""

    source: Source
    subject: str
    part: str | None = None

    @property
    def is_exact(self) -> bool:
        """Whether both subject and part are named, so that finding nothing is a fault."""
        return EVERY not in {self.subject, self.part}

    @property
    def rank(self) -> tuple[int, int]:
        """How exact it is: of two places that fit a series, the higher rank is the one that counts."""
        return int(self.subject != EVERY), {None: 0, EVERY: 1}.get(self.part, 2)


@dataclass(frozen=True)
class Budget:
    """One budget. `key` is its dotted place in the file, in TOML's own spelling; at least one of `warn` and `fail` is set.

    Durations are in ms. `on_missing` and `on_no_baseline` are empty where the file says nothing (see `missing_means`).
    """

    key: str
    place: Place
    metric: Metric
    warn: Expression | None = None
    fail: Expression | None = None
    severity: str = ""
    owner: str = ""
    runbook: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    for_ms: float | None = None
    abort: bool = False
    abort_after_ms: float = 0.0
    min_samples: int = 1
    on_missing: str = ""
    on_no_baseline: str = "learn"
    file: str = "thresholds.toml"
    line: int | None = None

    @property
    def levels(self) -> tuple[tuple[str, Expression], ...]:
        """The levels that are set, `fail` first."""
        return tuple((name, found) for name, found in (("fail", self.fail), ("warn", self.warn)) if found is not None)

    @property
    def warns_too_late(self) -> bool:
        """Whether `warn` allows as much as `fail` or more, so that it never warns before it fails; only absolute limits tell."""
        if self.warn is None or self.fail is None or self.warn.needs_baseline or self.fail.needs_baseline:
            return False
        warn, fail = (allowed(each, self.metric) for each in (self.warn, self.fail))
        alike = [(each.statistic, each.window_ms, each.upper) for each in (self.warn, self.fail)]
        if warn is None or fail is None or alike[0] != alike[1]:
            return False
        return warn >= fail if self.fail.upper else warn <= fail

    @property
    def by_step(self) -> bool:
        """Whether one verdict stands for the worst of a journey's steps."""
        return self.place.source is Source.JOURNEY and self.place.part is None and self.metric.name not in JOURNEY_LEVEL

    @property
    def missing_means(self) -> str:
        """What finding nothing means: what the file says, or fail for an exact budget with a `fail` level, warn without one."""
        if self.on_missing:
            return self.on_missing
        return ("fail" if self.fail else "warn") if self.place.is_exact else "skip"


@dataclass(frozen=True)
class Problem:
    """Something wrong with a value: `path` leads from the metric's key to it (list positions count from 0)."""

    path: tuple[str | int, ...]
    text: str
    expected: str = ""


def read_budgets(value: Any, place: Place, metric: Metric, key: str) -> tuple[list[tuple[tuple[int, ...], Budget]], list[Problem]]:
    """Read what stands at a metric's key: pairs of (path below the key, budget), and all problems. Never raises."""
    if not isinstance(value, list):
        budget, found = _read_one(value, place, metric, key, ())
        return ([((), budget)] if budget else []), found
    read = [((index,), *_read_one(item, place, metric, f"{key}[{index + 1}]", (index,))) for index, item in enumerate(value)]
    found = [problem for _, _, problems_ in read for problem in problems_]
    if not value:
        found = [Problem((), "an empty list of budgets")]
    return [(path, budget) for path, budget, _ in read if budget], found


def _read_one(value: Any, place: Place, metric: Metric, key: str, path: tuple[str | int, ...]) -> tuple[Budget | None, list[Problem]]:
    if isinstance(value, str):
        value, spelled = {"fail": value}, False
    elif isinstance(value, dict):
        spelled = True
    else:
        return None, [Problem(path, f"{_shown(value)} is not a budget", 'expected an expression such as "p75 <= 2.5s", a table or a list')]
    read, found = _read_table(value, place, metric)
    if spelled and not {"warn", "fail"} & value.keys():
        found.append(Problem((), "a budget without a limit", "expected `warn`, `fail` or both"))
    found += _contradictions(read, place)
    if found:
        return None, [Problem((*path, *(problem.path if spelled else ())), problem.text, problem.expected) for problem in found]
    return Budget(key, place, metric, **read), []


class _BadValueError(ValueError):
    """A value is not what its key takes; `expected` says what would do."""

    def __init__(self, text: str, expected: str = "") -> None:
        super().__init__(text)
        self.expected = expected


def _read_table(value: Mapping[str, Any], place: Place, metric: Metric) -> tuple[dict[str, Any], list[Problem]]:
    read: dict[str, Any] = {}
    found: list[Problem] = []
    for name, item in value.items():
        try:
            if name in {"warn", "fail"}:
                read[name] = _expression(item, metric)
            else:
                field_name, reader = _READERS.get(name) or _unknown_key(name)
                read[field_name] = reader(item)
        except _BadValueError as error:
            found.append(Problem((name,), str(error), error.expected))
    if read.get("abort") and place.source is not Source.LOAD:
        found.append(Problem(("abort",), "only a load test can be aborted by a budget"))
    return read, found


def _contradictions(read: Mapping[str, Any], place: Place) -> list[Problem]:
    """Settings that are right alone and wrong together."""
    found = []
    fail: Expression | None = read.get("fail")
    if read.get("abort") and fail is None:
        found.append(Problem(("abort",), "aborts when `fail` is broken, and there is no `fail`"))
    if read.get("abort") and fail is not None and fail.needs_baseline:
        found.append(Problem(("abort",), "cannot wait for a baseline", "expected an absolute `fail` limit"))
    if "abort_after_ms" in read and not read.get("abort"):
        found.append(Problem(("abort_after",), "does nothing without `abort = true`"))
    if "on_missing" in read and not place.is_exact and read["on_missing"] != "skip":
        found.append(Problem(("on_missing",), 'a "*" budget applies where its metric was observed, so nothing can be missing'))
    return found


def _expression(value: Any, metric: Metric) -> Expression:
    text = _text(value)
    try:
        expression = parse(text)
    except ParseError as error:
        raise _BadValueError(f"in {text[:80]!r}: {error}") from error
    wrong = problems(expression, metric)
    if wrong:
        raise _BadValueError(f"in {text!r}: {'; '.join(wrong)}")
    return expression


def _unknown_key(name: str) -> NoReturn:
    raise _BadValueError("unknown key of a budget", did_you_mean(name, ("warn", "fail", *_READERS)))


def _shown(value: Any) -> str:
    return repr(value)[:60]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _BadValueError(f"{_shown(value)} is not text", "expected text in quotes")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _BadValueError(f"{_shown(value)} is neither true nor false")
    return value


def _duration(value: Any) -> float:
    try:
        milliseconds = parse_duration(_text(value))
    except ValueError as error:
        raise _BadValueError(str(error), 'expected a duration such as "30s"') from error
    if milliseconds > LONGEST_MS:
        raise _BadValueError(f"{_shown(value)} is longer than a hundred years")
    return milliseconds


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _BadValueError(f"{_shown(value)} is not a whole number of at least 1")
    return value


def _labels(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or not value or not all(isinstance(item, str) for item in value.values()):
        raise _BadValueError(f"{_shown(value)} does not name labels", 'expected a table such as { device = "mobile" }')
    for name in value:
        if name not in LABELS:
            raise _BadValueError(f"{name!r} is not a label", did_you_mean(name, LABELS))
    return dict(value)


def _one_of(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text = _text(value)
        if text not in words:
            raise _BadValueError(f"{text[:60]!r} is not one of {', '.join(words)}", perhaps(text, words))
        return text

    return read


_READERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "severity": ("severity", _one_of(*SEVERITIES)),
    "owner": ("owner", _text),
    "runbook": ("runbook", _text),
    "where": ("where", _labels),
    "for": ("for_ms", _duration),
    "abort": ("abort", _flag),
    "abort_after": ("abort_after_ms", _duration),
    "min_samples": ("min_samples", _whole),
    "on_missing": ("on_missing", _one_of("fail", "warn", "skip")),
    "on_no_baseline": ("on_no_baseline", _one_of("learn", "inconclusive")),
}


def as_value(budget: Budget) -> dict[str, Any]:
    """Return what might stand at the metric's key in the file: `read_budgets` makes the same budget of it again."""
    plain = Budget(budget.key, budget.place, budget.metric)
    value: dict[str, Any] = {level: str(expression) for level, expression in budget.levels}
    for name, (attribute, _) in _READERS.items():
        found = getattr(budget, attribute)
        if found != getattr(plain, attribute):
            value[name] = _as_duration(found) if attribute.endswith("_ms") else found
    return value


def _as_duration(milliseconds: float) -> str:
    return f"{Decimal(repr(milliseconds)):f}ms"
