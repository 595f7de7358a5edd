"""Runs a load profile: Locust in a process of its own, told in footfall's words how it went.

Nothing here imports Locust, which patches the interpreter that imports it.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from footfall import errors
from footfall.children import Child, running
from footfall.config import scripts
from footfall.errors import FootfallError, ScriptError, UsageError, did_you_mean
from footfall.metrics import parse_duration
from footfall.samples import Artifact, Event, from_line
from footfall.store.spool import SPOOL_VARIABLE, Recorder
from footfall.target import LiveTarget, check_reachable

FOLDER = "loadtests"
LOG = "artifacts/load.log"
MASTER_PORT = "5557"
"""Locust's own, where its workers look for it."""
_LOCUST = (sys.executable, "-m", "footfall.load.run_locust")
_WORKERS_WAIT_S = 120
_STOP_TIMEOUT_S = 5.0
_GRACE_S = 10.0
"""What may follow the time that users have to end what they are doing: last reports, the end of the file."""
_FINISHED, _STOPPED, _REFUSED = 0, 130, 1
_LOGGED_ERROR = re.compile(r"^\[[^\]]*\] \S+/(?:ERROR|CRITICAL)/\S+: (.*)")


@dataclass(frozen=True)
class LoadOptions:
    """How to run a profile.

    `users` scales its peak, `rate` the highest rate of an open one, `run_time` (`30s`) ends it early, `hold` (`30s`) replaces its stages:
    up to `users` or `rate`, and held for so long. `processes` forks workers, `workers` waits for that many from elsewhere. `ui_port`
    opens Locust's web page there. `arguments` go to Locust.
    """

    users: int | None = None
    run_time: str = ""
    processes: int | None = None
    arguments: Sequence[str] = ()
    rate: float | None = None
    workers: int | None = None
    ui_port: int | None = None
    hold: str = ""


@dataclass(frozen=True)
class LoadEnd:
    """How a profile ended: outcome `finished`, `aborted` (stopped before its end) or `failed` (Locust died), and a reason in words."""

    outcome: str
    reason: str = ""


def find_profile(root: Path, name: str) -> Path:
    """Return the locustfile of a profile in the suite at `root`. Raises UsageError with the nearest name."""
    known = scripts.scan(root).profiles
    if name not in known and (root / FOLDER / f"{name}.py").is_file():
        problem = f"{FOLDER}/{name}.py is a module that profiles share, and no profile: others import it, and it has no shape"
        raise UsageError(problem, hint=f"name one of them: {', '.join(sorted(known))}" if known else "")
    if name not in known:
        raise UsageError(f"no profile is called {name!r} ({FOLDER}/{name}.py)", hint=did_you_mean(name, known))
    return root / FOLDER / f"{name}.py"


def check_profile(root: Path, name: str) -> Path:
    """Return the locustfile of a profile that can at least be parsed. Raises UsageError, or ScriptError with its file and line."""
    path = find_profile(root, name)
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise ScriptError(f"{FOLDER}/{path.name}:{error.lineno}: {error.msg}", hint=(error.text or "").strip() or None) from error
    except (OSError, ValueError) as error:
        raise ScriptError(f"{FOLDER}/{path.name} cannot be read: {error}") from error
    return path


