"""The language of budgets: what parses prints back, what does not says why, and limits become numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.gate.expression import COMPARATORS, PLAIN_STATISTICS, Expression, ParseError, allowed, parse, problems
from footfall.metrics import JOURNEY_METRICS, LOAD_METRICS, Metric, custom

LCP, SUCCESS, CLS, REQUESTS = (JOURNEY_METRICS[name] for name in ("lcp", "success", "cls", "requests"))
ERRORS, USERS = LOAD_METRICS["errors"], LOAD_METRICS["users"]

_space = st.sampled_from(["", " ", "  ", "\t"])
_number = st.from_regex(r"[0-9]{1,6}(\.[0-9]{1,4})?", fullmatch=True)
_quantity = st.tuples(_number, st.sampled_from(["", "ms", "s", "%", "KB", "/s", "EUR", "m", "d"])).map("".join)
_baseline = st.one_of(
    st.just("baseline"), st.tuples(st.sampled_from("+-"), _space, _quantity).map(lambda parts: f"baseline {''.join(parts)}")
)
_statistic = st.one_of(st.sampled_from(PLAIN_STATISTICS), st.sampled_from(["p1", "p50", "p75", "p99.9", "p99.999", "p05"]))


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """Draw the text of a legal expression, spaced in any way."""
    limits = draw(st.lists(st.one_of(_quantity, _baseline), min_size=1, max_size=2))
    over = draw(st.sampled_from(["", " over 5m", " over 30 d", "  over  1.5h"]))
    return draw(_space) + draw(_statistic) + draw(_space) + draw(st.sampled_from(COMPARATORS)) + draw(_space) + " or ".join(limits) + over


@given(expressions())
def test_whatever_parses_prints_back_to_the_same(text: str) -> None:
    """The printed form is another spelling of the same expression, and the usual one: it prints as itself."""
    expression = parse(text)
    assert parse(str(expression)) == expression
    assert str(parse(str(expression))) == str(expression)


@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from(["p95", "rate", "<=", "<", "baseline", "+", "10%", "or", "over", "5m", " ", "ms", "1"])).map("".join),
    )
)
def test_no_text_raises_anything_but_its_own_error(text: str) -> None:
    """Garbage and near misses are refused with a message; what is taken prints back."""
    try:
        found = str(parse(text))
    except ParseError as error:
        found = str(error)
    assert found


@given(expressions(), st.sampled_from([LCP, SUCCESS, CLS, REQUESTS, ERRORS, USERS, custom("cart_value", "EUR")]), st.floats(0, 1e9))
def test_what_a_metric_allows_has_a_limit(text: str, metric: Metric, baseline: float) -> None:
    """An expression without problems always yields a finite limit once there is a baseline."""
    expression = parse(text)
    if not problems(expression, metric):
        limit = allowed(expression, metric, baseline)
        assert limit is not None
        assert abs(limit) < float("inf")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a statistic such as p95 or rate: the expression ends there"),
        ("q75 <= 3s", "'q75' is not a statistic: did you mean 'p75'?"),
        ("avg <= 3s", "'avg' is not a statistic: known: count, last, max, mean, median, min, p50, p75, p90, p95, p99, rate, sum"),
        ("p100 <= 3s", "'p100' is not a percentile: write 'max'"),
        ("p0 <= 3s", "'p0' is not a percentile: write 'min'"),
        ("p95 = 3s", "expected one of <= >= < > after 'p95': found '= 3s'"),
        ("p95 =< 3s", "expected one of <= >= < > after 'p95': found '=< 3s'"),
        ("p95 <=", "expected a limit such as 500ms, or `baseline`: the expression ends there"),
        ("p95 <= -3s", "expected a limit such as 500ms, or `baseline`: found '-3s'"),
        ("p95 <= baseline + fast", "expected a quantity or percentage after `baseline +`: found 'fast'"),
        ("p95 <= 3s or", "expected a limit such as 500ms, or `baseline`: the expression ends there"),
        ("p95 <= 3s or 4s or 5s", "expected the end of the expression: found 'or 5s'"),
        ("p95 <= 3s and 4s", "expected the end of the expression: found 'and 4s'"),
        ("p95 <= 3s over 5", "after `over`: '5' is not a quantity in ms: write a number followed by one of us ms s m min h d"),
        ("p95 <= 3s over 0s", "the window after `over` must be longer than nothing"),
        ("p95 <= 3s over 9999999d", "the window after `over` must be at most a hundred years"),
        ("p95 <= 3s over", "expected a duration such as 5m after `over`: the expression ends there"),
        ("x" * 501, "an expression of 501 characters is too long"),
    ],
)
def test_says_what_stands_where_something_else_was_expected(text: str, message: str) -> None:
    """A typo is answered with the place, what was expected and the nearest right word."""
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "metric", "message"),
    [
        ("p95 >= 99%", SUCCESS, "p95 cannot be asked of success, which is a rate: count, rate can"),
        ("rate <= 2s", LCP, "rate cannot be asked of lcp, which is a trend: count, last, max, mean, median, min, p50 … p99 can"),
        ("p75 <= 2KB", LCP, "'2KB' is not a quantity in ms: write a number followed by one of us ms s m min h d"),
        ("p75 <= 2500", LCP, "'2500' is not a quantity in ms: write a number followed by one of us ms s m min h d"),
        ("rate >= 99.9", SUCCESS, "99.9 is more than 100 %: did you mean '99.9%'?"),
        ("rate >= 101%", SUCCESS, "101% is more than 100 %"),
        ("p97 <= baseline", LCP, "history keeps p50 p75 p90 p95 p99 only, so p97 has no baseline"),
        ("count <= 3s", LCP, "'3s' is not a quantity in count: write a number followed by one of (no unit)"),
        (f"p75 <= {'9' * 400}s", LCP, f"{'9' * 40} is too large"),
    ],
)
def test_says_what_a_metric_does_not_allow(text: str, metric: Metric, message: str) -> None:
    """The metric's kind says which statistics are legal, its unit which quantities."""
    assert problems(parse(text), metric) == [message]


