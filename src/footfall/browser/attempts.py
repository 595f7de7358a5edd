"""Walk an item more than once: again when it failed and may be retried, and once more with a trace when it failed for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from _pytest.runner import call_and_report

from footfall.browser.state import ITERATION

RETRIED = "retried"
FLAKY = "flaky"


@dataclass
class Attempt:
    """Which attempt at an item this is. `allowed` is how many there may be; `failed` and `again` are known after its call.

    `code` is the exit code of the failure: only what a customer might have met by chance (1) is worth another attempt. `before` says
    why the attempt before failed.
    """

    number: int = 1
    allowed: int = 1
    repeat: bool = False
    failed: bool = False
    code: int = 0
    said: str = ""
    before: str = ""

    @property
    def again(self) -> bool:
        """Whether another attempt follows."""
        return self.failed and self.code == 1 and self.number < self.allowed and not self.repeat


ATTEMPT = pytest.StashKey[Attempt]()


def walk_item(item: pytest.Item, nextitem: pytest.Item | None, allowed: int, repeatable: Callable[[pytest.Item], bool]) -> None:
    """Do what pytest does with an item, attempt by attempt; `repeatable` says whether a failed one is walked again with a trace."""
    attempt = Attempt(allowed=allowed)
    while True:
        reports = _attempt(item, nextitem, attempt, repeatable)
        for report in reports:
            _marked(report, attempt)
            item.ihook.pytest_runtest_logreport(report=report)
        if not attempt.again:
            break
        attempt = Attempt(attempt.number + 1, allowed, before=attempt.said)
    if attempt.failed and repeatable(item):
        _attempt(item, nextitem, Attempt(attempt.number, allowed, repeat=True), lambda _: False)


def trace_item(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Walk an item once, uncounted, as one that is repeated for its trace."""
    for report in _attempt(item, nextitem, Attempt(repeat=True), lambda _: False):
        item.ihook.pytest_runtest_logreport(report=report)


def _attempt(
    item: pytest.Item, nextitem: pytest.Item | None, attempt: Attempt, repeatable: Callable[[pytest.Item], bool]
) -> list[pytest.TestReport]:
    item.stash[ATTEMPT] = attempt
    if ITERATION in item.stash:  # the attempt before's
        del item.stash[ITERATION]
    if not getattr(item, "_request", True):
        item._initrequest()  # type: ignore[attr-defined]  # noqa: SLF001  # as pytest does before an item is run again
    reports = [call_and_report(item, "setup", log=False)]
    if reports[0].passed and not item.config.getoption("setuponly", default=False):
        reports.append(call_and_report(item, "call", log=False))
    if attempt.number > 1 and reports[-1].when == "call" and reports[-1].passed:
        item.user_properties.append(_flaky(attempt))  # the tear-down's report takes it over, and pytest's JUnit from there
    again = attempt.again or (attempt.failed and repeatable(item))
    # Up to its parent only, while the item is still to be walked again: wider fixtures stay.
    reports.append(call_and_report(item, "teardown", log=False, nextitem=item.parent if again else nextitem))
    item._request = False  # type: ignore[attr-defined]  # noqa: SLF001
    item.funcargs = None  # type: ignore[attr-defined]
    return reports


def _marked(report: pytest.TestReport, attempt: Attempt) -> None:
    """Say of a failure that another attempt follows, and of a pass that it took more than one."""
    if report.failed and attempt.again and report.when != "teardown":
        report.outcome = RETRIED  # type: ignore[assignment]  # as pytest-rerunfailures does: neither a failure nor a pass
    elif report.passed and report.when == "call" and attempt.number > 1:
        report.user_properties.append(_flaky(attempt))


def _flaky(attempt: Attempt) -> tuple[str, object]:
    return FLAKY, f"passed on attempt {attempt.number}"


def status_of(report: object) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Return how pytest's terminal tells a retried or flaky walk, or None for all others."""
    if getattr(report, "outcome", "") == RETRIED:
        return RETRIED, "R", ("RETRIED", {"yellow": True})
    if getattr(report, "when", "") == "call" and getattr(report, "passed", False) and FLAKY in dict(getattr(report, "user_properties", ())):
        return FLAKY, "Y", ("FLAKY", {"yellow": True})
    return None
