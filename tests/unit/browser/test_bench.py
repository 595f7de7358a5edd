"""What `bench/vitals_truth.py` holds for false, which its exit code tells."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[3] / "bench"


@pytest.mark.parametrize(
    ("metric", "values", "false"),
    [
        ("cls", [0.25, 0.25, 0.25], False),
        ("cls", [0.25, 0.25, 0.5], True),  # no machine is so busy that it makes a shift larger
        ("cls", [0.25, 0.25], True),
        ("inp", [300, 300, 900], False),  # a busy machine's
        ("inp", [300, 300, 9], True),
    ],
)
def test_a_value_outside_of_what_is_certain_is_false(
    monkeypatch: pytest.MonkeyPatch, metric: str, values: list[float], *, false: bool
) -> None:
    """Missing or too small always, too large where that does not depend on the machine."""
    monkeypatch.syspath_prepend(BENCH)
    bench = import_module("vitals_truth")
    (truth,) = (truth for truth in bench.TRUTHS if truth.metric == metric)
    assert bench.is_false(truth, values, 3) == false
