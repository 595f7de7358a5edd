"""A script measures in the units that people write."""

from __future__ import annotations

import math

import pytest

from footfall.browser.units import to_base
from footfall.errors import ScriptError


@pytest.mark.parametrize(
    ("value", "unit", "base"),
    [
        (1.5, "s", (1500, "ms")),
        (2, "min", (120_000, "ms")),
        (3, "ms", (3, "ms")),
        (1.5, "KB", (1500, "bytes")),
        (1, "MiB", (1_048_576, "bytes")),
        (1, "GiB", (1_073_741_824, "bytes")),
        (2, "TB", (2e12, "bytes")),
        (3, "wins", (3, "wins")),
        (12.5, "%", (0.125, "ratio")),
        (3, "d", (3, "days")),
        (39.9, "EUR", (39.9, "EUR")),
        (4, "items", (4, "items")),
        (2, "cores", (2, "cores")),
        (5, "kg", (5, "kg")),
        (9, "€", (9, "€")),
    ],
)
def test_units_become_base_units(value: float, unit: str, base: tuple[float, str]) -> None:
    """Known units are converted, any other word stands for itself."""
    number, word = to_base("cart", value, unit)
    assert math.isclose(number, base[0])
    assert word == base[1]


@pytest.mark.parametrize(
    ("unit", "right"),
    [
        ("seconds", "'s'"),
        ("Sec", "'s'"),
        ("kb", "'KB'"),
        ("millis", "'ms'"),
        ("percent", "'%'"),
        ("", "EUR"),
        ("MS", "'ms'"),
        ("kbytes", "'bytes'"),
        ("Count", "'count'"),
        ("counts", "'count'"),
        ("secnd", "'s'"),
    ],
)
def test_a_misspelt_unit_is_refused(unit: str, right: str) -> None:
    """A unit that looks like a known one is a mistake; the hint says which was meant."""
    with pytest.raises(ScriptError, match="unknown unit") as caught:
        to_base("wait", 1, unit)
    assert right in str(caught.value.hint)


@pytest.mark.parametrize("value", ["3", None, True, [1.0]])
def test_what_is_no_number_is_refused(value: object) -> None:
    """A text of digits is a mistake that nobody would find in the report."""
    with pytest.raises(ScriptError, match="is no number for wait"):
        to_base("wait", value, "s")  # type: ignore[arg-type]


def test_what_no_file_can_hold_is_refused() -> None:
    """Python's whole numbers have no end; those of JSON and of a database have one."""
    with pytest.raises(ScriptError, match="too large"):
        to_base("wait", 10**400, "s")


@pytest.mark.parametrize("name", ["lcp", "duration", "success"])
def test_footfalls_own_names_are_taken(name: str) -> None:
    """A script cannot overwrite what footfall measures."""
    with pytest.raises(ScriptError, match="measured by footfall itself"):
        to_base(name, 1, "ms")


@pytest.mark.parametrize("name", ["", "Cart Value", "cart-value", "9lives"])
def test_names_are_plain_words(name: str) -> None:
    """A name must be one that a budget can be written for."""
    with pytest.raises(ScriptError, match="no name"):
        to_base(name, 1, "ms")
