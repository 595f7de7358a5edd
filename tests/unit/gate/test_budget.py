"""The forms of a budget in the file: an expression, a table, a list; and what is wrong with each."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.gate.budget import SEVERITIES, Budget, Place, as_value, read_budgets
from footfall.metrics import CATALOGUE, JOURNEY_METRICS, LOAD_METRICS, Source
from tests.unit.gate.making import on_journey, on_load

PAY = Place(Source.JOURNEY, "checkout", "pay")


def test_an_expression_alone_is_a_fail_level() -> None:
    """The shortest form is the strictest."""
    (budget,) = on_journey("p75 <= 2.5s")
    assert [(level, str(expression)) for level, expression in budget.levels] == [("fail", "p75 <= 2.5s")]


def test_a_table_says_all_that_a_budget_can() -> None:
    """Every key of the house plan is read, durations in ms."""
    (budget,) = on_load(
        {
            "warn": "p95 <= 200ms over 5m",
            "fail": "p95 <= 500ms",
            "severity": "P0",
            "owner": "payments",
            "runbook": "docs/runbook.md#pay",
            "where": {"location": "fra"},
            "for": "5m",
            "abort": True,
            "abort_after": "30s",
            "min_samples": 20,
            "on_missing": "warn",
            "on_no_baseline": "inconclusive",
        }
    )
    assert (budget.severity, budget.owner, budget.runbook, budget.where) == ("P0", "payments", "docs/runbook.md#pay", {"location": "fra"})
    assert (budget.for_ms, budget.abort, budget.abort_after_ms, budget.min_samples) == (300_000.0, True, 30_000.0, 20)
    assert (budget.on_missing, budget.on_no_baseline) == ("warn", "inconclusive")
    assert budget.warn is not None
    assert budget.warn.window_ms == 300_000.0


def test_a_list_holds_several_budgets_each_with_its_key() -> None:
    """Two severities of one metric stand side by side, counted from one."""
    first, second = on_load([{"fail": "rate <= 1%", "severity": "P1"}, "rate <= 2%"], "errors")
    assert (first.key, second.key) == ("ci.errors[1]", "ci.errors[2]")
    assert (first.severity, second.severity) == ("P1", "")


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        (5, (), '5 is not a budget (expected an expression such as "p75 <= 2.5s", a table or a list)'),
        ([], (), "an empty list of budgets ()"),
        ([["p75 <= 1s"]], (0,), "['p75 <= 1s'] is not a budget (expected an expression such as \"p75 <= 2.5s\", a table or a list)"),
        ("p75 < = 1s", (), "in 'p75 < = 1s': expected a limit such as 500ms, or `baseline`: found '= 1s' ()"),
        (["p75 <= 1s", "rate <= 1%"], (1,), "in 'rate <= 1%': rate cannot be asked of duration, which is a trend: "),
        ({"severity": "P1"}, (), "a budget without a limit (expected `warn`, `fail` or both)"),
        ({"fial": "p75 <= 1s"}, ("fial",), "unknown key of a budget (did you mean 'fail'?)"),
        ({"fail": "p75 <= 1s", "severty": "P1"}, ("severty",), "unknown key of a budget (did you mean 'severity'?)"),
        ({"fail": "p75 <= 1s", "severity": "P9"}, ("severity",), "'P9' is not one of P0, P1, P2, P3, P4, critical, warning, info ()"),
        (
            {"fail": "p75 <= 1s", "severity": "p1"},
            ("severity",),
            "'p1' is not one of P0, P1, P2, P3, P4, critical, warning, info (did you mean 'P1'?)",
        ),
        (
            {"fail": "p75 <= 1s", "severity": "criticl"},
            ("severity",),
            "'criticl' is not one of P0, P1, P2, P3, P4, critical, warning, info (did you mean 'critical'?)",
        ),
        ({"fail": "p75 <= 1s", "for": "5 parsecs"}, ("for",), "'5 parsecs' is not a quantity in ms"),
        ({"fail": "p75 <= 1s", "for": 5}, ("for",), "5 is not text"),
        ({"fail": "p75 <= 1s", "min_samples": 0}, ("min_samples",), "0 is not a whole number of at least 1 ()"),
        ({"fail": "p75 <= 1s", "min_samples": True}, ("min_samples",), "True is not a whole number of at least 1 ()"),
        ({"fail": "p75 <= 1s", "where": {"devise": "mobile"}}, ("where",), "'devise' is not a label (did you mean 'device'?)"),
        ({"fail": "p75 <= 1s", "where": "mobile"}, ("where",), "'mobile' does not name labels"),
        ({"fail": "p75 <= 1s", "abort": True}, ("abort",), "only a load test can be aborted by a budget ()"),
        ({"fail": "p75 <= 1s", "abort": "yes"}, ("abort",), "'yes' is neither true nor false ()"),
        ({"fail": "p75 <= 1s", "on_missing": "ignore"}, ("on_missing",), "'ignore' is not one of fail, warn, skip"),
        ({"fail": "p75 <= 1s", "abort_after": "3s"}, ("abort_after",), "does nothing without `abort = true` ()"),
    ],
)
def test_says_what_is_wrong_and_where(value: Any, path: tuple[str | int, ...], message: str) -> None:
    """Each mistake is a problem at its own key, with what would do."""
    found, problems = read_budgets(value, PAY, JOURNEY_METRICS["duration"], "key")
    assert problems[0].path == path
    assert f"{problems[0].text} ({problems[0].expected})".startswith(message)
    assert len(found) == (1 if isinstance(value, list) and len(value) == 2 else 0)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"warn": "p95 <= 1s", "abort": True}, "aborts when `fail` is broken, and there is no `fail`"),
        ({"fail": "p95 <= baseline + 10%", "abort": True}, "cannot wait for a baseline"),
    ],
)
def test_an_abort_needs_a_limit_that_is_known_at_the_start(value: Any, problem: str) -> None:
    """A load test cannot be stopped by what is not known while it runs."""
    _, problems = read_budgets(value, Place(Source.LOAD, "ci"), LOAD_METRICS["latency"], "key")
    assert [found.text for found in problems] == [problem]


def test_all_problems_of_a_table_are_told_at_once() -> None:
    """One reading is enough to mend a file."""
    value = {"warn": "p75 = 1s", "fail": "rate <= 1s", "sverity": "P1", "owner": 3}
    _, problems = read_budgets(value, PAY, JOURNEY_METRICS["duration"], "key")
    assert [problem.path for problem in problems] == [("warn",), ("fail",), ("sverity",), ("owner",)]


@pytest.mark.parametrize(
    ("value", "subject", "part", "means"),
    [
        ("p75 <= 1s", "checkout", "pay", "fail"),
        ({"warn": "p75 <= 1s"}, "checkout", "pay", "warn"),
        ({"fail": "p75 <= 1s", "on_missing": "skip"}, "checkout", "pay", "skip"),
        ("p75 <= 1s", "*", None, "skip"),
        ("p75 <= 1s", "*", "pay", "skip"),
        ("p75 <= 1s", "checkout", "*", "skip"),
    ],
)
def test_only_an_exact_budget_can_be_missing(value: Any, subject: str, part: str | None, means: str) -> None:
    """A "*" budget applies where its metric was observed; an exact one fails without samples, unless told otherwise."""
    (budget,) = on_journey(value, subject=subject, part=part)
    assert budget.missing_means == means


_words = st.sampled_from(["p75 <= 1s", "P1", "5m", "fail", "rate >= 99%"])
_anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), _words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)
_keys = st.sampled_from(["warn", "fail", "severity", "owner", "where", "for", "abort", "abort_after", "min_samples", "on_missing"])


@given(st.one_of(_anything, st.dictionaries(_keys, _anything), st.lists(st.dictionaries(_keys, _anything))), st.sampled_from(Source))
def test_no_value_raises(value: Any, source: Source) -> None:
    """Whatever stands at a key is budgets or problems, never an exception and never neither."""
    found, problems = read_budgets(value, Place(source, "x"), CATALOGUE[source]["latency" if source is Source.LOAD else "success"], "key")
    assert found or problems
    assert all(isinstance(budget, Budget) for _, budget in found)


_durations = st.one_of(st.from_regex(r"[0-9]{1,5}(\.[0-9]{1,3})?(ms|s|m|h|d)", fullmatch=True), st.just("0s"))
_tables = st.fixed_dictionaries(
    {},
    optional={
        "warn": st.sampled_from(["p95 <= 200ms", "p50<baseline+10% or baseline + 50ms", "max >= 1s over 5m"]),
        "fail": st.sampled_from(["p99.9 <= 1.5s", "mean < 30ms over 30 d", "median >= 2 s"]),
        "severity": st.sampled_from(SEVERITIES),
        "owner": st.text(),
        "runbook": st.text(),
        "where": st.dictionaries(st.sampled_from(["device", "network", "under_load"]), st.text(), min_size=1),
        "for": _durations,
        "abort": st.booleans(),
        "abort_after": _durations,
        "min_samples": st.integers(1, 10**9),
        "on_missing": st.sampled_from(["fail", "warn", "skip"]),
        "on_no_baseline": st.sampled_from(["learn", "inconclusive"]),
    },
)


@given(_tables, st.sampled_from(["ci", "*"]))
def test_whatever_is_read_prints_back_to_the_same_budget(table: dict[str, Any], subject: str) -> None:
    """The printed form is another spelling of the same budget; what is no budget is a problem, never an exception."""
    place, metric = Place(Source.LOAD, subject), LOAD_METRICS["latency"]
    read, problems = read_budgets(table, place, metric, "k")
    assert bool(read) != bool(problems)
    for _, budget in read:
        assert read_budgets(as_value(budget), place, metric, "k") == ([((), budget)], [])