def shape_kind(profile: Path) -> str:
    """Return which kind of shape a profile has: `staged`, `arrivals`, `replay`, `own` (Locust's) or `none`.

    Asks a process of its own, which loads it. Raises ScriptError for a profile that does not load.
    """
    command = [sys.executable, "-m", "footfall.load.users.kind", str(profile)]
    done = subprocess.run(command, cwd=profile.parent.parent, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    told = (done.stdout.splitlines() or [""])[-1]
    if not told.startswith("{"):
        raise ScriptError(f"{FOLDER}/{profile.name} does not load: {(done.stderr.strip().splitlines() or ['it gave no reason'])[-1]}")
    said = json.loads(told)
    if "error" in said:
        raise ScriptError(said["error"], hint=said["hint"])
    return str(said["kind"])


class LoadProcess:
    """A profile under way in the spool at `directory`; follow it there."""

    def __init__(self, child: Child, directory: Path, grace_s: float) -> None:
        self._child = child
        self._grace_s = grace_s
        self._directory = directory
        self._asked = False

    @property
    def pid(self) -> int:
        """The process id of Locust."""
        return self._child.process.pid

    def poll(self) -> LoadEnd | None:
        """Return how it ended, or None while it runs. Raises what a user can mend as ScriptError, UsageError or CannotJudgeError."""
        code = self._child.poll()
        return None if code is None else self._end(code)

    def wait(self) -> LoadEnd:
        """Wait for its end; see `poll`."""
        self._child.process.wait()
        return self._end(self._child.process.returncode)

    def stop(self) -> LoadEnd:
        """Ask it to stop in order, wait, and return how it ended; everything measured is kept."""
        self._asked = True
        self._child.stop(grace_s=self._grace_s)
        return self.wait()

    def _end(self, code: int) -> LoadEnd:
        if code == _FINISHED:
            return LoadEnd("finished")
        if code == _STOPPED or self._asked:
            return LoadEnd("aborted", "it was stopped before its end")
        refusal = self._refusal()
        if refusal is not None:
            raise refusal
        said = self._last_error()
        if code == _REFUSED or (code > 0 and not self._saw_anything()):
            raise UsageError(
                f"Locust refused to start: {said or 'it gave no reason'}", hint=f"all that it said is in {self._directory / LOG}"
            )
        why = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
        return LoadEnd("failed", f"Locust {why}" + (f": {said}" if said else ""))

    def _saw_anything(self) -> bool:
        path = self._directory / f"load-{self.pid}.jsonl"
        return path.is_file() and path.stat().st_size > 0

    def _refusal(self) -> FootfallError | None:
        """Return what the child refused to run for, as the error that it was there."""
        path = self._directory / f"load-{self.pid}.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.is_file() else []
        for record in map(from_line, [line for line in lines if '"script_error"' in line]):
            if isinstance(record, Event) and record.kind == "script_error":
                return _as_error(record)
        return None

    def _last_error(self) -> str:
        """Return the last thing that Locust logged as an error, or else the last line of all."""
        path = self._directory / LOG
        lines = [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()] if path.is_file() else []
        logged = [match[1] for match in map(_LOGGED_ERROR.match, lines) if match and match[1]]
        return (logged or lines or [""])[-1].removeprefix("locust: error: ").strip()


def _as_error(event: Event) -> FootfallError:
    known = {cls.__name__: cls for cls in (ScriptError, UsageError, errors.TargetUnreachableError, errors.StoreError)}
    cls = known.get(str(event.detail.get("error")), UsageError)
    return cls(event.text, hint=str(event.detail.get("hint") or "") or None)


@contextmanager
def launched(
    profile: Path, target: LiveTarget, environment: Mapping[str, str], options: LoadOptions | None = None
) -> Iterator[LoadProcess]:
    """Run a profile against a target while the block lasts, in the run that `environment` (`OpenRun.environment()`) names.

    The locustfile stands in the suite's `loadtests` folder. Raises TargetUnreachableError when the target does not answer.
    """
    check_reachable(target.url)
    directory = Path(environment[SPOOL_VARIABLE])
    log = directory / LOG
    log.parent.mkdir(exist_ok=True)
    _note_log(directory)
    told = {**environment, "FOOTFALL_TARGET": target.name, "FOOTFALL_TARGET_URL": target.url, "PYTHONUNBUFFERED": "1"}
    with own_port() as port, log.open("ab") as output:
        command = command_line(profile, target.url, options or LoadOptions(), port)
        with running(command, environment=told, directory=profile.parent.parent, stdout=output, stderr=output) as child:
            process = LoadProcess(child, directory, grace_s(command))
            try:
                yield process
            finally:
                if child.poll() is None:
                    process.stop()


def _note_log(directory: Path) -> None:
    with Recorder(directory, f"load-log-{time.time_ns()}") as recorder:
        recorder.write(Artifact(directory.name, datetime.now(UTC), "log", LOG))


def command_line(profile: Path, url: str, options: LoadOptions, port: int) -> list[str]:
    """Return the command that runs a profile, its processes meeting at `port`; Locust's own arguments come last, so that they win."""
    command = [*_LOCUST, "-f", str(profile), "--host", url, "--stop-timeout", f"{_STOP_TIMEOUT_S:g}"]
    command += _front(options.ui_port)
    for flag, value in (("--users", options.users), ("--run-time", options.run_time), ("--rate", options.rate), ("--hold", options.hold)):
        command += [flag, str(value)] if value else []
    if options.workers is not None:
        command += ["--master", "--expect-workers", str(options.workers), "--expect-workers-max-wait", str(_WORKERS_WAIT_S)]
    elif options.processes is not None and options.processes != 1:
        meeting = ["--master-bind-host", "127.0.0.1", "--master-bind-port", str(port), "--master-port", str(port)]
        command += ["--processes", str(options.processes), *meeting]
    return [*command, *options.arguments]


def grace_s(arguments: Sequence[str]) -> float:
    """Return within how many seconds of being asked to stop a command ends, before it is killed."""
    return stop_timeout(arguments) + _GRACE_S


def stop_timeout(arguments: Sequence[str]) -> float:
    """Return how many seconds users have to end what they are doing: the last `--stop-timeout` (Locust's `-s`) of a command."""
    seconds = _STOP_TIMEOUT_S
    for here, following in pairwise([*arguments, ""]):
        flag, _, value = here.partition("=")
        if flag in {"--stop-timeout", "-s"}:
            with suppress(ValueError):  # Locust says itself what is wrong with it
                text = value or following
                seconds = parse_duration(text if text[-1:].isalpha() else f"{text}s") / 1000
    return seconds


def _front(ui_port: int | None) -> list[str]:
    """Return Locust's arguments for no web page, or for one at a port that begins with the test and ends with it."""
    if ui_port is None:
        return ["--headless", "--only-summary"]
    return ["--autostart", "--autoquit", "0", "--web-host", "127.0.0.1", "--web-port", str(ui_port)]


def join(profile: Path, master: str, target: str, arguments: Sequence[str] = ()) -> int:
    """Work for a master elsewhere (`host` or `host:port`) until it ends; returns the worker's exit code. Raises UsageError."""
    host, _, port = master.partition(":")
    if not host or (port and not port.isdigit()):
        raise UsageError(f"{master!r} does not name a master", hint="write HOST or HOST:PORT")
    command = [*_LOCUST, "-f", str(profile), "--worker", "--master-host", host, "--master-port", port or MASTER_PORT, *arguments]
    with running(command, environment={"FOOTFALL_TARGET": target}, directory=profile.parent.parent) as child:
        try:
            return child.process.wait()
        finally:
            if child.poll() is None:
                child.stop(grace_s=grace_s(arguments))


@contextmanager
def own_port() -> Iterator[int]:
    """Yield a port of this machine that the system gives to nobody else meanwhile; who names it, as Locust does, may listen there."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
        if sys.platform != "linux":  # elsewhere nobody may listen where another socket is, whatever it does there
            held.close()
        yield port


def free_port(wanted: int = 0) -> int:
    """Return `wanted` when nobody listens there, else any port that is free, so that two runs on one machine do not meet."""
    try:
        with socket.create_server(("127.0.0.1", wanted)) as listener:
            return int(listener.getsockname()[1])
    except OSError:
        return free_port()
