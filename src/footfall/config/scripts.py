"""Which names a suite's scripts use, read from their text: nothing is imported, so nothing runs.

A journey is a test in `journeys/test_<name>.py`, a profile a file `loadtests/<name>.py` that is more than another one's module: it is
imported by none, or has a shape (a class whose base's name ends in `Shape`). Steps, requests and measurements
are the literals handed to `journey.step`, the client's methods and `journey.measure`; names that are put together at run time
cannot be known, and then nobody warns of an unknown one.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from footfall.errors import Fault
from footfall.metrics import base_unit

_METHODS = frozenset({"get", "head", "post", "put", "patch", "delete", "options"})


@dataclass(frozen=True)
class Names:
    """The names of one kind in one script; `open` when some are put together at run time."""

    names: frozenset[str] = frozenset()
    open: bool = False

    def __or__(self, other: Names) -> Names:
        return Names(self.names | other.names, self.open or other.open)

    def allow(self, name: str) -> bool:
        """Whether a name is known, or may be one that cannot be known."""
        return self.open or name in self.names


@dataclass(frozen=True)
class Scripts:
    """What was found: steps by journey, requests by profile, units of the journeys' own measurements; `faults` of unreadable files.

    `places` says by journey how pytest names it: `journeys/test_booking.py::test_booking`. `facts` are the texts that its
    `@pytest.mark.journey(every="5m", owner="…")` states.
    """

    journeys: Mapping[str, Names] = field(default_factory=dict)
    profiles: Mapping[str, Names] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Script:
    """One file: its name without `.py` and its syntax tree, None where it has a fault."""

    name: str
    tree: ast.Module | None
    fault: Fault | None = None


def scan(root: Path) -> Scripts:
    """Return the names in the scripts of the suite at `root`. Never raises for what the scripts hold."""
    journeys, loads = _scripts(root, "journeys"), _scripts(root, "loadtests")
    shared = _union(_steps(script.tree) for script in journeys if not script.name.startswith("test_"))
    requests = _union(_requests(script.tree) for script in loads)
    imported = frozenset(name for script in loads for name in _imports(script.tree) if name != script.name)
    return Scripts(
        {
            name: _steps(script.tree) | shared
            for script in journeys
            if script.name.startswith("test_")
            for name in journey_names(script.name, _tests(script.tree))
        },
        {script.name: requests for script in loads if _is_profile(script, imported)},
        {name: unit for script in journeys for name, unit in _measures(script.tree)},
        {name: place for script in journeys if script.name.startswith("test_") for name, place in _places(script)},
        tuple(script.fault for script in (*journeys, *loads) if script.fault),
        {name: facts for script in journeys if script.name.startswith("test_") for name, facts in _facts(script)},
    )


def _is_profile(script: _Script, imported: Collection[str]) -> bool:
    """Whether a file of `loadtests` is a profile, and not a module of users that profiles share."""
    if script.name.startswith("_") or script.name == "conftest":
        return False
    return script.name not in imported or script.tree is None or _has_shape(script.tree)


def _imports(tree: ast.Module | None) -> Iterator[str]:
    """Yield the first part of the name of every module that a script imports."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from [node.module.partition(".")[0]] if node.module else (alias.name for alias in node.names)


def _has_shape(tree: ast.Module) -> bool:
    bases = (ast.unparse(base) for node in tree.body if isinstance(node, ast.ClassDef) for base in node.bases)
    return any(base.endswith("Shape") for base in bases)


def journeys_in(path: Path) -> dict[str, str]:
    """Return the journeys of one module by their tests (`TestShop::test_pay`), whichever of them pytest was asked to run."""
    script = _read(path, path.name)
    tests = _tests(script.tree)
    return dict(zip(tests, journey_names(script.name, tests), strict=False))


def _places(script: _Script) -> Iterator[tuple[str, str]]:
    """Yield each journey of a module with pytest's name for it: the whole file where it holds but one."""
    file, tests = f"journeys/{script.name}.py", list(_tests(script.tree))
    names = journey_names(script.name, tests)
    return zip(names, [f"{file}::{test}" for test in tests] if len(tests) > 1 else [file], strict=False)


def journey_names(module: str, tests: Iterable[str]) -> tuple[str, ...]:
    """Return the journeys of a module `test_<name>`: its first test is `<name>`, a further `test_<rest>` is `<name>-<rest>`.

    Where one before has that name already, as a class may, `TestShop::test_<rest>` is `<name>-Shop-<rest>`.
    """
    name = module.removeprefix("test_")
    names = [name]
    for test in list(tests)[1:]:
        of, _, function = test.rpartition("::")
        rest = function.removeprefix("test_")
        plain = f"{name}-{rest}"
        names.append(f"{name}-{of.removeprefix('Test') or of}-{rest}" if plain in names else plain)
    return tuple(names)


