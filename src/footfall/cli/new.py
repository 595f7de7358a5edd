"""`footfall new`: draft what a suite consists of."""

from __future__ import annotations

import keyword
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from footfall.cli.new_ci import ci
from footfall.cli.new_deploy import deploy
from footfall.cli.new_report import report

if TYPE_CHECKING:
    from footfall.config.suite import Suite

app = typer.Typer(
    help="Draft a journey, a load profile or a report; lay out a CI job or containers.", no_args_is_help=True, rich_markup_mode=None
)

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_USERS = 20


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

    suite = open_suite()
    path = _place(suite, "journey", name, f"journeys/test_{name}.py", force=force)
    script = _read(from_script) if from_script else _recorded(suite, target, url)
    drafted = draft(name, script, url)
    path.parent.mkdir(exist_ok=True)
    path.write_text(drafted.text, encoding="utf-8")
    say(f"{path.relative_to(suite.root)}: {len(drafted.steps)} steps ({', '.join(drafted.steps)})")
    for secret in drafted.secrets:
        say(f"  a password was typed: it is not in the draft, set the environment variable {secret}")
    say(f"  next: say in each step what the customer sees, then `footfall journey {name}`")
    return 0


app.command("ci")(ci)
app.command("deploy")(deploy)
app.command("report")(report)


@app.command("profile")
def profile(
    name: Annotated[str, typer.Argument(help="The profile's name: `checkout` becomes loadtests/checkout.py.")],
    from_har: Annotated[
        Path | None, typer.Option("--from-har", help="Draft it from this HAR file: what a browser asked of your site on one walk.")
    ] = None,
    assets: Annotated[bool, typer.Option("--assets", help="Ask for style sheets, scripts, pictures and fonts too.")] = False,
    target: Annotated[str | None, typer.Option("--target", "-t", help="The site that it is for: a target of footfall.toml.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a profile of that name.")] = False,
) -> int:
    """Draft a load profile: users who ask what a browser asked, at its pace, with what came back put in where it was sent on.

    Without a HAR file they open the first page. Requests to other sites are left out. The draft never sends more users than the
    target's allow_load.
    """
    from footfall.cli.output import say  # noqa: PLC0415
    from footfall.cli.workplace import open_suite  # noqa: PLC0415
    from footfall.load.draft import draft  # noqa: PLC0415
    from footfall.load.har import Asked, Recording, read_har  # noqa: PLC0415

    suite = open_suite()
    path = _place(suite, "profile", name, f"loadtests/{name}.py", force=force)
    allowed = suite.target(target)
    recording = read_har(_read(from_har), assets=assets) if from_har else Recording("", (Asked(0, 0, "GET", "/"),), {})
    drafted = draft(name, from_har.name if from_har else "", recording, min(_USERS, allowed.allow_load or _USERS))
    path.parent.mkdir(exist_ok=True)
    path.write_text(drafted.text, encoding="utf-8")
    left_out = "".join(f"; left out {count} {why}" for why, count in recording.left_out.items())
    say(f"{path.relative_to(suite.root)}: {len(recording.asked)} requests{left_out}")
    for secret in drafted.secrets:
        say(f"  a secret was sent: it is not in the draft, set the environment variable {secret}")
    if not (allowed.demo or allowed.allow_load):
        say(f"  {allowed.name} has no `allow_load` in footfall.toml yet: the most users that you may send there")
    say(f"  next: read it, then `footfall load {name} --users 1 --run-time 10s`, and budgets in [load.{name}] of thresholds.toml")
    return 0


def _place(suite: Suite, kind: str, name: str, where: str, *, force: bool) -> Path:
    """Return where a draft goes. Raises UsageError for what is no name, or a file that is there."""
    from footfall.errors import UsageError  # noqa: PLC0415

    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        plain = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_0123456789") or "booking"
        plain += "_" if keyword.iskeyword(plain) else ""
        raise UsageError(f"{name!r} is no name for a {kind}", hint=f"small letters, digits and _, as in {plain}")
    path = suite.root / where
    if path.exists() and not force:
        raise UsageError(f"{where} is there already", hint="choose another name, or overwrite it with --force")
    return path


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
