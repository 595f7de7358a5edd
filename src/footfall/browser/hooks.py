"""What pytest tells the plugin, and what the plugin makes of it: a run begun and ended, walks timed, failures recorded."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from footfall.browser.around import in_time
from footfall.browser.attempts import ATTEMPT, Attempt, status_of, trace_item, walk_item
from footfall.browser.cleanup import EACH_S, Cleaned, Cleaner
from footfall.browser.deadline import deadline
from footfall.browser.evidence import keep_failure, keep_playwrights, keep_trace, keep_videos, traceparent_told
from footfall.browser.facts import Facts, facts_of, refuse_unsafe
from footfall.browser.failure import Failure, chief_of, failure_of, shown
from footfall.browser.fixtures import never_begun
from footfall.browser.iteration import Iteration, StepError, UnmetError
from footfall.browser.network import Conditions
from footfall.browser.run import JourneyRun
from footfall.browser.site import Site
from footfall.browser.state import CLEANER, CONDITIONS, ITERATION, RUN, SITE, chosen_site, is_journey, journey_name
from footfall.browser.workers import CODES, environment_of, is_worker, leave_if_refused, refuse
from footfall.children import end_with_parent
from footfall.config.secrets import recorded_secrets, signed_in
from footfall.errors import CannotJudgeError, FootfallError, JourneyError, ScriptError, UsageError

_ALONE = "walked beside others, each with a run of its own, which falsifies the vitals: --workers keeps them in one run"
"""What is said of the workers of pytest-xdist's own -n, which a session starts without knowing whether there are journeys."""


