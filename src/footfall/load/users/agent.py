"""The recorder inside Locust: it listens to Locust's events and needs no change to a locustfile.

A process with users (alone, or a worker) captures; a process alone or a master records. Workers send their seconds to the
master with Locust's own reports, and the last of them in a message of their own, before Locust lets go of them.
"""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gevent
import gevent.event
from locust.env import Environment
from locust.event import Events
from locust.runners import STATE_RUNNING, LocalRunner, MasterRunner, Runner, WorkerRunner

from footfall.errors import FootfallError, ScriptError, UsageError
from footfall.load.ceiling import closed_places
from footfall.load.limits import check_backlog, check_limits, limits_here
from footfall.load.mistakes import Mistakes
from footfall.load.recording import Recording
from footfall.load.session import TARGET, Session, find_session, is_this_machine, open_site
from footfall.load.tally import Slice
from footfall.load.users.arrivals import Dispatcher
from footfall.load.users.asked import adapt, check_users, most_users, own_hosts
from footfall.load.users.capture import Capture
from footfall.load.users.context import context_of
from footfall.load.users.crew import HELLO, Crew, digest, greeting
from footfall.load.users.making import watch_making
from footfall.load.users.refusal import refuse, tell
from footfall.load.users.shape import ArrivalShape, ReplayShape, StagedShape

RUN_HEADER = "X-Footfall-Run"
_RUN_OPTION, _POOL_OPTION, _TARGET_OPTION = "footfall_run", "footfall_pool", "footfall_target"
_REPORT = "footfall"
_STOP, _LAST, _CANNOT = "footfall_stop", "footfall_last", "footfall_cannot"
_AFTER_SECOND_S = 0.05
_LAST_REPORTS_S = 5.0
_LONGEST_S = 600
"""Seconds kept for a master that does not answer; older ones are given up."""


