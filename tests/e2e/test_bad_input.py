"""What bad input gets: one clear message with file, line and the nearest right name, the right exit code, and never a traceback."""

from __future__ import annotations

import re
import socket
import sqlite3
from pathlib import Path

import pytest

from footfall.store.schema import VERSION_TABLE
from tests.e2e.conftest import SuiteCopy


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("thresholds.toml", "lcp = {", "lpc = {", "did you mean 'lcp'?"),
        ("thresholds.toml", "[journeys.checkout.steps.pay]", "[journeys.chekout.steps.pay]", "did you mean 'checkout'?"),
        ("thresholds.toml", 'success = "rate >= 99%"\nlcp', 'success = "p95 >= 99%"\nlcp', "success"),
        ("thresholds.toml", "p75 <= 2.5s", "p75 <= 2.5KB", "2.5KB"),
        ("thresholds.toml", "severity = ", "severty = ", "did you mean 'severity'?"),
        ("thresholds.toml", "[load.ci]", "[load.ci", "thresholds.toml:"),
        ("footfall.toml", '"booking"', '"boking"', "did you mean 'booking'?"),
        ("footfall.toml", 'profile = "ci"', 'profile = "cii"', "did you mean 'ci'?"),
        ("footfall.toml", "iterations = 5", 'iterations = "five"', "iterations"),
        ("footfall.toml", "demo = true", "dmeo = true", "did you mean 'demo'?"),
        ("footfall.toml", 'default_target = "corner"', 'default_target = "crner"', "did you mean 'corner'?"),
    ],
)
def test_a_typo_is_told_with_its_line_before_anything_runs(suite: SuiteCopy, file: str, old: str, new: str, said: str) -> None:
    """Exit 2; the message names file and line and what would do."""
    suite.edit(file, old, new)
    line = next(number for number, text in enumerate((suite.root / file).read_text().splitlines(), 1) if new.splitlines()[0] in text)
    ended = suite.footfall("gate")
    assert ended.code == 2, ended.out + ended.err
    assert f"{file}:{line}" in ended.err
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert not (suite.root / "out").exists()


def test_all_typos_of_a_file_are_told_at_once(suite: SuiteCopy) -> None:
    """Nobody mends a file one run at a time."""
    suite.edit("thresholds.toml", "lcp = {", "lpc = {")
    suite.edit("thresholds.toml", "cls = {", "csl = {")
    ended = suite.footfall("budgets", "check")
    assert ended.code == 2
    assert "'lcp'" in ended.err
    assert "'cls'" in ended.err


@pytest.mark.parametrize("file", ["thresholds.toml", "footfall.toml"])
def test_a_missing_file_is_told(suite: SuiteCopy, file: str) -> None:
    """Exit 2, with the file's name and how to get one."""
    (suite.root / file).unlink()
    ended = suite.footfall("gate")
    assert ended.code == 2
    assert file in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gate", "--target", "cornr"), "did you mean 'corner'?"),
        (("gate", "--journey", "chekout"), "did you mean 'checkout'?"),
        (("gate", "--profile", "peek"), "did you mean 'peak'?"),
        (("gate", "--run", "01NOSUCHRUN"), "run"),
        (("gate", "--fault", "slow-paymnt"), "slow-payment"),
        (("journey", "boking"), "did you mean 'booking'?"),
        (("load", "cii"), "did you mean 'ci'?"),
        (("probe", "helth"), "did you mean 'health'?"),
        (("gate", "--iterations", "0"), "--iterations"),
        (("history", "import", "no-such-file"), "no-such-file"),
        (("gtae",), "did you mean 'gate'?"),
    ],
)
def test_a_wrong_word_on_the_command_line_is_told(suite: SuiteCopy, arguments: tuple[str, ...], said: str) -> None:
    """Exit 2 with the nearest right name."""
    ended = suite.footfall(*arguments)
    assert ended.code == 2, ended.out + ended.err
    assert said in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("file", "broken", "said"),
    [
        ("journeys/test_checkout.py", "def test_checkout(journey:\n", "journeys/test_checkout.py:"),
        ("journeys/test_checkout.py", "import no_such_module\n", "no_such_module"),
        ("journeys/conftest.py", "import no_such_module\n", "no_such_module"),
        ("loadtests/ci.py", "class Ci(\n", "loadtests/ci.py:"),
        ("loadtests/ci.py", "import no_such_module\n", "no_such_module"),
    ],
)
def test_a_python_error_in_a_script_is_told(suite: SuiteCopy, file: str, broken: str, said: str) -> None:
    """A syntax error or a failing import is exit 2 with file and line, not a failed journey."""
    first = "from __future__ import annotations\n"
    suite.edit(file, first, first + broken)
    only = (
        ("--journey", "checkout", "--profile", "none") if file.startswith("journeys") else ("--journey", "fulfillment", "--iterations", "1")
    )
    ended = suite.footfall("gate", *only)
    assert ended.code == 2, ended.out + ended.err
    assert said in ended.err
    assert f"{file}:" in ended.err
    assert "Traceback" not in ended.err


