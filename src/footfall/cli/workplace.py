"""Open what a command works in: the suite around the working directory, its budgets, its store, and what earlier runs left behind."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from footfall.cli.progress import Progress
from footfall.cli.schema import complete_schemas
from footfall.config.scripts import scan
from footfall.config.suite import Suite, find_suite, load_suite
from footfall.config.thresholds import FILE, Thresholds, known_names, read_thresholds
from footfall.errors import ScriptError, UsageError, did_you_mean
from footfall.gate.budget import Budget
from footfall.store.writer import Store, open_store, take_in_abandoned

STORE_VARIABLE = "FOOTFALL_STORE"


@dataclass(frozen=True)
class Workplace:
    """A suite and its store."""

    suite: Suite
    store: Store

    @property
    def root(self) -> Path:
        """The suite's folder."""
        return self.suite.root

    def results(self, run: str) -> Path:
        """The folder of one run's results."""
        return self.root / "out" / run


def open_suite() -> Suite:
    """Read the suite around the working directory. Raises UsageError or ConfigError."""
    return load_suite(find_suite(Path.cwd()))


def open_workplace(progress: Progress | None = None) -> Workplace:
    """Open the suite around the working directory and its store. Raises UsageError, ConfigError or StoreError."""
    suite = open_suite()
    store = open_store(suite.root, os.environ.get(STORE_VARIABLE))
    complete_schemas(suite.root)
    for run in take_in_abandoned(store, suite.root):
        if progress is not None:
            progress.say(f"kept run {run}, which an earlier command left behind")
    return Workplace(suite, store)


def budgets_of(suite: Suite) -> Thresholds:
    """Read the suite's budgets. Raises ConfigError."""
    return read_thresholds(suite.root / FILE, known_names(suite))


def budgets_if_any(suite: Suite) -> tuple[Budget, ...]:
    """Read the suite's budgets, none where it has no thresholds.toml: what can do without. Raises ConfigError."""
    return budgets_of(suite).budgets if (suite.root / FILE).is_file() else ()


def check_scripts(suite: Suite) -> None:
    """Before anything runs, raise ScriptError when a journey or profile is not Python, ConfigError for an unknown device of [gate]."""
    if set(suite.gate.devices) - {"desktop"}:
        from footfall.browser.devices import device_names  # noqa: PLC0415  # starts Playwright's driver: only where devices are named

        load_suite(suite.root, device_names())
    faults = scan(suite.root).faults
    if faults:
        raise ScriptError("\n".join(str(fault) for fault in faults))


def chosen(kind: str, wanted: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the wanted names once each, in order. Raises UsageError with the nearest name for one that is not known."""
    known = tuple(known)
    names = tuple(dict.fromkeys(wanted))
    for name in names:
        if name not in known:
            raise UsageError(f"no {kind} is called {name!r}", hint=did_you_mean(name, known))
    return names
