"""Clean up what a journey leaves on the site: registered functions with JSON arguments, kept in a ledger until they are done.

    from footfall.browser.cleanup import cleanup

    @cleanup
    def cancel_booking(site: httpx.Client, id: int) -> None:
        site.delete(f"/api/bookings/{id}")

A journey plans one with `journey.cleanup("cancel_booking", id=42)` before the step that needs it.
"""

from __future__ import annotations

import inspect
import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from footfall.browser.deadline import DeadlinePassedError, deadline
from footfall.browser.ledger import Ledger, Task, abandoned_ledgers
from footfall.browser.secrets import Secrets
from footfall.browser.site import Site
from footfall.config.address import at, host_of
from footfall.config.secrets import Masker, resolve, resolve_all, secret_values, without_password
from footfall.config.suite import Target
from footfall.errors import FootfallError, ScriptError, UsageError, did_you_mean

EACH_S = 30.0
"""How long one clean-up may take."""
_ANSWER_S = 10.0
_GONE = (404, 410)

Function = TypeVar("Function", bound=Callable[..., object])
_registered: dict[str, Callable[..., object]] = {}


def cleanup(function: Function) -> Function:
    """Register a clean-up under its own name; put it into `journeys/conftest.py`, so that every start knows it.

    It gets an `httpx.Client` whose base URL is the site's (with the target's headers), and the arguments of `journey.cleanup` by
    name. The client raises for answers from 400 on, except 404 and 410: what is gone is clean. Raises ScriptError when another function
    has the name already.
    """
    name = function.__name__
    before = _registered.get(name)
    if before is not None and (before.__module__, before.__qualname__) != (function.__module__, function.__qualname__):
        raise ScriptError(f"there are two clean-ups called {name}", hint="give each a name of its own")
    _registered[name] = function
    return function


def planned(name: str, arguments: Mapping[str, Any], secrets: Secrets) -> None:
    """Check a clean-up before it is written down. Raises ScriptError, also for arguments that hold a secret."""
    function = _registered.get(name)
    call = f"journey.cleanup({name!r})"
    if function is None:
        raise ScriptError(
            f"no clean-up is called {name!r}",
            hint=did_you_mean(name, _registered) if _registered else "write a function in journeys/conftest.py and mark it @cleanup",
        )
    try:
        inspect.signature(function).bind(None, **arguments)
        text = json.dumps(arguments, allow_nan=False)
    except TypeError as error:
        raise ScriptError(f"{call}: {error}", hint="it takes what the function takes after the site, as plain JSON values") from error
    except ValueError as error:
        raise ScriptError(f"{call}: {error}", hint="arguments are plain JSON values") from error
    if secrets.mask(text) != text:
        raise ScriptError(f"{call} would write a secret into the ledger", hint="pass the secret's name, and read it in the function")


@dataclass(frozen=True)
class Cleaned:
    """How one clean-up ended; `problem`, secrets masked, is empty when it is done. One that nobody knows any more is `unknown`."""

    task: Task
    problem: str = ""
    unknown: bool = False


class Cleaner:
    """Plans and does the clean-ups of one process. `environment` resolves the target's `env:NAME`."""

    def __init__(self, site: Site, run: str, environment: Mapping[str, str]) -> None:
        self._site = site
        self._run = run
        self._environment = environment
        self._ledger = Ledger(site.root, run)
        self._masker = Masker(secret_values(site.suite, environment) if site.suite else ())

    def plan(self, journey: str, function: str, arguments: Mapping[str, Any], url: str | None) -> Task:
        """Write a clean-up into the ledger; when this returns it survives a crash."""
        given = at(url, host_of(url)) if url and self._site.url else ""
        task = Task.new(self._run, self._site.target, given, journey, function, arguments)
        self._ledger.plan(task)
        return task

    def clean(self, tasks: Sequence[Task], url: str | None) -> list[Cleaned]:
        """Do clean-ups of this process, the last planned first."""
        done = [self._tried(task, url or "") for task in reversed(tasks)]
        for cleaned in done:
            self._ledger.mark(cleaned.task, cleaned.problem)
        return done

    def replay(self) -> list[Cleaned]:
        """Do what earlier processes left undone; what fails stays for the next start."""
        done: list[Cleaned] = []
        for ledger in abandoned_ledgers(self._site.root):
            with ledger:
                for task in reversed(ledger.pending()):
                    cleaned = self._replayed(task)
                    done.append(cleaned)
                    if not cleaned.unknown:
                        ledger.mark(task, cleaned.problem)
        return done

    def close(self) -> None:
        """Let go of the ledger; it stays when something is left to do."""
        self._ledger.close()

    def _replayed(self, task: Task) -> Cleaned:
        target = self._site.suite.targets.get(task.target) if self._site.suite else None
        if target is not None and target.demo and urlsplit(task.url).hostname in {None, "127.0.0.1"}:
            return Cleaned(task)  # the embedded shop took its data with it
        if task.function not in _registered:
            return Cleaned(task, "no clean-up of that name is registered any more", unknown=True)
        try:
            return self._tried(task, self._address(task, target))
        except FootfallError as error:
            return Cleaned(task, self._masker.mask(error.message))

    def _address(self, task: Task, target: Target | None) -> str:
        """Return where a clean-up is to be done: where it was planned. Raises UsageError when the target is another site by now."""
        here = self._site.url or ""
        if task.url and host_of(here) == host_of(task.url):
            return at(task.url, urlsplit(here).netloc)
        if target is None:
            return task.url
        there = resolve(target.url or "", self._environment, f"targets.{target.name}.url")
        if task.url and host_of(there) != host_of(task.url):
            command = f"pytest --base-url {task.url} --target {target.name} --clean-up"
            raise UsageError(f"it was left at {task.url}, which is not where {target.name} is now: `{command}` cleans up there")
        return at(task.url, urlsplit(there).netloc) if task.url else there

    def _tried(self, task: Task, url: str) -> Cleaned:
        target = self._site.suite.targets.get(task.target) if self._site.suite else None
        try:
            headers = resolve_all(target.headers, self._environment, f"targets.{target.name}.headers") if target else {}
            with deadline(EACH_S, f"it took longer than {EACH_S:g} s"), _client(url, headers) as client:
                _registered[task.function](client, **task.arguments)
        except (Exception, DeadlinePassedError) as error:  # noqa: BLE001  # whatever it raises, the others must be done too
            # It may quote the site's address with the password in it.
            told = without_password(self._masker.mask(f"{type(error).__name__}: {error}"))
            return Cleaned(task, told.splitlines()[0])
        return Cleaned(task)


@contextmanager
def _client(url: str, headers: Mapping[str, str]) -> Iterator[httpx.Client]:
    def check(response: httpx.Response) -> None:
        if response.status_code >= 400 and response.status_code not in _GONE:
            response.raise_for_status()

    hooks = {"response": [check]}
    with httpx.Client(base_url=url, headers=dict(headers), timeout=_ANSWER_S, event_hooks=hooks, verify=_trust()) as client:
        yield client


@cache
def _trust() -> ssl.SSLContext:
    """The certificates that are trusted, read once: it takes thirty times as long as a clean-up beside it."""
    return httpx.create_ssl_context()
