"""`footfall doctor`: what stands ready and what does not, why it matters, and the line that mends it."""

from __future__ import annotations

import json as json_module
import os
import platform
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from footfall.cli.output import say
from footfall.errors import FootfallError

if TYPE_CHECKING:
    from footfall.config.suite import Suite

PACKAGES = ("playwright", "pytest-playwright", "locust", "httpx", "sqlalchemy")
FILES_WANTED = 12_000
"""Open files that 10,000 concurrent users need, with room for the rest."""
BUSY_LOAD = 1.0
"""Load per core above which figures suffer."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `state` is ok, warn or fail; `mend` says what to do."""

    name: str
    state: str
    found: str
    mend: str = ""


def doctor(
    target: Annotated[str | None, typer.Option("--target", "-t", help="The target to look at.")] = None,
    install: Annotated[bool, typer.Option("--install", help="Install a browser if there is none.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> int:
    """Say what is not ready, and how to mend it.

    Looks at browser, versions, limits, suite, budgets, store and target.

    Exits 0 when everything needed is there, 2 when something is not.
    """
    findings = []
    for finding in _findings(target, install=install):
        findings.append(finding)
        if not json:
            _print(finding)
    if json:
        say(json_module.dumps([asdict(finding) for finding in findings], indent=2))
    return 2 if any(finding.state == "fail" for finding in findings) else 0


_GLYPHS = {"ok": "✓", "warn": "!", "fail": "✗"}


def _print(finding: Finding) -> None:
    say(f"{_GLYPHS[finding.state]} {finding.name:<9} {finding.found}")
    if finding.mend:
        say(f"            → {finding.mend}")


def _findings(target: str | None, *, install: bool) -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield Finding("packages", "ok", _versions())
    yield _tried("browser", lambda: _browser(install=install))
    yield _files()
    yield _load()
    suites: list[Suite] = []
    yield _tried("suite", lambda: _suite(suites))
    for suite in suites:
        yield _tried("budgets", lambda suite=suite: _budgets(suite))  # type: ignore[misc]
        yield _tried("store", lambda suite=suite: _store(suite))  # type: ignore[misc]
        yield _tried("target", lambda suite=suite: _target(suite, target))  # type: ignore[misc]


def _versions() -> str:
    from importlib.metadata import version  # noqa: PLC0415  # 40 ms

    return ", ".join(f"{name} {version(name)}" for name in PACKAGES)


def _tried(name: str, look: Callable[[], str]) -> Finding:
    """Look, and turn an error of ours into a finding."""
    try:
        return Finding(name, "ok", look())
    except FootfallError as error:
        return Finding(name, "fail", error.message, error.hint or "")


def _progress(line: str) -> None:
    """Installing takes a while; what it does is no finding, so it goes to stderr."""
    sys.stderr.write(line + "\n")


def _browser(*, install: bool) -> str:
    from footfall.browser.provide import provide, which_browser  # noqa: PLC0415

    return provide(_progress) if install else which_browser()


def _files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = f"{soft:,} open files ({hard:,} at most)"
    if hard >= FILES_WANTED:
        return Finding("files", "ok", most)
    return Finding("files", "warn", f"{most}: 10,000 concurrent users need about {FILES_WANTED:,}", f"ulimit -n {FILES_WANTED} (as root)")


def _load() -> Finding:
    cores = os.cpu_count() or 1
    load = os.getloadavg()[0]
    text = f"{cores} cores, load {load:.1f}"
    if load / cores <= BUSY_LOAD:
        return Finding("machine", "ok", text)
    return Finding("machine", "warn", f"{text}: a busy machine blurs what is measured", "wait, or end what else runs")


def _suite(found: list[Suite]) -> str:
    from footfall.cli.workplace import check_scripts, open_suite  # noqa: PLC0415

    suite = open_suite()
    check_scripts(suite)
    found.append(suite)
    return f"{suite.name} in {suite.root}"


def _budgets(suite: Suite) -> str:
    from footfall.cli.workplace import budgets_of  # noqa: PLC0415

    return f"{len(budgets_of(suite).budgets)} in thresholds.toml"


def _store(suite: Suite) -> str:
    from footfall.cli.workplace import STORE_VARIABLE  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415
    from footfall.store.writer import open_store  # noqa: PLC0415

    store = open_store(suite.root, os.environ.get(STORE_VARIABLE))
    newest = reader.runs(store, limit=1)
    return f"{store.name}, newest run {newest[0].id}" if newest else f"{store.name}, no run yet"


def _target(suite: Suite, name: str | None) -> str:
    from footfall.target import open_target  # noqa: PLC0415

    with open_target(suite.target(name)) as live:
        return f"{live.name} answers at {live.url}"
