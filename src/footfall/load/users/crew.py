"""The master's view of its workers: who is there, who is lost, who came late, and whether they are of one version."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from socket import gethostname
from typing import Any

import gevent
import locust
from locust.runners import STATE_MISSING, STATE_RUNNING, STATE_SPAWNING, MasterRunner

from footfall import __version__
from footfall.errors import UsageError
from footfall.load.limits import Limits, check_limits, limits_here

HELLO = "footfall_hello"
_HELLO_S = 5.0
SKEW_S = 1.0
"""How far a worker's clock may be off: seconds are merged by their number, and the master says which of them are steady."""

Tell = Callable[[str, str, str], None]
"""Takes an event's kind, its text and the worker's number."""


def greeting(profile: str = "", target: str = "", asked: float = 0.0) -> dict[str, Any]:
    """Return what a worker says of itself when it has found its master, and whenever that asks.

    `profile` is a digest of what it runs, `target` the one that it was told, if any; `asked` is the master's time when it asked, `clock`
    the worker's own.
    """
    limits = limits_here()
    return {
        "versions": {"footfall": __version__, "locust": locust.__version__},
        "limits": [limits.machine, limits.files, limits.ports],
        "profile": profile,
        "target": target,
        "asked": asked,
        "clock": time.time(),
    }


def digest(files: Iterable[Path]) -> str:
    """Return what profiles that are alike share: a digest of their files and of the modules beside them that they import."""
    own = {file.resolve() for file in files if file.is_file()}
    folders = {file.parent for file in own}
    loaded = [Path(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())]
    own |= {file.resolve() for file in loaded if file.suffix == ".py" and file.resolve().parent in folders}
    return sha256(b"".join(sorted(sha256(file.read_bytes()).digest() for file in own))).hexdigest()


class Crew:
    """Numbers workers in the order of their coming; `tell` is told of each that is lost or comes late."""

    def __init__(self, tell: Tell) -> None:
        self.ended: set[str] = set()
        self._tell = tell
        self._numbers: dict[str, str] = {}
        self._lost: set[str] = set()
        self._greetings: dict[str, Mapping[str, Any]] = {}
        self._answered: dict[str, float] = {}
        self._began = False

    def greet(self, worker: str, said: Mapping[str, Any]) -> None:
        """Take in a worker's greeting."""
        self._greetings[worker] = said
        if said.get("asked"):
            self._answered[worker] = time.time()

    def check(self, runner: MasterRunner, users: int | None, profile: str, target: str) -> None:
        """Before a test: raise UsageError when workers are of another version, run another profile or load another target.

        So where their clocks are off, and where they cannot hold their share of `users`.
        """
        workers = [client.id for client in runner.clients.all]
        asked = time.time()
        self._answered.clear()
        runner.send_message(HELLO, {"asked": asked})
        deadline = time.monotonic() + _HELLO_S
        while not all(worker in self._answered for worker in workers) and time.monotonic() < deadline:
            gevent.sleep(0.01)
        self._check_versions(workers)
        for worker in workers:
            said = self._greetings[worker]
            _check_work(_host(worker), said, profile, target)
            if said["asked"] == asked:
                _check_clock(_host(worker), said["clock"], asked, self._answered[worker])
        if users:
            check_limits(users, [Limits(*self._greetings[worker]["limits"]) for worker in workers])

    def _check_versions(self, workers: Iterable[str]) -> None:
        here = greeting()["versions"]
        for worker in workers:
            said = self._greetings.get(worker, {}).get("versions")
            if said != here:
                theirs = ", ".join(f"{name} {version}" for name, version in said.items()) if said else "something without footfall"
                ours = ", ".join(f"{name} {version}" for name, version in here.items())
                raise UsageError(
                    f"worker {_host(worker)} runs {theirs}, and this master {ours}",
                    hint="install the same versions everywhere, and start workers with `footfall load PROFILE --join HOST`",
                )

    def begin(self, runner: MasterRunner) -> None:
        """A test begins with the workers that are there now."""
        self.ended, self._lost = set(), set()
        for client in runner.clients.all:
            self.number(client.id)
        self._began = True

    def number(self, worker: str) -> str:
        """Return a worker's number, as labels name it."""
        return self._numbers.setdefault(worker, str(len(self._numbers)))

    def leave(self, worker: str, *, early: bool) -> None:
        """Take note that a worker has told its last; `early` when nobody had asked it to stop."""
        self.ended.add(worker)
        if early and worker not in self._lost:
            self._lost.add(worker)
            self._tell("worker_lost", f"{self._named(worker)} left while the test ran, and its users with it", worker)

    def live(self, runner: MasterRunner) -> list[str]:
        """Return the numbers of the workers whose figures are to be waited for; tell of those that are gone or have come."""
        states = {client.id: client.state for client in runner.clients.all}
        for worker in [worker for worker in states if worker not in self._numbers]:
            self._tell("cannot_judge", f"{self._named(worker)} joined while the test ran: its share of the users is not as planned", worker)
        for worker in [w for w in self._numbers if w not in self.ended | self._lost and states.get(w, STATE_MISSING) == STATE_MISSING]:
            self._lost.add(worker)
            self._tell("worker_lost", f"{self._named(worker)} is gone or stalled: what it had not yet told is lost", worker)
        for worker in [w for w in self._lost - self.ended if states.get(w, STATE_MISSING) != STATE_MISSING]:
            self._lost.discard(worker)
            self._tell("note", f"{self._named(worker)} is back", worker)
        live = {STATE_RUNNING, STATE_SPAWNING}
        return [self.number(worker) for worker, state in states.items() if state in live and worker not in self._lost]

    def _named(self, worker: str) -> str:
        return f"worker {self.number(worker)} ({_host(worker)})"


def _check_work(host: str, said: Mapping[str, Any], profile: str, target: str) -> None:
    """Raise UsageError for a worker that would do something else than its master means."""
    if said["profile"] != profile:
        problem = f"worker {host} runs another profile: its file, or a module beside it, differs from this master's"
        raise UsageError(problem, hint="put the same loadtests/ on every machine")
    if said["target"] not in {"", target}:
        problem = f"worker {host} was started for target {said['target']!r}, and this master loads {target!r}"
        raise UsageError(problem, hint=f"start it with --target {target}")


def _check_clock(host: str, clock: float, asked: float, answered: float) -> None:
    """Raise UsageError for a clock that is off: one that is right shows a time between the question and its answer."""
    off = clock - min(max(clock, asked), answered)
    if abs(off) > SKEW_S:
        problem = f"the clock of worker {host} is {abs(off):,.1f} s {'ahead of' if off > 0 else 'behind'} this master's ({gethostname()})"
        raise UsageError(problem, hint="set both by NTP: a worker's seconds count by its own clock")


def _host(worker: str) -> str:
    """Return a worker's machine: Locust's ids are its name and a random number."""
    return worker.rpartition("_")[0] or worker