@pytest.mark.parametrize(
    ("text", "metric", "baseline", "limit"),
    [
        ("p75 <= 2.5s", LCP, None, 2500.0),
        ("rate >= 99.9%", SUCCESS, None, 0.999),
        ("rate >= 0.999", SUCCESS, None, 0.999),
        ("p50 <= baseline + 10% or baseline + 50ms", LCP, 300.0, 350.0),
        ("p50 <= baseline + 10% or baseline + 50ms", LCP, 1000.0, 1100.0),
        ("mean >= baseline - 10% or baseline - 50", USERS, 300.0, 250.0),
        ("rate <= baseline + 0.5%", ERRORS, 0.01, 0.015),  # points, not half a per cent of 1 %
        ("p50 <= baseline", LCP, 300.0, 300.0),
        ("p50 <= baseline + 10% or 1s", LCP, None, 1000.0),
        ("p50 <= baseline + 10%", LCP, None, None),
    ],
)
def test_limits_become_numbers_and_the_larger_allowance_wins(
    text: str, metric: Metric, baseline: float | None, limit: float | None
) -> None:
    """Quantities are read in the metric's unit; of two limits the more generous one counts."""
    assert allowed(parse(text), metric, baseline) == (limit if limit is None else pytest.approx(limit))


@pytest.mark.parametrize(
    ("comparator", "below", "equal", "above"),
    [("<", True, False, False), ("<=", True, True, False), (">", False, False, True), (">=", False, True, True)],
)
def test_compares_raw_values(comparator: str, *, below: bool, equal: bool, above: bool) -> None:
    """A figure a hair over its limit is over it, however it would be rounded."""
    expression = parse(f"p75 {comparator} 2.5s")
    assert [expression.met_by(figure, 2500.0) for figure in (2499.9999999, 2500.0, 2500.0000001)] == [below, equal, above]


def test_reads_the_design_s_own_examples() -> None:
    """All expressions of the house plan parse."""
    for text in ("rate >= 99%", "p75 <= 2.5s", "p50 <= baseline + 10% or baseline + 50ms", "max >= 10000", "rate >= 99.95% over 30d"):
        assert isinstance(parse(text), Expression)
        assert str(parse(text)) == text
