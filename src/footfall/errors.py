"""The errors that a user may see, each with its exit code.

FootfallError                70  a fault of footfall itself, unless a subclass says otherwise
├── UsageError                2  the command is wrong
│   ├── ConfigError           2  a configuration file is wrong (all faults of a file at once)
│   ├── ScriptError           2  a journey or a profile does not load, or misuses the API
│   └── StoreError            2  the store cannot be opened, read or written
├── CannotJudgeError          3  nothing could be judged
│   ├── TargetUnreachableError  3  the site does not answer
│   └── BrowserMissingError   3  no browser could be started
└── JourneyError              1  a journey failed

A message says what is wrong and where; a hint says how to mend it. Foreign exceptions are mapped
to these at the module that touches the foreign library.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class FootfallError(Exception):
    """Something that ends a command with a clear message: `message`, an optional `hint`, and the class's `exit_code`."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(FootfallError):
    """The command line is wrong; nothing was measured."""

    exit_code = 2


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file: `line` counts from 1, `key` is dotted (`journeys.checkout.lcp`), `expected` says what would do."""

    file: str
    line: int | None
    key: str
    problem: str
    expected: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        subject = f"{self.key}: " if self.key else ""
        ending = f" ({self.expected})" if self.expected else ""
        return f"{where}: {subject}{self.problem}{ending}"


class ConfigError(UsageError):
    """A configuration file is wrong; `faults` holds every fault found, in the order of their lines."""

    def __init__(self, faults: Sequence[Fault], *, hint: str | None = None) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults), hint=hint)


class ScriptError(UsageError):
    """A journey or a profile does not load, or uses footfall's API wrongly."""


class StoreError(UsageError):
    """The store cannot be opened, read, written, or was written by a newer footfall."""


class CannotJudgeError(FootfallError):
    """The measurement could not be made, so there is nothing to judge."""

    exit_code = 3


class TargetUnreachableError(CannotJudgeError):
    """The site to measure does not answer."""


class BrowserMissingError(CannotJudgeError):
    """No browser could be found or started."""


class JourneyError(FootfallError):
    """A journey did not see what a customer should see."""

    exit_code = 1


_LISTED = 40
"""Names that an error lists: nobody reads two hundred devices."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` most likely meant, or None when nothing comes close."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def perhaps(name: str, known: Iterable[str]) -> str:
    """Return the end of an error message that lists all known names already: the nearest of them, or nothing when none comes close."""
    names = list(known)
    folded = {each.lower(): each for each in names}
    match = folded.get(name.lower()) or nearest(name, names)
    return f"did you mean {match!r}?" if match is not None else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of an error message: the nearest known name, or else the known names in order, `_LISTED` at most."""
    names = sorted(set(known))
    match = nearest(name, names)
    if match is not None:
        return f"did you mean {match!r}?"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"known: {', '.join(names[:_LISTED])}{more}" if names else "none are known"
