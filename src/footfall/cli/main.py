"""The `footfall` command: its subcommands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from footfall import __version__
from footfall.cli.explained import page_of
from footfall.cli.output import visible
from footfall.errors import FootfallError, UsageError, did_you_mean

EXIT_CODES = """\b
Exit codes:
  0         every budget passed (or only warned)
  1         a budget failed or was missing, or a journey failed
  2         the command, a configuration file or a script is wrong
  3         could not judge: target unreachable, browser missing, generator saturated, inconclusive
  70        a fault of footfall itself
  130, 143  interrupted, terminated; what was measured is kept
"""

COMMANDS = {
    "init": "init",
    "gate": "gate",
    "journey": "journey",
    "cleanup": "journey",
    "load": "load",
    "capacity": "capacity",
    "probe": "probe",
    "watch": "watch",
    "report": "report",
    "compare": "compare",
    "budgets": "budgets",
    "history": "history",
    "deployment": "deployment",
    "incidents": "incidents",
    "alerts": "alerts",
    "new": "new",
    "demo": "demo",
    "doctor": "doctor",
    "schema": "schema",
    "docs": "docs",
}
"""Each command's module in this package. It holds a function of the command's name, or `app`: a group of commands."""
_PASS_THROUGH = frozenset({"journey", "load"})
"""What stands after `--` goes to pytest and Locust."""
_COMPLETION = "_FOOTFALL_COMPLETE"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"footfall {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")] = False,
) -> None:
    del version


def application(argv: Sequence[str] | None = None) -> typer.Typer:
    """Return the command line; for the words of one, only as much of it as they need: their command, or else the list of all.

    Typer reads every parameter of every command before it does anything, which takes longer than many commands do.
    """
    app = typer.Typer(
        name="footfall",
        help="Walk a site as its customers do, in a browser and in a crowd, and say whether it is still good enough.",
        epilog=EXIT_CODES,
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # Rich's help pages cost 200 ms of every `--help`
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    asked = [name for name in (argv or ())[:1] if name in COMMANDS]
    for name in asked or COMMANDS:
        _add(app, name, listed_only=argv is not None and not asked)
    return app


def _add(app: typer.Typer, name: str, *, listed_only: bool) -> None:
    module = import_module(f"footfall.cli.{COMMANDS[name]}")
    group: typer.Typer | None = getattr(module, "app", None)
    if listed_only:
        app.command(name, help=group.info.help if group else getattr(module, name).__doc__)(_nothing)
    elif group:
        app.add_typer(group, name=name)
    else:
        app.command(name, context_settings={"allow_extra_args": True} if name in _PASS_THROUGH else None)(getattr(module, name))


def _nothing() -> None:
    """Stand for a command where only its name and its words are wanted."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error of a user's becomes a message without a traceback."""
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        _check_command(words)
        answer = _completion() if _COMPLETION in os.environ else application(words)(words, standalone_mode=False)
        return int(answer or 0)
    except TyperException as error:
        message = error.format_message()
        if message.startswith("Usage: "):  # a command without the word that it needs: Typer raises its help
            sys.stderr.write(f"{message}\n")
            return UsageError.exit_code
        return _explain(UsageError(message, hint=_help_for(_command_of(error) or words[:1])))
    except typer.Abort:
        return _explain(UsageError("a question was not answered", hint=_help_for(words[:1])))
    except FootfallError as error:
        return _explain(error)
    except Exception:  # noqa: BLE001  # a supervision point: whatever else happens is a fault of footfall itself
        return _confess()


def _completion() -> Any:
    """Answer a shell that asks how the line that is being typed may go on."""
    from footfall.cli.complete import completing, typed  # noqa: PLC0415

    return completing(typer.main.get_command(application(typed(os.environ))))([], prog_name="footfall", standalone_mode=False)


def _check_command(words: Sequence[str]) -> None:
    """Raise UsageError for a command that there is not: Typer would name the nearest one in words of its own."""
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        raise UsageError(f"no command is called {words[0]!r}", hint=did_you_mean(words[0], COMMANDS))


def _command_of(error: Exception) -> list[str]:
    """Return the words of the command that refused its arguments (`history baseline set`), where the error knows it."""
    context = getattr(error, "ctx", None)
    found: list[str] = []
    while context is not None and context.parent is not None:
        found.insert(0, context.info_name or "")
        context = context.parent
    return found


def _help_for(words: Sequence[str]) -> str:
    """Say where help is for a command line that is wrong; `words` name the command, as far as it is known."""
    command = words if words and words[0] in COMMANDS else []
    return f"`{' '.join(['footfall', *command, '--help'])}` explains it"


def _explain(error: FootfallError) -> int:
    sys.stderr.write(visible(f"footfall: {error.message}\n"))
    if error.hint:
        sys.stderr.write(visible(f"  → {error.hint}\n"))
    if page := page_of(error):
        sys.stderr.write(visible(f"  more: footfall docs {page}\n"))
    return error.exit_code


def _confess() -> int:
    import traceback  # noqa: PLC0415  # only when things went wrong

    traceback.print_exc()
    sys.stderr.write("footfall: this is a fault of footfall itself, not of your suite; please report it with the lines above\n")
    return 70