def _scripts(root: Path, folder: str) -> list[_Script]:
    return [_read(path, f"{folder}/{path.name}") for path in sorted((root / folder).glob("*.py"))]


def _read(path: Path, shown: str) -> _Script:
    try:
        return _Script(path.stem, ast.parse(path.read_bytes(), shown))
    except SyntaxError as error:
        fault = Fault(shown, error.lineno, "", f"not Python: {error.msg}", f"the line is: {error.text.strip()[:80]}" if error.text else "")
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        fault = Fault(shown, None, "", f"cannot be read: {error}")
    return _Script(path.stem, None, fault)


def _union(found: Iterable[Names]) -> Names:
    together = Names()
    for names in found:
        together |= names
    return together


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _tests(tree: ast.Module | None) -> dict[str, tuple[_Function, ast.ClassDef | None]]:
    """Return a module's tests as pytest names them within it, in order, each with the class that it stands in."""
    found: dict[str, tuple[_Function, ast.ClassDef | None]] = {}
    for node in tree.body if tree else ():
        within = node if isinstance(node, ast.ClassDef) and node.name.startswith("Test") else None
        for each in within.body if within else [node]:
            if isinstance(each, _Function) and each.name.startswith("test"):
                found[f"{within.name}::{each.name}" if within else each.name] = each, within
    return found


def _facts(script: _Script) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield each journey that states facts, with those that are literal texts; the nearest marker wins, as in pytest."""
    tests = _tests(script.tree)
    for name, (function, within) in zip(journey_names(script.name, tests), tests.values(), strict=False):
        facts = {**_stated(script.tree), **_stated(within), **_stated(function)}
        if facts:
            yield name, facts


def _stated(node: ast.Module | ast.ClassDef | _Function | None) -> dict[str, str]:
    """Return what the markers of a module, a class or a test state: its decorators', and those of `pytestmark`."""
    marks = list(node.decorator_list) if isinstance(node, ast.ClassDef | _Function) else []  # of two, pytest heeds the one below
    for line in node.body if isinstance(node, ast.Module | ast.ClassDef) else ():
        named = line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
        if isinstance(line, ast.Assign | ast.AnnAssign) and line.value and "pytestmark" in map(ast.unparse, named):
            marks += reversed(line.value.elts) if isinstance(line.value, ast.List | ast.Tuple) else [line.value]
    calls = [mark for mark in marks if isinstance(mark, ast.Call) and f".{ast.unparse(mark.func)}".endswith(".mark.journey")]
    return {word.arg: text for call in calls for word in call.keywords if word.arg and (text := _literal(word.value)) is not None}


def _calls(tree: ast.AST, *methods: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
            yield node


def _literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    if len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _steps(tree: ast.Module | None) -> Names:
    """Return the steps of a module; a step within another is `outer/inner`."""
    if tree is None:
        return Names(open=True)
    found: set[str] = set()
    _walk_steps(tree, "", found)
    literal = frozenset(name for name in found if name)
    return Names(literal, open="" in found)


def _walk_steps(node: ast.AST, outer: str, found: set[str]) -> None:
    """Add the steps below a node to `found`; "" stands for one that cannot be known."""
    for child in ast.iter_child_nodes(node):
        inner = outer
        if isinstance(child, ast.With | ast.AsyncWith):
            for item in child.items:
                for call in _calls(item.context_expr, "step"):
                    name = _literal(_argument(call, 0, "name"))
                    inner = "" if name is None else f"{inner}/{name}" if inner else name
                    found.add(inner)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inner = ""
        _walk_steps(child, inner, found)


def _requests(tree: ast.Module | None) -> Names:
    """Return the requests of a module as `METHOD name`, where the name is `name=` or else the path."""
    if tree is None:
        return Names(open=True)
    found: set[str | None] = set()
    for call in _calls(tree, *_METHODS, "request"):
        if "client" not in ast.unparse(call.func):
            continue
        generic = isinstance(call.func, ast.Attribute) and call.func.attr == "request"
        method = _literal(_argument(call, 0, "method")) if generic else str(getattr(call.func, "attr", ""))
        named = next((keyword.value for keyword in call.keywords if keyword.arg == "name"), None)
        name = _literal(named or _argument(call, 1 if generic else 0, "path"))
        found.add(f"{method.upper()} {name}" if method and name else None)
    return Names(frozenset(name for name in found if name), open=None in found)


def _measures(tree: ast.Module | None) -> Iterator[tuple[str, str]]:
    """Yield the names and base units of a script's own measurements."""
    for call in _calls(tree, "measure") if tree else ():
        name = _literal(_argument(call, 0, "name"))
        if name is not None:
            yield name, base_unit(_literal(_argument(call, 2, "unit")) or "")
