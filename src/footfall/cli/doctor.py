"""`footfall doctor`: what stands ready and what does not, why that matters, and the line that mends it."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from footfall.cli.output import say
from footfall.errors import FootfallError, UsageError

if TYPE_CHECKING:
    from footfall.cli.checkup import Finding
    from footfall.config.suite import Suite

MACHINE = ("python", "packages", "browser", "files", "ports", "machine")
SUITE = ("suite", "budgets", "secrets", "channels", "watch", "store", "target", "clock")
_GLYPHS = {"ok": "✓", "warn": "!", "fail": "✗"}
_INDENT = " " * 12


def doctor(
    names: Annotated[list[str] | None, typer.Argument(help=f"Only these: {', '.join((*MACHINE, *SUITE))}.", show_default=False)] = None,
    target: Annotated[str | None, typer.Option("--target", "-t", help="The target to look at.")] = None,
    install: Annotated[bool, typer.Option("--install", help="Install a browser if there is none.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> int:
    """Say what is not ready, why that matters, and what mends it.

    Exits 0 when everything needed is there, 2 when something is set up or written wrong, 3 when only the browser or the target is
    missing. A warning (!) changes nothing about that.
    """
    from footfall.cli.workplace import chosen  # noqa: PLC0415

    wanted = chosen("check", names or (), (*MACHINE, *SUITE)) or (*MACHINE, *SUITE)
    findings = []
    for finding in _findings(wanted, target, install=install):
        findings.append(finding)
        if not json:
            _print(finding)
    if json:
        say(json_module.dumps([asdict(finding) for finding in findings], indent=2))
    codes = {finding.exit_code for finding in findings}
    return next((code for code in (UsageError.exit_code, 3) if code in codes), 0)


def _print(finding: Finding) -> None:
    say(f"{_GLYPHS[finding.state]} {finding.name:<9} {finding.found}".replace("\n", f"\n{_INDENT}"))
    if finding.why:
        say(f"{_INDENT}{finding.why}")
    if finding.mend:
        say(f"{_INDENT}→ {finding.mend}")


def _findings(wanted: tuple[str, ...], target: str | None, *, install: bool) -> Iterator[Finding]:
    from footfall.cli import checkup  # noqa: PLC0415

    of_machine: dict[str, Callable[[], Finding]] = {
        "python": checkup.python,
        "packages": checkup.packages,
        "browser": partial(_tried, "browser", partial(_browser, install=install)),
        "files": checkup.files,
        "ports": checkup.ports,
        "machine": checkup.machine,
    }
    for name in MACHINE:
        if name in wanted:
            yield of_machine[name]()
    if not set(SUITE) & set(wanted):
        return
    suites: list[Suite] = []
    found = _tried("suite", lambda: _suite(suites))
    if "suite" in wanted or not suites:
        yield found
    for suite in suites:
        yield from _findings_of(suite, wanted, target)


def _findings_of(suite: Suite, wanted: tuple[str, ...], target: str | None) -> Iterator[Finding]:
    from footfall.cli import checkup  # noqa: PLC0415

    looks: dict[str, Callable[[], Finding | str]] = {
        "budgets": partial(_budgets, suite),
        "secrets": partial(checkup.secrets, suite, target),
        "channels": partial(checkup.channels, suite),
        "watch": partial(checkup.watch, suite, target),
        "store": partial(checkup.store, suite),
        "target": partial(_target, suite, target),
        "clock": partial(checkup.clock, suite, target),
    }
    for name, look in looks.items():
        if name in wanted:
            yield _tried(name, look)


def _tried(name: str, look: Callable[[], Finding | str]) -> Finding:
    """Look; what is said is well, and an error of ours becomes a finding."""
    from footfall.cli.checkup import WHY, Finding  # noqa: PLC0415

    try:
        found = look()
    except FootfallError as error:
        return Finding(name, "fail", error.message, WHY.get(name, ""), error.hint or "", error.exit_code)
    return Finding(name, "ok", found) if isinstance(found, str) else found


def _browser(*, install: bool) -> str:
    from footfall.browser.provide import provide, which_browser  # noqa: PLC0415

    return provide(_progress) if install else which_browser()


def _progress(line: str) -> None:
    """Installing takes a while; what it does is no finding, so it goes to stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _suite(found: list[Suite]) -> str:
    from footfall.cli.workplace import check_scripts, open_suite  # noqa: PLC0415

    suite = open_suite()
    check_scripts(suite)
    found.append(suite)
    return f"{suite.name} in {suite.root}"


def _budgets(suite: Suite) -> str:
    from footfall.cli.workplace import budgets_of  # noqa: PLC0415

    read = budgets_of(suite)
    return "\n".join((f"{len(read.budgets)} in thresholds.toml", *(f"note: {note}" for note in read.notes)))


def _target(suite: Suite, name: str | None) -> str:
    from footfall.target import open_target  # noqa: PLC0415

    with open_target(suite.target(name)) as live:
        return f"{live.name} answers at {live.shown}"
