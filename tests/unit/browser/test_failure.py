"""A failure is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Error
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from footfall.browser.failure import failure_of, one_line
from footfall.errors import BrowserMissingError, JourneyError, ScriptError, TargetUnreachableError

TIMED_OUT = """Locator.click: Timeout 30000ms exceeded.
Call log:
  - waiting for get_by_role("button", name="Pay")
"""
EXPECTED = """Locator expected to have text 'Paid'
Actual value: Home
Error: element(s) not found
Call log:
  - Expect "to_have_text" with timeout 200ms
"""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (PlaywrightTimeoutError(TIMED_OUT), 'Locator.click: Timeout 30000ms exceeded. (waiting for get_by_role("button", name="Pay"))'),
        (AssertionError(EXPECTED), "Locator expected to have text 'Paid' (Actual value: Home)"),
        (Error("net::ERR_CONNECTION_REFUSED at http://127.0.0.1:9/"), "net::ERR_CONNECTION_REFUSED at http://127.0.0.1:9/"),
        (AssertionError("assert 1 == 2\n +  where 1 = f()"), "assert 1 == 2"),
        (AssertionError(), "AssertionError"),
        (KeyError("total"), "KeyError: 'total'"),
        (ExceptionGroup("soft", [AssertionError("one"), AssertionError("two")]), "one; two"),
        (SyntaxError("invalid syntax"), "SyntaxError: invalid syntax"),
    ],
)
def test_errors_in_one_line(error: BaseException, line: str) -> None:
    """What was expected, what was seen, what was waited for; the type only where the text alone says little."""
    assert one_line(error) == line


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (AssertionError("no"), "error", 1),
        (JourneyError("no"), "error", 1),
        (ScriptError("no"), "script_error", 2),
        (BrowserMissingError("no"), "browser_missing", 3),
        (TargetUnreachableError("no"), "target_unreachable", 3),
    ],
)
def test_kinds_and_codes(error: BaseException, kind: str, code: int) -> None:
    """Each kind of failure has its event and its exit code."""
    failure = failure_of(error, Path("/suite/journeys/test_a.py"), Path("/suite"))
    assert (failure.kind, failure.exit_code, failure.file) == (kind, code, "journeys/test_a.py")


def test_the_place_is_in_the_script() -> None:
    """The innermost line of the script is named, not that of the library it called."""
    try:
        Path("/no/such/folder").read_text(encoding="utf-8")
    except OSError as error:
        failure = failure_of(error, Path(__file__), Path(__file__).parent)
    assert failure.file == "test_failure.py"
    assert failure.line > 0
    assert Path(__file__).read_text(encoding="utf-8").splitlines()[failure.line - 1].strip().startswith("Path(")


def test_a_failure_among_soft_ones_keeps_its_own_place() -> None:
    """Pytest-playwright raises what broke the walk in a group with the soft checks before it, which have no line."""
    with pytest.raises(ScriptError) as raised:
        raise ScriptError("step 'pay' is used twice", hint="give each a name of its own")
    failure = failure_of(ExceptionGroup("soft", [AssertionError("no greeting"), raised.value]), Path(__file__), Path(__file__).parent)
    assert (failure.kind, failure.exit_code, failure.hint) == ("script_error", 2, "give each a name of its own")
    assert failure.text == "no greeting; step 'pay' is used twice"
    assert 'raise ScriptError("step' in Path(__file__).read_text(encoding="utf-8").splitlines()[failure.line - 1]


def test_soft_failures_alone_have_no_line() -> None:
    """Playwright keeps them without saying where they were."""
    failure = failure_of(ExceptionGroup("soft", [AssertionError("one"), AssertionError("two")]), Path(__file__), Path(__file__).parent)
    assert (failure.kind, failure.text, failure.file, failure.line) == ("error", "one; two", "test_failure.py", 0)