def test_what_footfall_refuses_below_pytest_is_told_as_its_own(suite: SuiteCopy) -> None:
    """Exit 2 with the journey and what to do, not with what pytest made of it."""
    (suite.root / "journeys/test_unsafe.py").write_text('def test_unsafe(journey):\n    journey.page.goto("/")\n', "utf-8")
    suite.edit("footfall.toml", "demo = true", "demo = true\nproduction = true")
    ended = suite.footfall("journey", "unsafe")
    assert ended.code == 2, ended.out + ended.err
    assert re.search(r"test_unsafe\S* is neither marked safe nor cleans up", ended.err)
    assert "→ mark it @pytest.mark.journey(safe_in_production=True)" in ended.err
    assert "pytest" not in ended.err.replace("@pytest.mark", "")
    assert "Traceback" not in ended.err


RECEIPT = """
import pytest


@pytest.fixture
def receipt():
    yield
    raise RuntimeError("no receipt came")


def test_receipt(journey, receipt):
    with journey.step("home"):
        journey.page.goto("/")
"""


def test_what_fails_behind_a_walk_fails_the_command(suite: SuiteCopy) -> None:
    """The customer reached the end, and yet something that the journey was to leave in order is not: exit 1, and what it was."""
    (suite.root / "journeys/test_receipt.py").write_text(RECEIPT, "utf-8")
    ended = suite.footfall("journey", "receipt")
    assert ended.code == 1, ended.out + ended.err
    assert "no receipt came" in ended.out + ended.err


def test_a_port_in_use_is_told(suite: SuiteCopy) -> None:
    """`footfall demo` says which port, and how to take a free one."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = suite.footfall("demo", "--port", str(port), "--payment-port", "0")
    assert ended.code == 2
    assert str(port) in ended.err
    assert "0 for a free one" in ended.err
    assert "Traceback" not in ended.err


def test_no_browser_cannot_judge(suite: SuiteCopy, tmp_path: Path) -> None:
    """Exit 3, and what to type."""
    empty = tmp_path / "no browsers"
    empty.mkdir()
    ended = suite.footfall(
        "gate", "--journey", "booking", "--iterations", "1", "--profile", "none", PATH=str(empty), PLAYWRIGHT_BROWSERS_PATH=str(empty)
    )
    assert ended.code == 3, ended.out + ended.err
    assert "playwright install chromium" in ended.err
    assert "Traceback" not in ended.err


def test_a_store_of_a_newer_version_is_refused(suite: SuiteCopy) -> None:
    """Exit 2; the store is left as it was."""
    assert suite.footfall("history", "list").code == 0
    database = suite.root / ".footfall/history.db"
    with sqlite3.connect(database) as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = 'from-the-future'")  # noqa: S608  # a constant
    connection.close()
    ended = suite.footfall("gate")
    assert ended.code == 2
    assert "newer" in ended.err
    assert "Traceback" not in ended.err


def test_outside_of_a_suite_the_way_in_is_told(tmp_path: Path) -> None:
    """Exit 2, and where a suite would be."""
    ended = SuiteCopy(tmp_path).footfall("gate")
    assert ended.code == 2
    assert "footfall.toml" in ended.err


def test_a_hook_that_raises_is_told_as_the_suites_mistake(suite: SuiteCopy) -> None:
    """Exit 2 with what it said: pytest's own internal error is neither a traceback nor a fault of footfall."""
    path = suite.root / "journeys/conftest.py"
    path.write_text(path.read_text() + "\n\ndef pytest_collection_modifyitems():\n    raise RuntimeError('no such luck')\n")
    ended = suite.footfall("gate", "--journey", "booking", "--profile", "none")
    assert ended.code == 2, ended.out + ended.err
    assert "no such luck" in ended.err
    assert "Traceback" not in ended.err
