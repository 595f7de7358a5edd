"""Checks names in blocks of Python, in a process of its own: importing Locust patches the interpreter. Prints what is wrong."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path

# Locust first: it must patch before anything else is imported.
import locust
from locust.util.load_locustfile import load_locustfile

from footfall.browser.journey import Journey


def faults(text: str, folder: Path) -> Iterator[str]:
    """Yield what is wrong with a block."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("footfall"):
            module = importlib.import_module(str(node.module))
            yield from (f"{node.module} has no {name.name}" for name in node.names if not hasattr(module, name.name))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "journey" and not _has(node.attr):
            yield f"a journey has no {node.attr}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "journey":
            yield from _misfit(node, getattr(Journey, node.func.attr, None))
    if text.startswith("# loadtests/"):
        path = folder / "profile.py"
        path.write_text(text)
        users, shapes = load_locustfile(str(path))[:2] if "StagedShape" in text or "ArrivalShape" in text else ({"": locust.User}, {})
        if not users and not shapes:
            yield "Locust finds neither users nor a shape"


def _has(name: str) -> bool:
    return hasattr(Journey, name) or f"self.{name} = " in inspect.getsource(Journey)


def _misfit(call: ast.Call, method: object) -> Iterator[str]:
    if not callable(method):
        return
    try:
        inspect.signature(method).bind(None, *call.args, **{word.arg: word.value for word in call.keywords if word.arg})
    except TypeError as error:
        yield f"{ast.unparse(call)}: {error}"


def main() -> int:
    """Print the faults of all blocks in the JSON file that is named."""
    path = Path(sys.argv[1])
    for name, text in json.loads(path.read_text()).items():
        for fault in faults(text, path.parent):
            sys.stdout.write(f"{name}: {fault}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
