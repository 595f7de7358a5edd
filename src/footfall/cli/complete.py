"""Shell completion: commands and options are Typer's own; the names of a suite's targets, journeys, profiles and runs are added here.

Only a shell that completes imports this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from footfall.errors import FootfallError
from footfall.starter import starter

if TYPE_CHECKING:
    from footfall.config.suite import Suite

_RUNS = 20


@dataclass(frozen=True)
class Suggestion:
    """One word to choose, as shells are told it."""

    value: str
    help: str = ""
    type: str = "plain"


def typed(environment: Mapping[str, str]) -> list[str]:
    """Return the words after `footfall` on the line that is being completed."""
    line = environment.get("COMP_WORDS") or environment.get("_TYPER_COMPLETE_ARGS", "")
    return line.split()[1:]


def completing(command: Any) -> Any:
    """Return the command, whose parameters know the suite's names from now on."""
    for path, parameter in _parameters(command):
        names = _NAMES.get((path, parameter.name)) or _NAMES.get(("", parameter.name))
        if names is not None:
            parameter.shell_complete = partial(_suggest, names)
    return command


def _parameters(command: Any, path: str = "") -> Iterable[tuple[str, Any]]:
    yield from ((path, parameter) for parameter in command.params)
    for name, inner in getattr(command, "commands", {}).items():
        yield from _parameters(inner, f"{path} {name}".strip())


def _suggest(names: Callable[[Suite], Iterable[str]], _context: Any, incomplete: str) -> list[Suggestion]:
    """Return the names that begin so; none where there is no suite, or it has a fault: completing is not the place to say so."""
    from footfall.cli.workplace import open_suite  # noqa: PLC0415

    with suppress(FootfallError):
        return [Suggestion(name) for name in names(open_suite()) if name.startswith(incomplete)]
    return []


def _journeys(suite: Suite) -> Sequence[str]:
    from footfall.config.scripts import scan  # noqa: PLC0415

    return sorted(scan(suite.root).journeys)


def _profiles(suite: Suite) -> Sequence[str]:
    from footfall.config.scripts import scan  # noqa: PLC0415

    return sorted(scan(suite.root).profiles)


def _templates() -> Sequence[str]:
    from footfall.cli.new_report import shipped_templates  # noqa: PLC0415

    return sorted(shipped_templates())


def _reports(suite: Suite) -> Sequence[str]:
    pages = [path for folder in (suite.root, starter()) for path in (folder / "reports").glob("[!_]*.html")]
    return sorted({path.stem for path in pages})


def _runs(suite: Suite) -> Sequence[str]:
    from footfall.store import reader  # noqa: PLC0415  # SQLAlchemy: only where a run is asked for
    from footfall.store.writer import open_store  # noqa: PLC0415

    store = open_store(suite.root, os.environ.get("FOOTFALL_STORE"))
    return ["latest", *(row.run.id for row in reader.runs(store, limit=_RUNS))]


def _checks(_suite: Suite) -> Sequence[str]:
    from footfall.cli.doctor import MACHINE, SUITE  # noqa: PLC0415

    return (*MACHINE, *SUITE)


_NAMES: Mapping[tuple[str, str], Callable[[Any], Iterable[str]]] = {
    ("", "target"): lambda suite: suite.targets,
    ("", "against"): lambda suite: suite.targets,
    ("", "journey"): _journeys,
    ("", "profile"): _profiles,
    ("", "run"): _runs,
    ("", "runs"): _runs,
    ("compare", "before"): _runs,
    ("compare", "after"): _runs,
    ("", "route"): lambda suite: (route.name for route in suite.alerts.routes),
    ("journey", "names"): _journeys,
    ("probe", "names"): lambda suite: suite.probes,
    ("report", "names"): _reports,
    ("doctor", "names"): _checks,
    ("new report", "name"): lambda _: _templates(),
    ("new ci", "system"): lambda _: ("github", "gitlab", "jenkins", "shell"),
    ("new deploy", "place"): lambda _: ("docker", "kubernetes"),
}
"""By command and parameter; an empty command stands for all that have such a parameter."""
