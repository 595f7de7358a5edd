"""`footfall new`: draft what a suite consists of."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from footfall.config.suite import Suite

app = typer.Typer(help="Draft a journey.", no_args_is_help=True, rich_markup_mode=None)

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@app.callback()
def _new() -> None:
    """Keep `footfall new journey` two words, though it is the only one."""


@app.command("journey")
def journey(
    name: Annotated[str, typer.Argument(help="The journey's name: `booking` becomes journeys/test_booking.py.")],
    url: Annotated[str, typer.Option(help="Where to begin (default: the target).")] = "",
    target: Annotated[str | None, typer.Option("--target", "-t", help="The site to record on: a target of footfall.toml.")] = None,
    from_script: Annotated[
        Path | None, typer.Option("--from-script", help="Convert this recorded Playwright script; opens no browser.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a journey of that name.")] = False,
) -> int:
    """Record a walk with Playwright's recorder and draft a journey from it, a step for each navigation and each button.

    Do in the browser what the customer does, close it, and read the draft: it says where a check of what the customer sees is missing.
    """
    from footfall.browser.draft import draft  # noqa: PLC0415
    from footfall.cli.output import say  # noqa: PLC0415
    from footfall.cli.workplace import open_suite  # noqa: PLC0415
    from footfall.errors import UsageError  # noqa: PLC0415

    suite = open_suite()
    if not _NAME.fullmatch(name):
        plain = re.sub(r"\W+", "_", name.lower()).strip("_") or "booking"
        raise UsageError(f"{name!r} is no name for a journey", hint=f"small letters, digits and _, as in {plain}")
    path = suite.root / "journeys" / f"test_{name}.py"
    if path.exists() and not force:
        raise UsageError(f"{path.relative_to(suite.root)} is there already", hint="choose another name, or overwrite it with --force")
    script = _read(from_script) if from_script else _recorded(suite, target, url)
    drafted = draft(name, script, url)
    path.parent.mkdir(exist_ok=True)
    path.write_text(drafted.text, encoding="utf-8")
    say(f"{path.relative_to(suite.root)}: {len(drafted.steps)} steps ({', '.join(drafted.steps)})")
    for secret in drafted.secrets:
        say(f"  a password was typed: it is not in the draft, set the environment variable {secret}")
    say(f"  next: say in each step what the customer sees, then `footfall journey {name}`")
    return 0


def _read(path: Path) -> str:
    from footfall.errors import UsageError  # noqa: PLC0415

    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from error


def _recorded(suite: Suite, target: str | None, url: str) -> str:
    from footfall.browser.recorder import record  # noqa: PLC0415
    from footfall.target import open_target  # noqa: PLC0415

    if url:
        return record(url, os.environ)
    with open_target(suite.target(target)) as live:
        return record(live.url, os.environ)
