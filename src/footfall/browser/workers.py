"""`--workers N`: iterations side by side in processes of pytest-xdist, in one run and against one target.

The session that starts the workers begins the run, opens the target and ends both; the workers join by what they are given.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack
from typing import Any, NoReturn

import pytest

from footfall.browser.attempts import status_of
from footfall.browser.network import Conditions
from footfall.browser.run import JourneyRun
from footfall.browser.site import TARGET_VARIABLE, URL_VARIABLE
from footfall.browser.state import chosen_site
from footfall.children import end_with_parent
from footfall.errors import CannotJudgeError, FootfallError

CODES = "footfall_codes"
_REFUSED = "footfall_refused"
_GIVEN = "footfall_environment"

_INFLATION = ((2, 1.06), (3, 1.14), (8, 1.93))
"""How much larger LCP gets with so many browsers side by side, on two cores (docs/journeys.md)."""


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is one of several workers."""
    return hasattr(config, "workerinput")


def worker_name(config: pytest.Config) -> str:
    """Return the worker's name (`gw0`), or "" in a session without workers."""
    return str(getattr(config, "workerinput", {}).get("workerid", ""))


def environment_of(config: pytest.Config, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment, with what the session that started this worker added to it."""
    given: dict[str, str] = getattr(config, "workerinput", {}).get(_GIVEN, {})
    return {**environment, **given}


def side_by_side(workers: int, cores: int) -> str:
    """Say what so many workers do to the figures."""
    known = [factor for count, factor in _INFLATION if count <= workers]
    return (
        f"{workers} walks side by side on {cores} cores slow each other down: LCP was {known[-1]:g} times as long with "
        f"{max(count for count, _ in _INFLATION if count <= workers)} on two cores, on fast pages more. "
        f"The figures carry the label workers={workers} and are not compared with those of a session without"
    )


def leave(error: FootfallError) -> NoReturn:
    """End the session with the error's own code, where pytest's UsageError would answer 4."""
    pytest.exit(f"{error.message}\n{error.hint or ''}", returncode=error.exit_code)


def refuse(config: pytest.Config, text: str, code: int) -> None:
    """Leave word of why this worker walks nothing, for the session that started it: see `leave_if_refused`."""
    config.workeroutput[_REFUSED] = text, code  # type: ignore[attr-defined]  # xdist's


def leave_if_refused(node: Any) -> None:
    """End the session where a worker refused to walk: all others refuse as well, and xdist is at a loss without any."""
    text, code = getattr(node, "workeroutput", {}).get(_REFUSED, ("", 0))
    if code:
        pytest.exit(text, returncode=code)


class Conductor:
    """Registered in the session that starts workers. `environment` is the process's own."""

    def __init__(self, config: pytest.Config, environment: Mapping[str, str], cores: int) -> None:
        self._config = config
        self._environment = environment
        self._warning = side_by_side(config.option.workers, cores)
        self._given: dict[str, str] = {}
        self._closing = ExitStack()
        self._run = JourneyRun.join(environment)
        self._aborted = False
        if self._run:
            end_with_parent(environment)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Begin the run and open the target, before there are workers."""
        options = self._config.option
        if options.collectonly:
            return
        try:
            Conditions.of(options.network, options.cpu_throttle)
            site = chosen_site(self._config, self._environment)
            self._run = self._run or JourneyRun.begin(site.root, site.target, self._environment)
            self._run.recorder.event("note", self._warning)
            self._given = {**self._run.environment(), TARGET_VARIABLE: site.target}
            url = self._closing.enter_context(site.opened())
            if url:
                self._given[URL_VARIABLE] = url
        except CannotJudgeError as error:
            self._cannot_judge(error)
        except FootfallError as error:
            leave(error)

    def _cannot_judge(self, error: CannotJudgeError) -> None:
        if self._run is not None:
            self._run.codes.add(error.exit_code)
            self._run.recorder.event("target_unreachable", error.message, hint=error.hint or "", exit_code=error.exit_code)
            self._run.end(aborted=False)
            self._run = None
        leave(error)

    def pytest_report_header(self) -> str:
        """Warn where people look first."""
        return f"footfall: {self._warning}"

    def pytest_report_teststatus(self, report: object) -> object:
        """Tell retried and flaky walks by words of their own."""
        return status_of(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which run and target it belongs to."""
        node.workerinput[_GIVEN] = self._given

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker found out; one that died has lost its walk."""
        if self._run is None:
            return
        self._run.codes.update(getattr(node, "workeroutput", {}).get(CODES, ()))
        if error:
            self._run.codes.add(1)
            self._run.recorder.event("error", f"worker {node.gateway.id} died, and its walk with it", worker=node.gateway.id)
        leave_if_refused(node)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that somebody stopped the session."""
        self._aborted = not isinstance(excinfo.value, pytest.Session.Interrupted | pytest.exit.Exception)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """End the run once the workers have ended, with the worst of their codes."""
        result = yield
        if self._run is not None:
            if not self._aborted and self._run.exit_code > 1:
                session.exitstatus = self._run.exit_code
            self._run.end(aborted=self._aborted)
        self._closing.close()
        return result
