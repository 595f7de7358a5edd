"""The master's view of its workers: who is there, who is lost, who came late, and whether they are of one version."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import gevent
import locust
from locust.runners import STATE_MISSING, STATE_RUNNING, STATE_SPAWNING, MasterRunner

from footfall import __version__
from footfall.errors import UsageError
from footfall.load.limits import Limits, check_limits, limits_here

HELLO = "footfall_hello"
_HELLO_S = 5.0

Tell = Callable[[str, str, str], None]
"""Takes an event's kind, its text and the worker's number."""


def greeting() -> dict[str, Any]:
    """Return what a worker says of itself when it has found its master."""
    limits = limits_here()
    versions = {"footfall": __version__, "locust": locust.__version__}
    return {"versions": versions, "limits": [limits.machine, limits.files, limits.ports]}


class Crew:
    """Numbers workers in the order of their coming; `tell` is told of each that is lost or comes late."""

    def __init__(self, tell: Tell) -> None:
        self.ended: set[str] = set()
        self._tell = tell
        self._numbers: dict[str, str] = {}
        self._lost: set[str] = set()
        self._greetings: dict[str, Mapping[str, Any]] = {}
        self._began = False

    def greet(self, worker: str, said: Mapping[str, Any]) -> None:
        """Take in a worker's greeting."""
        self._greetings[worker] = said

    def check(self, runner: MasterRunner, users: int | None) -> None:
        """Before a test: raise UsageError when workers are of another version, or cannot hold their share of `users`."""
        deadline = time.monotonic() + _HELLO_S
        workers = [client.id for client in runner.clients.all]
        while not all(worker in self._greetings for worker in workers) and time.monotonic() < deadline:
            gevent.sleep(0.05)
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
        if users:
            check_limits(users, [Limits(*self._greetings[worker]["limits"]) for worker in workers])

    def begin(self, runner: MasterRunner) -> None:
        """A test begins with the workers that are there now."""
        self.ended, self._lost = set(), set()
        for client in runner.clients.all:
            self.number(client.id)
        self._began = True

    def number(self, worker: str) -> str:
        """Return a worker's number, as labels name it."""
        return self._numbers.setdefault(worker, str(len(self._numbers)))

    def live(self, runner: MasterRunner) -> list[str]:
        """Return the numbers of the workers whose figures are to be waited for; tell of those that are gone or have come."""
        states = {client.id: client.state for client in runner.clients.all}
        for worker in [worker for worker in states if worker not in self._numbers]:
            self._tell("cannot_judge", f"{self._named(worker)} joined while the test ran: its share of the users is not as planned", worker)
        for worker in [w for w in self._numbers if w not in self.ended | self._lost and states.get(w, STATE_MISSING) == STATE_MISSING]:
            self._lost.add(worker)
            self._tell("worker_lost", f"{self._named(worker)} is gone or stalled: what it had not yet told is lost", worker)
        for worker in [w for w in self._lost if states.get(w, STATE_MISSING) != STATE_MISSING]:
            self._lost.discard(worker)
            self._tell("note", f"{self._named(worker)} is back", worker)
        live = {STATE_RUNNING, STATE_SPAWNING}
        return [self.number(worker) for worker, state in states.items() if state in live and worker not in self._lost]

    def _named(self, worker: str) -> str:
        return f"worker {self.number(worker)} ({_host(worker)})"


def _host(worker: str) -> str:
    """Return a worker's machine: Locust's ids are its name and a random number."""
    return worker.rpartition("_")[0] or worker
