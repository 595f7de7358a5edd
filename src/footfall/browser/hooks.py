"""What pytest tells the plugin, and what the plugin makes of it: a run begun and ended, walks timed, failures recorded."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from footfall.browser.deadline import deadline
from footfall.browser.evidence import keep_failure, keep_playwrights
from footfall.browser.failure import Failure, failure_of
from footfall.browser.run import JourneyRun
from footfall.browser.site import Site
from footfall.browser.state import ITERATION, RUN, SITE, given_url, is_journey, journey_name
from footfall.children import end_with_parent
from footfall.errors import CannotJudgeError, FootfallError, JourneyError, UsageError


class JourneyHooks:
    """Registered where pytest-playwright is there. `environment` is the process's own."""

    def __init__(self, config: pytest.Config, environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = environment
        self._aborted = False
        run = JourneyRun.join(environment)
        if run:
            config.stash[RUN] = run
            end_with_parent(environment)

    @property
    def _run(self) -> JourneyRun | None:
        return self._config.stash.get(RUN, None)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin the run when there are journeys to walk."""
        if session.config.option.collectonly or not any(is_journey(item) for item in session.items):
            return
        options = self._config.option
        try:
            site = Site.choose(self._config.invocation_params.dir, self._environment, options.target, given_url(self._config))
            self._config.stash[SITE] = site
            if site.production:
                _refuse_unsafe(site, session.items)
            stopped = session.testsfailed and not options.continue_on_collection_errors
            if self._run is None and not stopped:
                self._config.stash[RUN] = JourneyRun.begin(site.root, site.target, self._environment)
        except FootfallError as error:
            raise pytest.UsageError(f"{error.message}\n{error.hint}" if error.hint else error.message) from error

    def pytest_exception_interact(self, node: Any, call: pytest.CallInfo[Any], report: Any) -> None:
        """Record a module that cannot be imported."""
        if isinstance(report, pytest.CollectReport) and call.excinfo is not None and self._run:
            error = call.excinfo.value
            failure = failure_of(error.__cause__ or error, Path(node.path), self._config.rootpath)
            told = failure.as_script_error()
            self._run.codes.add(told.exit_code)
            self._run.recorder.event(
                told.kind, told.text, file=told.file, line=told.line, journey=Path(node.path).stem.removeprefix("test_")
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Time the journey and nothing else, and end it at its deadline."""
        iteration = pyfuncitem.stash.get(ITERATION, None)
        if iteration is None:
            return (yield)
        seconds = self._config.option.journey_timeout or self._config.stash[SITE].timeout_s
        with deadline(seconds, f"the journey took longer than {seconds:g} s and was ended"):
            iteration.begin()
            result = yield
            iteration.end()
        if iteration.notebook.unmet:
            raise JourneyError("; ".join(iteration.notebook.unmet))
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record how a walk ended, while its pages are still there."""
        report = yield
        run = self._config.stash.get(RUN, None)
        if run is None or not is_journey(item):
            return report
        error = call.excinfo.value if call.excinfo and report.failed else None
        iteration = item.stash.get(ITERATION, None)
        if error is not None:
            self._failed(run, item, report, error)
        if iteration is None or report.skipped:
            return report
        if report.when == "call":
            iteration.conclude(passed=error is None)
        elif report.when == "setup" and error is not None:
            iteration.sample("", "success", 0.0)
        elif report.when == "teardown":
            keep_playwrights(iteration, report.user_properties, self._config.invocation_params.dir)
        return report

    def _failed(self, run: JourneyRun, item: pytest.Item, report: pytest.TestReport, error: BaseException) -> None:
        failure = failure_of(error, item.path, self._config.rootpath)
        run.codes.add(failure.exit_code)
        if isinstance(error, FootfallError) and not isinstance(error, JourneyError):
            report.longrepr = _told(error, failure)
        iteration = item.stash.get(ITERATION, None)
        place = {"file": failure.file, "line": failure.line, "exit_code": failure.exit_code, "hint": failure.hint}
        if iteration:
            iteration.event(failure.kind, failure.text, **place)
        else:
            run.recorder.event(failure.kind, failure.text, journey=journey_name(item), **place)
        if iteration and report.when == "call":
            keep_failure(iteration)
        if isinstance(error, CannotJudgeError):
            item.session.shouldstop = failure.text

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that somebody stopped the session; pytest tells its own stopping by the same hook."""
        self._aborted = not isinstance(excinfo.value, pytest.Session.Interrupted)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Give the exit code of the design's table where pytest's own would mislead, and end the run."""
        run = self._run
        if run is None:
            return
        if not self._aborted and run.exit_code > 1:
            session.exitstatus = run.exit_code
        run.end(aborted=self._aborted)
        del self._config.stash[RUN]


def _refuse_unsafe(site: Site, items: Sequence[pytest.Item]) -> None:
    """Raise UsageError when a journey that nobody marked safe would run where real customers are served."""
    for item in filter(is_journey, items):
        marker = item.get_closest_marker("journey")
        if marker is None or not marker.kwargs.get("safe_in_production"):
            raise UsageError(
                f"{item.nodeid} is not marked safe, and target {site.target!r} is production",
                hint="mark it @pytest.mark.journey(safe_in_production=True) if it may run there",
            )


def _told(error: FootfallError, failure: Failure) -> str:
    where = f"{failure.file}:{failure.line}: " if failure.kind == "script_error" else ""
    return where + error.message + (f"\n{error.hint}" if error.hint else "")
