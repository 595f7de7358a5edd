"""What is said of a failure: one line, and where it happened. No traceback."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from footfall.browser.deadline import DeadlinePassedError
from footfall.errors import (
    BrowserMissingError,
    CannotJudgeError,
    FootfallError,
    ScriptError,
    TargetUnreachableError,
    UsageError,
    did_you_mean,
)

_HERE = f"{Path(__file__).parent}/"
_AWAITED = re.compile(r"^\s*-?\s*(?:\d+ × )?(waiting for .*)$", re.MULTILINE)
_TEXT = 300


@dataclass(frozen=True)
class Failure:
    """What to say of an error.

    `kind` is an event's: `script_error` (exit code 2) for what is wrong with a script, `browser_missing` and
    `target_unreachable` (3), else `error` (1).
    """

    kind: str
    text: str
    file: str
    line: int
    exit_code: int
    hint: str = ""

    def as_script_error(self) -> Failure:
        """Return the same as a fault of the script: what an import raises is never a journey's own failure."""
        return replace(self, kind="script_error", exit_code=UsageError.exit_code)


def failure_of(error: BaseException, script: Path, root: Path) -> Failure:
    """Say what `error`, raised while `script` ran, was about; files are told relative to `root`."""
    chief = chief_of(error, script)
    file, line = _place(chief, script)
    meant = misuse(chief) or chief
    hint = getattr(meant, "hint", None) or ""
    text = one_line(meant if chief is error else error)
    return Failure(_kind(meant), text, shown(file, root), line, exit_code_of(meant), hint)


def chief_of(error: BaseException, script: Path) -> BaseException:
    """Return the error, or of a group (a failure and the soft ones before it) the first that has its line in `script`, else the first."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    members = [chief_of(inner, script) for inner in error.exceptions]
    return next((inner for inner in members if _place(inner, script)[1]), members[0])


def shown(file: Path, root: Path) -> str:
    """Return how a file is told: relative to the suite, where it lies in it."""
    return str(file.relative_to(root)) if file.is_relative_to(root) else str(file)


def misuse(error: BaseException) -> ScriptError | None:
    """Return what Python says of a wrong use of the `journey` fixture as what it is, or None for any other error."""
    said = str(error)
    if isinstance(error, TypeError) and said.startswith("Journey."):
        return ScriptError(said.removeprefix("Journey.").replace("() ", " ", 1), hint="docs/journeys.md lists what each takes")
    if not isinstance(error, AttributeError):
        return None
    if type(error.obj).__name__ == "Journey":
        known = [name for name in dir(error.obj) if not name.startswith("_")]
        return ScriptError(f"a journey has no {error.name!r}", hint=did_you_mean(error.name or "", known))
    if said.startswith("'_GeneratorContextManager'"):  # contextlib's own, of a second entry
        return ScriptError("a step was entered twice", hint='write `with journey.step("…"):` each time')
    return None


def _kind(error: BaseException) -> str:
    kinds = {UsageError: "script_error", BrowserMissingError: "browser_missing", TargetUnreachableError: "target_unreachable"}
    return next((kind for cls, kind in kinds.items() if isinstance(error, cls)), "error")


def exit_code_of(error: BaseException) -> int:
    """Return the exit code of the design's table: 2 for a wrong script, 3 when nothing could be judged, else 1."""
    if isinstance(error, CannotJudgeError | UsageError):
        return error.exit_code
    return 1


def one_line(error: BaseException) -> str:
    """Return the error in one line; of a Playwright error also what it waited for."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(one_line(misuse(inner) or inner) for inner in error.exceptions)[:_TEXT]
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    text = str(error).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = lines[0] if lines else type(error).__name__
    awaited = _AWAITED.search(text)
    if awaited and awaited[1] not in said:
        said += f" ({awaited[1]})"
    elif len(lines) > 1 and lines[1].startswith(("Actual", "Received")):
        said += f" ({lines[1]})"
    plain = isinstance(error, AssertionError | FootfallError | DeadlinePassedError) or type(error).__module__.startswith("playwright")
    return (said if plain or not lines else f"{type(error).__name__}: {said}")[:_TEXT]


def _place(error: BaseException, script: Path) -> tuple[Path, int]:
    """The innermost line of the script that led to the error; of a syntax error the faulty one; else the innermost of all."""
    if isinstance(error, SyntaxError) and error.filename:
        return Path(error.filename), error.lineno or 0
    frames = [(Path(frame.filename), frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
    own = [place for place in frames if place[0] == script]
    return own[-1] if own else (script, 0)


def calling_line() -> tuple[str, int]:
    """Return file (its path) and line of the script that called into this package."""
    for frame in _outwards():
        if not frame[0].startswith(_HERE):  # a Path for each frame takes longer than all else here
            return frame[0], frame[1]
    return "", 0


def _outwards() -> Iterator[tuple[str, int]]:
    frame = sys._getframe(1)  # noqa: SLF001  # traceback.walk_stack would read source files
    while frame.f_back is not None:
        yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