class Agent:
    """Follows one Locust process through its tests.

    `prepared` is true once the locustfile has been read and the site found. `outcome` is how the last test ended, empty before that:
    `finished`, `aborted` when somebody asked for its end, `failed` when all its workers were lost, or for what `refused` says: something
    that a user can mend.
    """

    def __init__(self, events: Events, environ: Mapping[str, str]) -> None:
        self.outcome = ""
        self.refused: FootfallError | None = None
        self.prepared = self.asked_to_stop = False
        self._environ = environ
        self._held = ExitStack()
        self._session: Session | None = None
        self._capture: Capture | None = None
        self._recording: Recording | None = None
        self._outbox: deque[Slice] = deque(maxlen=_LONGEST_S)
        self._ticker: gevent.Greenlet | None = None
        self._crew = Crew(self._tell_of_worker)
        self._arrivals: Dispatcher | None = None
        self._began = 0.0
        self._stopping = False
        self._users = 0
        self._over = gevent.event.Event()
        events.test_start.add_listener(self.on_test_start)
        events.test_stopping.add_listener(self.on_test_stopping)
        events.test_stop.add_listener(self.on_test_stop)
        events.user_error.add_listener(self.on_user_error)
        events.report_to_master.add_listener(self.on_report_to_master)
        events.worker_report.add_listener(self.on_worker_report)
        events.quit.add_listener(self.on_quit)

    def prepare(self, environment: Environment) -> None:
        """Before any test: find and open the site, fit the stages to Locust's flags. Raises FootfallError for what a user got wrong."""
        self.prepared = True
        hosts = own_hosts(environment)
        self._session = session = find_session(self._environ, environment.host, hosts)
        shape, runner = environment.shape_class, environment.runner
        check_users(environment)
        if runner is not None:
            watch_making(runner, lambda error: self._give_up(environment, error))
        if isinstance(runner, WorkerRunner):
            runner.register_message(_STOP, self._on_stop_message, concurrent=True)
            runner.register_message(HELLO, lambda msg, **_: self._greet(environment, msg.data["asked"]))
            self._greet(environment)
            return
        adapt(environment)
        if isinstance(runner, MasterRunner):
            runner.register_message(_LAST, self._on_last_message)
            runner.register_message(HELLO, lambda msg, **_: self._crew.greet(msg.node_id, msg.data))
            runner.register_message(_CANNOT, lambda msg, **_: self._give_up(environment, ScriptError(msg.data[0], hint=msg.data[1])))
        elif isinstance(runner, LocalRunner):
            check_limits(most_users(environment) or 0, [limits_here()])
        session.check(most_users(environment))
        if session.url is None and hosts:
            return
        environment.host = open_site(session, self._held, self._environ)
        if isinstance(shape, StagedShape) and is_this_machine(environment.host):
            check_backlog(shape.fastest)

    def _greet(self, environment: Environment, asked: float = 0.0) -> None:
        _runner(environment).send_message(HELLO, greeting(_digest(environment), self._environ.get(TARGET, ""), asked))

    # A test begins.

    def on_test_start(self, environment: Environment, **_: Any) -> None:
        """Begin to capture, and to record where this process does that."""
        runner = _runner(environment)
        self.outcome, self._stopping, self._began = "", False, time.time()
        self._users = 0
        self._over.clear()
        _freeze()
        if isinstance(runner, WorkerRunner):
            run = getattr(environment.parsed_options, _RUN_OPTION, "")
            adapt(environment)
            self._follow_master(environment)
        else:
            self._check_again(environment)
            run = self._begin_recording(environment)
        headers = dict(self._session.headers) if self._session is not None else {}
        context_of(environment).headers = {**headers, RUN_HEADER: run} if run else headers
        if self._session is not None:
            context_of(environment).bounds.closed = closed_places(self._session.others, most_users(environment), self._environ)
        if not isinstance(runner, MasterRunner):
            self._capture = Capture()
            environment.events.request.add_listener(self._capture.request)
            self._open_the_door(environment, self._capture)
        self._outbox = deque(maxlen=_LONGEST_S)
        self._ticker = gevent.spawn(self._tick, environment)

    def _follow_master(self, environment: Environment) -> None:
        """In a worker that was told no target: send the headers of its master's, and no other's."""
        if self._environ.get(TARGET):
            return
        name = getattr(environment.parsed_options, _TARGET_OPTION, "")
        try:
            self._session = find_session({**self._environ, TARGET: name}, None) if name else None
        except UsageError as error:
            self._session = None
            self._give_up(environment, error)

    def _begin_recording(self, environment: Environment) -> str:
        profile = Path((environment.parsed_locustfiles or ["locustfile"])[0]).stem
        session = self._session
        self._recording = Recording.begin(session.root if session else None, profile, session.name if session else "", self._environ)
        run = self._recording.tag if self._recording is not None else ""
        shape = environment.shape_class
        if self._recording is not None and isinstance(shape, ReplayShape) and shape.left_out:
            why = "they failed then, or the recording does not hold their bodies"
            self._recording.event("note", f"{shape.left_out} recorded requests are not asked again: {why}")
        if environment.parsed_options is not None:
            # Locust hands unknown options on to its workers.
            setattr(environment.parsed_options, _RUN_OPTION, run)
            setattr(environment.parsed_options, _TARGET_OPTION, session.name if session and session.headers else "")
            setattr(environment.parsed_options, _POOL_OPTION, most_users(environment))
        return run

    def _check_again(self, environment: Environment) -> None:
        """What may be known only now: which workers came, and how many users somebody asked for in Locust's web page."""
        runner = _runner(environment)
        users = max(runner.target_user_count, most_users(environment) or 0)
        try:
            if self._session is not None:
                self._session.check(users)
            if isinstance(runner, MasterRunner):
                self._crew.check(runner, users, _digest(environment), self._session.name if self._session is not None else "")
                self._crew.begin(runner)
        except FootfallError as error:
            self.refused = error
            refuse(error)

    def _give_up(self, environment: Environment, error: FootfallError) -> None:
        """End a test that is under way for what a user can mend; a worker leaves that to its master."""
        runner = _runner(environment)
        if isinstance(runner, WorkerRunner):
            runner.send_message(_CANNOT, [error.message, error.hint])  # type: ignore[arg-type]  # any plain value travels
        elif self.refused is None:
            self.refused = error
            tell(error)
            environment.process_exit_code = error.exit_code
            gevent.spawn(_quit, environment)

    def _open_the_door(self, environment: Environment, capture: Capture) -> None:
        """In an open profile: let arrivals come, this process's share of them."""
        shape, runner = environment.shape_class, _runner(environment)
        if not isinstance(shape, ArrivalShape):
            return
        pool, began = getattr(environment.parsed_options, _POOL_OPTION, None) or shape.most_users, time.perf_counter()

        def share(moment: float) -> float:
            if not isinstance(runner, WorkerRunner):
                return 1.0
            gevent.sleep(max(0.0, began + moment - time.perf_counter()))  # who is here then is not known before, and at first nobody is
            return runner.user_count / pool

        self._arrivals = context_of(environment).arrivals = Dispatcher(shape.meant(share), shape.patience_s, capture.drop)
        self._arrivals.start()

    # While it runs.

    def on_user_error(self, **facts: Any) -> None:
        """Take in an exception of a user's own code."""
        if self._capture is not None:
            self._capture.exception(**facts)

    def _tick(self, environment: Environment) -> None:
        """Close each second a moment after its end."""
        runner = _runner(environment)
        while not self._over.wait(_until_next_second()):
            self._hold_ceiling(environment)
            users, before = runner.user_count, self._users
            self._users = users
            if self._capture is not None:
                self._outbox.extend(self._capture.slices(users))
                if users != before:
                    _freeze()
            if self._recording is not None:
                self._note_phase(self._recording, runner, environment.shape_class)
                self._take_own(self._recording)
                self._recording.write(self._live_workers(runner), pause=lambda: gevent.sleep(0))

    def _hold_ceiling(self, environment: Environment) -> None:
        """End a test whose users become more than a target allows: by a shape of Locust's own, in its web page or by a key."""
        runner = _runner(environment)
        if self._session is None or isinstance(runner, WorkerRunner):
            return
        try:
            self._session.check(runner.target_user_count)
        except UsageError as error:
            self._give_up(environment, error)

    def _note_phase(self, recording: Recording, runner: Runner, shape: object) -> None:
        changing = runner.state != STATE_RUNNING or _changing(shape)
        aim = None if isinstance(shape, ArrivalShape) else runner.target_user_count
        recording.phases.note(int(time.time()) - 1, changing=changing, stopping=self._stopping, aim=aim)

    def _take_own(self, recording: Recording) -> None:
        if self._capture is not None:
            recording.take("", self._outbox)
            recording.take_mistakes(self._capture.take_mistakes())
            self._outbox.clear()

    def _live_workers(self, runner: Runner) -> list[str]:
        """Return the workers to wait for, and tell of those that are gone or have come."""
        return self._crew.live(runner) if isinstance(runner, MasterRunner) else [""]

    def _tell_of_worker(self, kind: str, text: str, worker: str) -> None:
        if self._recording is not None and not self._stopping:
            self._recording.event(kind, text, worker=self._crew.number(worker))

    # Between workers and master.

    def on_report_to_master(self, data: dict[str, Any], **_: Any) -> None:
        """In a worker: send along what was seen since the last report."""
        if self._capture is not None:
            data[_REPORT] = self._report(self._capture)

    def _report(self, capture: Capture) -> dict[str, Any]:
        slices = [told.to_wire() for told in self._outbox]
        self._outbox.clear()
        return {"slices": slices, "mistakes": capture.take_mistakes().to_wire()}

    def on_worker_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        """In the master: take in what a worker saw."""
        report = data.pop(_REPORT, None)
        if report is None or self._recording is None:
            return
        worker = self._crew.number(client_id)
        self._recording.take(worker, [Slice.from_wire(told) for told in report["slices"]])
        self._recording.take_mistakes(Mistakes.from_wire(report["mistakes"]))

    def _on_stop_message(self, environment: Environment, **_: Any) -> None:
        """In a worker: stop now, so that the last figures are told before Locust's master stops listening."""
        _runner(environment).stop()

    def _on_last_message(self, msg: Any, **_: Any) -> None:
        """In the master: a worker's last figures. One that leaves before it was asked to takes its users with it."""
        self.on_worker_report(msg.node_id, msg.data)
        self._crew.leave(msg.node_id, early=not self._stopping)

    # A test ends.

    def on_test_stopping(self, environment: Environment, **_: Any) -> None:
        """Note why it ends."""
        runner, options = _runner(environment), environment.parsed_options
        if self._arrivals is not None:
            self._arrivals.stop()
            self._arrivals = None
        run_time = getattr(options, "run_time", None)
        if environment.shape_class is not None:
            finished = runner.shape_greenlet is gevent.getcurrent()
        else:
            finished = not run_time or time.time() - self._began >= float(run_time) - 1
        if isinstance(runner, WorkerRunner):
            self.outcome = "finished"
            return
        lost = isinstance(runner, MasterRunner) and not runner.worker_count and not self.asked_to_stop
        self._live_workers(runner)
        self.outcome = "failed" if lost or self.refused else "finished" if finished else "aborted"
        self._stopping = True
        if self._recording is not None:
            self._recording.phases.note(int(time.time()), changing=False, stopping=True)

    def on_test_stop(self, environment: Environment, **_: Any) -> None:
        """Take in what is left and close the recording."""
        runner = _runner(environment)
        self._over.set()
        if self._ticker is not None:
            self._ticker.join()  # not killed: it may be in the middle of writing a second
            self._ticker = None
        if isinstance(runner, MasterRunner):
            self._await_last_reports(runner, environment.stop_timeout)
        if self._capture is not None:
            self._outbox.extend(self._capture.slices(self._users, final=True))
            if isinstance(runner, WorkerRunner):
                runner.send_message(_LAST, {_REPORT: self._report(self._capture)})
        if self._recording is not None:
            self._take_own(self._recording)
            self._recording.finish(self.outcome)
            self._recording = None
        if self._capture is not None:
            environment.events.request.remove_listener(self._capture.request)
            self._capture.stop()
            self._capture = None

    def _await_last_reports(self, runner: MasterRunner, stop_timeout: float) -> None:
        runner.send_message(_STOP)
        deadline = time.monotonic() + stop_timeout + _LAST_REPORTS_S
        while time.monotonic() < deadline and any(client.id not in self._crew.ended for client in runner.clients.all):
            self._live_workers(runner)
            gevent.sleep(0.05)

    def on_quit(self, **_: Any) -> None:
        """Let go of the site, if it was opened here."""
        self._held.close()


def _runner(environment: Environment) -> Runner:
    runner = environment.runner
    if runner is None:
        raise RuntimeError("Locust told of a test without a runner")
    return runner


def _quit(environment: Environment) -> None:
    _runner(environment).quit()
    if environment.web_ui is not None:
        environment.web_ui.stop()


def _digest(environment: Environment) -> str:
    return digest(map(Path, environment.parsed_locustfiles or ()))


def _until_next_second() -> float:
    now = time.time()
    return int(now) + 1 + _AFTER_SECOND_S - now


def _changing(shape: object) -> bool:
    """Return whether a staged profile is, or a second ago was, on its way to another number of users."""
    if not isinstance(shape, StagedShape):
        return False
    moment = shape.get_run_time()  # type: ignore[no-untyped-call]  # Locust is annotated in part
    aims = shape.aim(moment), shape.aim(moment - 1)
    return not all(aim is not None and aim.steady for aim in aims)


def _freeze() -> None:
    """Keep the collector off all that is there: a full collection of ten thousand users would stop them for half a second.

    Called while they come, second by second, it has little to look at each time.
    """
    gc.collect()
    gc.freeze()
