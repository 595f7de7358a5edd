"""Quantities are written and read by people, and kept in base units."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.metrics import CATALOGUE, LEGAL_STATISTICS, format_beside, format_quantity, parse_duration, parse_quantity


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1.5s", "ms", 1500),
        ("200 ms", "ms", 200),
        ("5m", "ms", 300_000),
        ("30d", "ms", 30 * 86.4e6),
        ("200KB", "bytes", 200_000),
        ("1KiB", "bytes", 1024),
        ("99.9%", "ratio", 0.999),  # the float nearest to 0.999, so that 999 of 1000 meet it
        ("0.25", "score", 0.25),
        ("14d", "days", 14),
        ("14", "days", 14),
        ("39.9EUR", "EUR", 39.9),  # a script's own unit
    ],
)
def test_a_quantity_is_read_in_its_base_unit(text: str, unit: str, value: float) -> None:
    """Each way to write a quantity gives one number."""
    assert parse_quantity(text, unit) == value


@pytest.mark.parametrize(
    ("text", "unit"), [("", "ms"), ("fast", "ms"), ("1.5", "ms"), ("5s", "bytes"), ("1e3ms", "ms"), ("-5ms", "ms"), ("5USD", "EUR")]
)
def test_a_wrong_quantity_says_what_would_do(text: str, unit: str) -> None:
    """A number without its unit, or with another's, is refused with the accepted ones."""
    with pytest.raises(ValueError, match="write a number followed by one of"):
        parse_quantity(text, unit)


@given(st.text())
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    """The parser is total: a number or ValueError."""
    with contextlib.suppress(ValueError):
        assert math.isfinite(parse_duration(text))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (812.4, "ms", "812 ms"),
        (1250, "ms", "1.25 s"),
        (90_000, "ms", "90 s"),
        (180_000, "ms", "3 min"),
        (0, "ms", "0 ms"),
        (0.000_4, "ms", "0.0004 ms"),
        (1_234_567, "bytes", "1.23 MB"),
        (0.999, "ratio", "99.9 %"),
        (12_345, "count", "12,345"),
        (39.9, "EUR", "39.9 EUR"),
        (math.nan, "ms", "–"),
    ],
)
def test_a_value_is_written_for_people(value: float, unit: str, text: str) -> None:
    """Three significant digits, the unit that reads best."""
    assert format_quantity(value, unit) == text


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_figure_and_its_limit_never_look_alike_when_they_differ(value: float, limit: float) -> None:
    """Rounding for display never hides on which side of the limit a figure is, down to fifteen digits."""
    left, right = format_beside(value, limit, "ms")
    assert left != right or math.isclose(value, limit, rel_tol=1e-12, abs_tol=1e-12)


def test_every_metric_knows_its_legal_statistics() -> None:
    """The kind of each metric in the catalogue says what may be asked of it."""
    for metrics in CATALOGUE.values():
        for metric in metrics.values():
            assert LEGAL_STATISTICS[metric.kind]
            assert metric.about
