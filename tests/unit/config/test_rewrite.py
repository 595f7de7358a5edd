"""Other limits in thresholds.toml: only the expression changes, and the diff says why."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

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


def test_the_diff_has_the_reason_of_each_line() -> None:
    """As a reviewer wants it, and it can be applied."""
    told = diff(TEXT, [change(3, "p75 <= 4s", "p75 <= 900ms")], "thresholds.toml").split("\n")
    assert told[:2] == ["--- thresholds.toml", "+++ thresholds.toml\t(proposed)"]
    assert told[2:] == [
        "@@ -3 +3 @@ because of p75 <= 900ms",
        """-lcp = { warn = "p75 <= 2.5s", fail = 'p75<=4s' }   # Google's""",
        """+lcp = { warn = "p75 <= 2.5s", fail = "p75 <= 900ms" }   # Google's""",
    ]


def test_equal_limits_have_each_their_own_reason() -> None:
    """Two budgets to which the same is proposed are not told each other's history; two levels of one line are told together."""
    line, now, then, _ = change(3, "p75 <= 2.5s", "p75 <= 1s")
    changes = [(line, now, then, "browse"), (6, now, then, "pay"), (3, parse("p75 <= 4s"), parse("p75 <= 2s"), "home")]
    told = diff(TEXT, changes, "thresholds.toml").split("\n")
    assert [line for line in told if line.startswith("@@")] == ["@@ -3 +3 @@ browse; home", "@@ -7 +7 @@ pay"]


@pytest.mark.parametrize("tool", [["git", "apply", "--unidiff-zero"], ["patch", "-p0", "-i"]])
def test_the_diff_can_be_applied(tool: list[str], tmp_path: Path) -> None:
    """As it is printed, by whichever tool is there."""
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    changes = [change(3, "p75 <= 4s", "p75 <= 900ms"), change(6, "p75 <= 2.5s", "p75 <= 1s")]
    (tmp_path / "thresholds.toml").write_text(TEXT)
    (tmp_path / "proposed.diff").write_text(diff(TEXT, changes, "thresholds.toml") + "\n")
    subprocess.run([*tool, "proposed.diff"], cwd=tmp_path, check=True)
    assert (tmp_path / "thresholds.toml").read_text() == rewritten(TEXT, changes)


def test_what_is_not_there_is_left_alone() -> None:
    """A file that changed meanwhile is not torn apart."""
    assert rewritten(TEXT, [change(1, "p95 <= 9s", "p95 <= 1s")]) == TEXT
