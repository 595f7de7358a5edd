"""Other limits in thresholds.toml: only the expression changes, and the diff says why."""

from __future__ import annotations

from footfall.config.rewrite import Change, diff, rewritten
from footfall.gate.expression import parse

TEXT = """# what is good enough
[journeys."*"]
lcp = { warn = "p75 <= 2.5s", fail = 'p75<=4s' }   # Google's

[journeys.checkout.steps.pay]
duration = [
    "p75 <= 2.5s",  # the bank is slow
]
"""


def change(line: int, now: str, then: str) -> Change:
    """Return a change with a reason."""
    return line, parse(now), parse(then), f"because of {then}"


def test_only_the_expression_changes() -> None:
    """Comments, spacing and equal limits elsewhere stay; quotes of either kind and any spacing are found."""
    fresh = rewritten(TEXT, [change(3, "p75 <= 4s", "p75 <= 900ms"), change(6, "p75 <= 2.5s", "p75 <= 1s")])
    assert fresh == TEXT.replace("'p75<=4s'", '"p75 <= 900ms"').replace('    "p75 <= 2.5s"', '    "p75 <= 1s"')


def test_the_diff_has_the_reason_above_each_line() -> None:
    """As a reviewer wants it, and it can be applied."""
    told = diff(TEXT, [change(3, "p75 <= 4s", "p75 <= 900ms")], "thresholds.toml").split("\n")
    assert told[:2] == ["--- thresholds.toml", "+++ thresholds.toml (proposed)"]
    assert told[-2:] == [
        "# because of p75 <= 900ms",
        """+lcp = { warn = "p75 <= 2.5s", fail = "p75 <= 900ms" }   # Google's""",
    ]


def test_what_is_not_there_is_left_alone() -> None:
    """A file that changed meanwhile is not torn apart."""
    assert rewritten(TEXT, [change(1, "p95 <= 9s", "p95 <= 1s")]) == TEXT