class JourneyHooks:
    """Registered where pytest-playwright is there. `environment` is the process's own."""

    def __init__(self, config: pytest.Config, environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = environment_of(config, environment)
        self._aborted = False
        self._refused = 0
        self._walking: pytest.Item | None = None
        self._facts: dict[str, Facts] = {}
        self._repeated: set[tuple[str, ...]] = set()
        run = JourneyRun.join(self._environment)
        if run:
            config.stash[RUN] = run
            if not is_worker(config):  # a worker's lifeline is its channel to the session that started it
                end_with_parent(environment)

    @property
    def _run(self) -> JourneyRun | None:
        return self._config.stash.get(RUN, None)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin the run when there are journeys to walk, and do first what earlier runs left to clean up."""
        journeys = [item for item in session.items if is_journey(item)]
        options = self._config.option
        if options.collectonly or not (journeys or options.clean_up):
            return
        try:
            self._facts = {item.nodeid: facts_of(item) for item in journeys}
            site = chosen_site(self._config, self._environment)
            self._config.stash[SITE] = site
            self._config.stash[CONDITIONS] = Conditions.of(options.network, options.cpu_throttle)
            if options.clean_up:
                session.items.clear()
                return
            if site.production:
                refuse_unsafe(site.target, journeys)
            stopped = session.testsfailed and not options.continue_on_collection_errors
            if self._run is None and not stopped:
                self._config.stash[RUN] = JourneyRun.begin(site.root, site.target, self._environment)
                if is_worker(self._config):
                    self._config.stash[RUN].recorder.event("note", _ALONE)
            if self._run is not None:
                named = recorded_secrets(site.suite, self._environment) if site.suite else frozenset()
                self._run.secrets.know(named | signed_in(site.url or ""))
            if self._run is not None and not stopped:
                self._clean_up_first(site, self._run)
        except FootfallError as error:
            self._refuse(error)

    def _clean_up_first(self, site: Site, run: JourneyRun) -> None:
        cleaner = self._config.stash[CLEANER] = Cleaner(site, run.recorder.run_id, self._environment)
        for cleaned in cleaner.replay():
            run.recorder.event("note", told_cleaned(cleaned), run=cleaned.task.run, journey=cleaned.task.journey)

    def _refuse(self, error: FootfallError) -> None:
        """End the session before anything runs; whoever began the run (a command, the session that started workers) reads why in it."""
        text = f"{error.message}\n{error.hint}" if error.hint else error.message
        if is_worker(self._config):
            refuse(self._config, text, error.exit_code)
        if self._run is None:
            self._refused = error.exit_code
            self._tell(f"ERROR: {text}", red=True)
            raise pytest.Session.Failed(text) from error
        self._run.codes.add(error.exit_code)
        self._run.recorder.event("script_error", error.message, hint=error.hint or "", exit_code=error.exit_code)
        raise pytest.Session.Failed(text) from error

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """End the session where a worker of xdist's own -n refused to walk."""
        leave_if_refused(node)

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """With --clean-up, do that and nothing else."""
        if not session.config.option.clean_up or session.config.option.collectonly:
            return None
        cleaner = Cleaner(self._config.stash[SITE], "", self._environment)
        done = cleaner.replay()
        for cleaned in done:
            self._tell(told_cleaned(cleaned))
        self._tell(f"{len(done)} clean-ups, {sum(bool(cleaned.problem) for cleaned in done)} left to do" if done else "nothing to clean up")
        session.testsfailed = sum(bool(cleaned.problem) for cleaned in done)
        return True

    def _tell(self, line: str, **look: bool) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(line, **look)

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Walk a journey, again where --retries allows it, and once more for a trace when it failed for good."""
        if self._run is None or not is_journey(item):
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._walking = item
        if self._config.option.trace_walk:
            trace_item(item, nextitem)
        else:
            walk_item(item, nextitem, self._config.option.retries + 1, self._repeatable)
        self._walking = None
        if item.stash[ATTEMPT].failed:
            self._repeated.add(_kind(item))
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _repeatable(self, item: pytest.Item) -> bool:
        """Whether a failed walk is repeated with a trace: the first of its journey and device, where nobody traces already."""
        options = self._config.option
        chance = item.stash[ATTEMPT].code == 1
        return chance and not options.no_repeat and options.tracing == "off" and _kind(item) not in self._repeated

    def pytest_report_teststatus(self, report: object) -> object:
        """Tell retried and flaky walks by words of their own."""
        return status_of(report)

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

    @property
    def _patience_s(self) -> float:
        return float(self._config.option.journey_timeout or self._config.stash[SITE].timeout_s)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Generator[None, object, object]:
        """End what prepares a journey, and what is done behind it, when it takes too long."""
        if self._walking is None:
            return (yield)
        return (yield from in_time(fixturedef, request, self._patience_s, self._cleaning_s))

    def _cleaning_s(self) -> float:
        iteration = self._walking.stash.get(ITERATION, None) if self._walking else None
        return EACH_S * len(iteration.notebook.cleanups) if iteration else 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Time the journey and nothing else, and end it at its deadline."""
        iteration = pyfuncitem.stash.get(ITERATION, None)
        if iteration is None:
            return (yield)
        with deadline(self._patience_s, f"the journey took longer than {self._patience_s:g} s and was ended"):
            iteration.begin()
            result = yield
            iteration.end()
        if unmet := iteration.notebook.take_unmet():
            raise UnmetError(unmet)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record how a walk ended, while its pages are still there."""
        report = yield
        run, attempt = self._run, item.stash.get(ATTEMPT, None)
        if run is None or attempt is None or not is_journey(item):
            return report
        iteration = item.stash.get(ITERATION, None)
        error = _error_of(call, report)
        if attempt.repeat:
            self._repeat_ended(iteration, attempt, report, error)
            _mask(report, run)
            return report
        if error is not None:
            if iteration is None and report.when == "setup" and not _ends_the_session(chief_of(error, item.path)):
                iteration = item.stash[ITERATION] = never_begun(item)
            self._failed(run, item, report, error)
        _mask(report, run)
        if iteration is not None and not report.skipped:
            self._ended(iteration, attempt, report)
        return report

    def _ended(self, iteration: Iteration, attempt: Attempt, report: pytest.TestReport) -> None:
        retried = attempt.allowed > 1
        if report.when == "call":
            iteration.conclude(passed=report.passed)
        judged = attempt.code != CannotJudgeError.exit_code  # a missing browser is no failure of the site's
        if (report.when == "call" or (report.when == "setup" and report.failed)) and judged and not attempt.again:
            iteration.settle(passed=report.passed, retried=retried)
        if report.when == "call" and report.passed and attempt.number > 1:
            iteration.event("flaky", f"passed only on attempt {attempt.number} of {attempt.allowed}; before: {attempt.before}")
        if report.when == "teardown":
            keep_playwrights(iteration, report.user_properties, self._config.invocation_params.dir)

    def _failed(self, run: JourneyRun, item: pytest.Item, report: pytest.TestReport, error: BaseException) -> None:
        failure, attempt = self._failure(item, error), item.stash[ATTEMPT]
        if failure.kind != "error" or isinstance(error, UnmetError):  # of soft checks pytest would show footfall's own lines
            report.longrepr = _told(failure)
        error = chief_of(error, item.path)
        if report.when != "teardown":
            attempt.failed, attempt.code, attempt.said = True, failure.exit_code, run.secrets.mask(failure.text)
        iteration = item.stash.get(ITERATION, None)
        place = {"file": failure.file, "line": failure.line, "exit_code": failure.exit_code, "hint": failure.hint, **self._known(item)}
        if isinstance(error, UnmetError):
            place["step"] = error.part
        kind = "retry" if attempt.again and report.when != "teardown" else failure.kind
        if kind != "retry":
            run.codes.add(failure.exit_code)
        if iteration:
            traceparent = traceparent_told(iteration) if report.when == "call" else ""
            iteration.event(kind, failure.text, **place, **({"traceparent": traceparent} if traceparent else {}))
            if traceparent:
                iteration.event("note", f"look it up in the backend by traceparent {traceparent}")
        else:
            run.recorder.event(kind, run.secrets.mask(failure.text), journey=journey_name(item), **place)
        if iteration and report.when != "teardown":
            keep_failure(iteration)
        if _ends_the_session(error):
            item.session.shouldstop = failure.text

    def _failure(self, item: pytest.Item, error: BaseException) -> Failure:
        """Say what an error was about, and of a walk that broke off also which soft checks had failed before."""
        failure, error = failure_of(error, item.path, self._config.rootpath), chief_of(error, item.path)
        if isinstance(error, UnmetError | StepError):
            failure = replace(failure, file=shown(Path(error.place[0]), self._config.rootpath), line=error.place[1])
        elif not failure.line and item.location[1] is not None:  # what is found behind the journey's last line
            failure = replace(failure, line=item.location[1] + 1)
        if isinstance(error, UnmetError):
            return failure
        iteration = item.stash.get(ITERATION, None)
        unmet = iteration.notebook.take_unmet() if iteration else ()
        return replace(failure, text=f"{failure.text}; failed before: {'; '.join(map(str, unmet))}") if unmet else failure

    def _known(self, item: pytest.Item) -> dict[str, str]:
        owner = self._facts.get(item.nodeid, Facts()).owner
        return {"owner": owner} if owner else {}

    def _repeat_ended(self, iteration: Iteration | None, attempt: Attempt, report: pytest.TestReport, error: BaseException | None) -> None:
        """Keep the trace of a failure that came again; of a walk that passed this time there is nothing to see."""
        if iteration is None:
            return
        if self._config.option.trace_walk:
            if report.when == "call" and not keep_trace(iteration, later=True):
                iteration.event("note", "walked once more for a trace, but none could be kept")
            return
        if report.when == "teardown":
            keep_videos(iteration, wanted=attempt.failed)
        elif error is not None:
            attempt.failed = True
            how = "with a trace" if keep_trace(iteration) else "but no trace could be kept"
            text = f"walked again {how}, the same iteration failed again; its requests carried traceparent {iteration.traceparent}"
            iteration.event("note", text, traceparent=iteration.traceparent, seen=failure_of(error, Path(), Path()).text)
        elif report.when == "call":
            iteration.event("note", "walked again with a trace, the same iteration passed: no trace of the failure could be had")

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Mask what pytest will list of warnings."""
        if self._run is not None:
            said = str(warning_message.message)
            if self._run.secrets.mask(said) != said:
                warning_message.message = self._run.secrets.mask(said)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that somebody stopped the session; pytest tells its own stopping by the same hook."""
        self._aborted = not isinstance(excinfo.value, pytest.Session.Interrupted)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Give the exit code of the design's table where pytest's own would mislead, and end the run."""
        if self._config.option.clean_up and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED if session.testsfailed else pytest.ExitCode.OK
        cleaner, run = self._config.stash.get(CLEANER, None), self._run
        if cleaner is not None:
            cleaner.close()
        session.exitstatus = self._refused or session.exitstatus
        if run is None:
            return
        if is_worker(self._config):
            self._config.workeroutput[CODES] = sorted(run.codes)  # type: ignore[attr-defined]  # xdist's
        if not self._aborted and run.exit_code > 1:
            session.exitstatus = run.exit_code
        run.end(aborted=self._aborted)
        del self._config.stash[RUN]


def _error_of(call: pytest.CallInfo[None], report: pytest.TestReport) -> BaseException | None:
    """Return what made a walk fail; of one that was strictly expected to fail, that it did not."""
    if not report.failed:
        return None
    return call.excinfo.value if call.excinfo else JourneyError(f"it passed, where it is marked to fail: {report.longrepr}")


def _ends_the_session(error: BaseException) -> bool:
    """Whether no other journey could be walked either."""
    return isinstance(error, CannotJudgeError) or (isinstance(error, UsageError) and not isinstance(error, ScriptError))


def _kind(item: pytest.Item) -> tuple[str, ...]:
    """What one trace of a failure is enough for: a journey on a device, with the script's own parameters."""
    iteration = item.stash.get(ITERATION, None)
    return (journey_name(item), iteration.walk.labels.get("device", ""), iteration.walk.variant) if iteration else (journey_name(item),)


def told_cleaned(cleaned: Cleaned) -> str:
    """Say how a clean-up that an earlier run left behind ended."""
    of = f"{cleaned.task.call}, left by run {cleaned.task.run} on {cleaned.task.target}"
    return f"{of}, could not be cleaned up: {cleaned.problem}" if cleaned.problem else f"{of}, is cleaned up"


def _mask(report: pytest.TestReport, run: JourneyRun) -> None:
    """Mask what pytest prints of a test: what it quotes of the page and of the script's own output may hold a secret."""
    text = report.longreprtext
    if run.secrets.mask(text) != text:
        crash = getattr(report.longrepr, "reprcrash", None)  # its first line is what pytest's summary shows
        report.longrepr = run.secrets.mask(f"{crash.message.splitlines()[0]}\n\n{text}" if crash and crash.message else text)
    report.sections = [(name, run.secrets.mask(said)) for name, said in report.sections]


def _told(failure: Failure) -> str:
    where = f"{failure.file}:{failure.line}: " if failure.kind == "script_error" else ""
    return where + failure.text + (f"\n{failure.hint}" if failure.hint else "")
