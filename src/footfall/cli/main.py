"""The `footfall` command: its subcommands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from footfall import __version__
from footfall.cli import (
    alerts,
    budgets,
    capacity,
    compare,
    demo,
    deployment,
    doctor,
    gate,
    history,
    incidents,
    init,
    journey,
    load,
    new,
    probe,
    report,
    watch,
)
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


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"footfall {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")] = False,
) -> None:
    del version


PASS_THROUGH = {"allow_extra_args": True}

app.command("init")(init.init)
app.command("gate")(gate.gate)
app.command("journey", context_settings=PASS_THROUGH)(journey.journey)
app.command("cleanup")(journey.cleanup)
app.command("load", context_settings=PASS_THROUGH)(load.load)
app.command("capacity")(capacity.capacity)
app.command("probe")(probe.probe)
app.command("watch")(watch.watch)
app.command("report")(report.report)
app.command("compare")(compare.compare)
app.add_typer(budgets.app, name="budgets")
app.add_typer(history.app, name="history")
app.add_typer(deployment.app, name="deployment")
app.add_typer(incidents.app, name="incidents")
app.add_typer(alerts.app, name="alerts")
app.add_typer(new.app, name="new")
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error of a user's becomes a message without a traceback."""
    try:
        return int(app(list(argv) if argv is not None else None, standalone_mode=False) or 0)
    except TyperException as error:
        return _explain(UsageError(error.format_message(), hint=_help_for(sys.argv[1:] if argv is None else argv)))
    except FootfallError as error:
        return _explain(error)
    except Exception:  # noqa: BLE001  # a supervision point: whatever else happens is a fault of footfall itself
        return _confess()


def _help_for(argv: Sequence[str]) -> str:
    """Say where help is for a command line that is wrong: the nearest command, or the command's own help."""
    known = [command.name for command in app.registered_commands if command.name] + [
        group.name for group in app.registered_groups if group.name
    ]
    if argv and not argv[0].startswith("-") and argv[0] not in known:
        return did_you_mean(argv[0], known)
    return f"`{' '.join(['footfall', *argv[:1]])} --help` explains it"


def _explain(error: FootfallError) -> int:
    sys.stderr.write(visible(f"footfall: {error.message}\n"))
    if error.hint:
        sys.stderr.write(visible(f"  → {error.hint}\n"))
    return error.exit_code


def _confess() -> int:
    import traceback  # noqa: PLC0415  # only when things went wrong

    traceback.print_exc()
    sys.stderr.write("footfall: this is a fault of footfall itself, not of your suite; please report it with the lines above\n")
    return 70
