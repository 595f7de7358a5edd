"""`footfall schema`: the JSON Schemas of footfall.toml and thresholds.toml, for editors."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Annotated

import typer

from footfall.cli.output import say

FOLDER = ".footfall"
"""Beside what the suite measured: the first line of each TOML file points there."""


def schema(
    name: Annotated[str, typer.Argument(help="`footfall` or `thresholds`; with --write both.", show_default=False)] = "",
    write: Annotated[bool, typer.Option("--write", help="Write both into .footfall/, where the first line of each file points.")] = False,
) -> int:
    """Print the JSON Schema of footfall.toml or thresholds.toml.

    Editors that know TOML (Even Better TOML, taplo) complete and check both files with them.
    """
    from footfall.config.schema import FILES  # noqa: PLC0415
    from footfall.errors import UsageError, did_you_mean  # noqa: PLC0415

    if write and not name:
        from footfall.config.suite import find_suite  # noqa: PLC0415

        write_schemas(find_suite(Path.cwd()))
        return 0
    if name not in FILES:
        raise UsageError(f"no schema is called {name!r}" if name else "which schema?", hint=did_you_mean(name, FILES))
    say(schema_text(name).rstrip("\n"))
    return 0


def schema_text(name: str) -> str:
    """Return one of the schemas as JSON."""
    from footfall.config.schema import schema as schema_of  # noqa: PLC0415

    return json.dumps(schema_of(name), ensure_ascii=False, indent=1) + "\n"


def complete_schemas(root: Path) -> None:
    """Write both where there are none, as in a fresh clone; nobody asked for them, so where they cannot be written nothing is said."""
    from footfall.errors import UsageError  # noqa: PLC0415

    if not any((root / FOLDER).glob("*.schema.json")):
        with contextlib.suppress(UsageError):
            write_schemas(root)


def write_schemas(root: Path) -> None:
    """Write both schemas into a suite. Raises UsageError where it cannot be written."""
    from footfall.config.schema import FILES  # noqa: PLC0415
    from footfall.errors import UsageError  # noqa: PLC0415

    try:
        (root / FOLDER).mkdir(exist_ok=True)
        for name in FILES:
            (root / FOLDER / f"{name}.schema.json").write_text(schema_text(name), "utf-8")
    except OSError as error:
        raise UsageError(f"the schemas cannot be written into {root / FOLDER}: {error.strerror}") from error
