"""Which page of the documentation explains an error: by what it is, else by which room raised it. No raise needs to say so."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from footfall.errors import BrowserMissingError, ConfigError, Fault, FootfallError, JourneyError, StoreError, TargetUnreachableError

_BY_TYPE: Mapping[type[FootfallError], str] = {
    TargetUnreachableError: "troubleshooting#the-target-does-not-answer",
    BrowserMissingError: "troubleshooting#no-browser",
    StoreError: "data#when-the-store-breaks",
    JourneyError: "journeys#when-it-fails",
}
_BY_FILE: Mapping[str, Mapping[str, str]] = {
    "footfall.toml": {
        "": "configuration",
        "suite": "configuration#suite",
        "targets": "configuration#targetsname",
        "journeys": "configuration#journeys",
        "gate": "configuration#gate",
        "probes": "configuration#probesname",
        "watch": "configuration#watch",
        "alerts": "configuration#alerts",
    },
    "thresholds.toml": {
        "": "budgets",
        "journeys": "budgets#which-table-applies-to-what",
        "load": "budgets#which-table-applies-to-what",
        "probes": "budgets#which-table-applies-to-what",
        "slo": "budgets#objectives",
    },
}
"""By a file's name and the first word of the key that is wrong."""
_BUDGET_KEYS = "budgets#the-keys-of-a-budget"
_BUDGET_EXPRESSIONS = "budgets#expressions"
_BY_ROOM: Mapping[str, str] = {
    "browser": "journeys",
    "browser.cleanup": "journeys#clean-ups",
    "browser.ledger": "journeys#clean-ups",
    "browser.site": "journeys#clean-ups",
    "browser.devices": "journeys#options",
    "browser.network": "journeys#options",
    "browser.draft": "how-to/write-a-journey",
    "browser.recorder": "how-to/write-a-journey",
    "browser.find": "troubleshooting#no-browser",
    "browser.provide": "troubleshooting#no-browser",
    "browser.firstvisit": "tutorial",
    "browser.iteration": "journeys#what-the-fixture-gives",
    "browser.journey": "journeys#what-the-fixture-gives",
    "browser.units": "journeys#what-the-fixture-gives",
    "load": "load",
    "load.draft": "tools#a-load-profile-from-a-recording",
    "load.har": "tools#a-load-profile-from-a-recording",
    "load.ceiling": "configuration#targetsname",
    "load.limits": "load#many-processes-and-machines",
    "load.users.crew": "load#many-processes-and-machines",
    "load.feeder": "load#users",
    "load.replay": "load#open-profiles",
    "load.stages": "load#stages",
    "probe": "watch#probes",
    "report": "reports#your-own-look-your-own-reports",
    "monitor": "watch",
    "monitor.channels": "alerts",
    "monitor.dashboard": "dashboard",
    "store": "data#the-store",
    "config": "configuration",
    "config.dashboard": "dashboard",
    "config.secrets": "how-to/secrets",
    "target": "configuration#targetsname",
    "cli": "reference/commands",
    "cli.init": "tutorial",
    "cli.new": "tools",
    "cli.new_ci": "ci",
    "cli.new_report": "how-to/own-reports",
    "cli.doctor": "tools#footfall-doctor",
    "cli.checkup": "tools#footfall-doctor",
    "cli.gate": "reference/commands#footfall-gate",
    "cli.against": "budgets#two-deployments-side-by-side",
    "cli.baseline": "budgets#as-before",
    "cli.deployment": "budgets#deployments",
    "cli.capacity": "load#how-much-does-it-hold",
    "cli.compare": "reports#two-runs-side-by-side",
    "cli.history": "data#the-store",
    "cli.alerts": "alerts",
    "cli.incidents": "watch#incidents",
    "cli.watching": "watch",
    "cli.underload": "load#browsers-while-a-crowd-is-there",
    "demo": "corner#starting-it",
}
"""By the module below `footfall` that raised it: the longest beginning counts."""


def pages() -> frozenset[str]:
    """Return every page and section that an error may point to."""
    tables = (_BY_TYPE.values(), _BY_ROOM.values(), *(table.values() for table in _BY_FILE.values()))
    return frozenset(page for table in tables for page in table) | {_BUDGET_KEYS, _BUDGET_EXPRESSIONS}


def page_of(error: FootfallError) -> str:
    """Return the page that explains an error, with the section after `#`; nothing for a fault of footfall itself."""
    if isinstance(error, ConfigError):
        return _page_of_fault(error.faults[0]) if error.faults else "configuration"
    by_type = next((page for kind, page in _BY_TYPE.items() if isinstance(error, kind)), "")
    if by_type or type(error) is FootfallError:
        return by_type
    return page_of_module(_raised_in(error.__traceback__))


def _page_of_fault(fault: Fault) -> str:
    name = fault.file.replace("\\", "/").rpartition("/")[2]
    if name.endswith(".py"):
        return "load" if fault.file.startswith("loadtests/") else "journeys"
    by_key = _BY_FILE.get(name, _BY_FILE["footfall.toml"])
    first = fault.key.partition(".")[0]
    if name == "thresholds.toml" and first != "slo":
        if fault.problem.startswith("in "):
            return _BUDGET_EXPRESSIONS
        if "budget" in fault.problem:
            return _BUDGET_KEYS
    return by_key.get(first, by_key[""])


def _raised_in(trace: TracebackType | None) -> str:
    """Return the innermost module of footfall that an error came through, without `footfall.`; nothing outside of it."""
    found = ""
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.startswith("footfall."):
            found = module.removeprefix("footfall.")
        trace = trace.tb_next
    return found


def page_of_module(module: str) -> str:
    """Return the page of the room that a module (`load.users.crew`) belongs to."""
    while module:
        if module in _BY_ROOM:
            return _BY_ROOM[module]
        module = module.rpartition(".")[0]
    return "reference/commands"
