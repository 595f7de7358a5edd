"""What `@pytest.mark.journey(safe_in_production=True, every="5m", owner="payments")` says of a journey."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from footfall.errors import UsageError, did_you_mean
from footfall.metrics import parse_duration

MARKER = "journey"


@dataclass(frozen=True)
class Facts:
    """Whether a journey may run where real customers are served, how often a monitor should walk it (s), and who owns it."""

    safe_in_production: bool = False
    every_s: float | None = None
    owner: str = ""


def facts_of(item: pytest.Item) -> Facts:
    """Return what a journey's markers say; the nearest wins. Raises UsageError for what no marker may say."""
    return read_facts(item.nodeid, item.iter_markers(MARKER))


def read_facts(journey: str, markers: Iterable[pytest.Mark]) -> Facts:
    """Read a journey's markers, the nearest first. Raises UsageError with the test, the fault and what would do."""
    said: dict[str, Any] = {}
    for marker in markers:
        if marker.args:
            raise _wrong(journey, f"takes no {marker.args[0]!r}", 'write it with a name, such as owner="payments"')
        for name, value in marker.kwargs.items():
            if name not in _READERS:
                raise _wrong(journey, f"knows no {name!r}", did_you_mean(name, _READERS))
            said.setdefault(name, value)
    found: dict[str, Any] = {}
    for name, value in said.items():
        field, read, expected = _READERS[name]
        try:
            found[field] = read(value)
        except (TypeError, ValueError) as error:
            raise _wrong(journey, f"{name}={value!r} will not do", f"expected {expected}") from error
    return Facts(**found)


def _wrong(journey: str, problem: str, hint: str) -> UsageError:
    return UsageError(f"{journey}: @pytest.mark.{MARKER} {problem}", hint=hint)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, str):
        raise TypeError
    seconds = parse_duration(value) / 1000
    if seconds <= 0:
        raise ValueError
    return seconds


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError
    return value


_READERS: Mapping[str, tuple[str, Callable[[object], object], str]] = {
    "safe_in_production": ("safe_in_production", _flag, "True or False"),
    "every": ("every_s", _seconds, 'a duration in quotes, such as "5m"'),
    "owner": ("owner", _text, "text in quotes"),
}


def refuse_unsafe(target: str, items: Sequence[pytest.Item]) -> None:
    """Raise UsageError when a journey that is neither marked safe nor plans its clean-up would run on a production target."""
    for item in items:
        if not facts_of(item).safe_in_production and not plans_cleanup(item):
            raise UsageError(
                f"{item.nodeid} is neither marked safe nor cleans up, and target {target!r} is production",
                hint="mark it @pytest.mark.journey(safe_in_production=True) if it leaves nothing, or plan a journey.cleanup(…)",
            )


def plans_cleanup(item: pytest.Item) -> bool:
    """Whether a journey, or a fixture that it uses, calls `journey.cleanup`; read from its text."""
    return any(_calls_cleanup(function) for function in _functions(item))


def _functions(item: pytest.Item) -> Iterator[Callable[..., object]]:
    if isinstance(item, pytest.Function):
        yield item.function
    info = getattr(item, "_fixtureinfo", None)
    for definitions in info.name2fixturedefs.values() if info else ():
        yield from (definition.func for definition in definitions)


def _calls_cleanup(function: Callable[..., object]) -> bool:
    if function.__module__.partition(".")[0] in {"footfall", "pytest_playwright", "_pytest"}:
        return False
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    return any(_plans(node) for node in ast.walk(tree))


def _plans(node: ast.AST) -> bool:
    """Whether a call names a clean-up: `journey.cleanup("cancel", id=42)`; a temporary folder's `cleanup()` names none."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "cleanup" and node.args):
        return False
    return isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
