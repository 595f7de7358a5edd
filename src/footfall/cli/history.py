"""`footfall history`: the runs that the store holds."""

from __future__ import annotations

import json as json_module
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO, cast

import typer

from footfall.cli import baseline
from footfall.cli.output import counted, say, visible

if TYPE_CHECKING:
    from footfall.store.changes import StoredChange
    from footfall.store.reader import RunRow

app = typer.Typer(
    help="The runs that the store holds: list, show, changes, baseline, prune, export, import.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(baseline.app, name="baseline")


@app.command("list")
def list_runs(
    last: Annotated[int, typer.Option("--last", min=1, help="How many of the newest runs.")] = 20,
    target: Annotated[str | None, typer.Option("--target", "-t", help="Only runs against this target.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List the newest runs."""
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    rows = reader.runs(open_workplace().store, limit=last, target=target)
    if json:
        say(json_module.dumps([_as_json(row) for row in rows], indent=2))
        return 0
    if not rows:
        say("no run is stored yet: `footfall gate` makes one")
        return 0
    from rich.table import Table  # noqa: PLC0415

    from footfall.cli.tables import print_table  # noqa: PLC0415

    table = Table("run", "started", "kind", "target", "commit", "outcome", "verdict", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        run = row.run
        started = run.started.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        told = (run.id, started, run.kind, run.target, run.commit[:9], row.outcome, row.verdict or "–")
        table.add_row(*map(visible, told))
    print_table(table)
    return 0


def _as_json(row: RunRow) -> dict[str, Any]:
    from footfall.clock import to_text  # noqa: PLC0415

    run = row.run
    return {
        "id": run.id,
        "started": to_text(run.started),
        "ended": to_text(row.ended) if row.ended else None,
        "kind": run.kind,
        "target": run.target,
        "commit": run.commit,
        "branch": run.branch,
        "location": run.location,
        "labels": dict(run.labels),
        "outcome": row.outcome,
        "verdict": row.verdict or None,
        "exit_code": row.exit_code,
    }


@app.command("show")
def show(
    run: Annotated[str, typer.Argument(help="A run's id, the beginning of it, or `latest`.")] = "latest",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show what one run saw."""
    from footfall.cli.places import placed  # noqa: PLC0415
    from footfall.cli.tables import print_figures  # noqa: PLC0415
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    store = open_workplace().store
    row = reader.run(store, run)
    if not json:
        verdict = f" · verdict {row.verdict}" if row.verdict else ""
        place = f" from {row.run.location}" if row.run.location else ""
        say(f"{row.run.kind} of {row.run.target}{place}, {row.run.started:%Y-%m-%d %H:%M:%S} UTC · {row.outcome}{verdict}\n")
    print_figures(store, row.id, json=json, placed=placed(store, row.run.target, row.ended or row.run.started))
    return 0


@app.command("changes")
def list_changes(
    target: Annotated[str | None, typer.Option("--target", "-t", help="Only changes of this target's series.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=36525, help="How far back to look.")] = 90,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List the changes of level that trends tell of, newest first, with the commits between."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    from footfall.cli.course import change_words  # noqa: PLC0415
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.report.clean import cleaned  # noqa: PLC0415
    from footfall.report.words import day, series_place  # noqa: PLC0415
    from footfall.store.changes import stored_changes  # noqa: PLC0415

    found = cleaned(tuple(stored_changes(open_workplace().store, target=target, since=datetime.now(UTC) - timedelta(days=days))))
    if json:
        say(json_module.dumps([_change_as_json(change) for change in found], indent=2))
        return 0
    for change in found:
        say(f"{day(change.at)}  {series_place(change.series)}: {change_words(change)}")
        for name, line in change.commits.listed:
            say(f"    {name} {line}")
        if change.commits.more:
            say(f"    and {change.commits.more} more")
    if not found:
        say(f"no change of level is on record in {counted(days, 'day')}: it takes 20 runs that are alike before one is told")
    return 0


def _change_as_json(change: StoredChange) -> dict[str, Any]:
    from footfall.clock import to_text  # noqa: PLC0415

    plain = asdict(change)
    moments = {name: to_text(plain[name]) if plain[name] else None for name in ("at", "until", "found")}
    kind, commits = "drift" if change.drift else "step", [{"commit": name, "message": line} for name, line in change.commits.listed]
    series = {**plain["series"], "labels": change.series.label_map}
    return {
        **plain,
        **moments,
        "kind": kind,
        "series": series,
        "worse": change.worse,
        "commits": commits,
        "more_commits": change.commits.more,
    }


@app.command("export")
def export(
    runs: Annotated[list[str] | None, typer.Argument(help="Runs to export; all of them without one.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; stdout without it.")] = None,
) -> int:
    """Write runs as JSON lines, one object each (see `footfall docs data#one-form`)."""
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.store.interchange import export as lines_of  # noqa: PLC0415

    lines = lines_of(open_workplace().store, runs or None)
    if output is None:
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return 0
    with _open(output, "w", "written") as file:
        file.writelines(f"{line}\n" for line in lines)
    return 0


@app.command("import")
def import_runs(source: Annotated[Path, typer.Argument(help="A file of JSON lines; `-` for stdin.")]) -> int:
    """Take in what `footfall history export` wrote; runs that are here already are left alone."""
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.store.interchange import import_lines  # noqa: PLC0415

    workplace = open_workplace()
    if str(source) == "-":
        done = import_lines(workplace.store, sys.stdin, workplace.root)
    else:
        with _open(source, "r", "read") as file:
            done = import_lines(workplace.store, file, workplace.root)
    say(f"imported {counted(len(done.taken), 'run')}; {len(done.known)} were here already")
    return 0


@app.command("prune")
def prune(
    keep: Annotated[int | None, typer.Option("--keep", min=0, help="Keep this many of the newest runs.")] = None,
    before: Annotated[str | None, typer.Option("--before", help="Forget runs that are older: `30d`, `12h`.")] = None,
) -> int:
    """Forget old runs and remove their results.

    With both options a run goes when it is old and not among the newest.
    """
    import shutil  # noqa: PLC0415
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.errors import UsageError  # noqa: PLC0415
    from footfall.metrics import parse_duration  # noqa: PLC0415
    from footfall.store.prune import prune as forget  # noqa: PLC0415

    if keep is None and before is None:
        raise UsageError("nothing says which runs to forget", hint="name --keep, --before, or both")
    try:
        age = None if before is None else timedelta(milliseconds=parse_duration(before))
    except ValueError as error:
        raise UsageError(f"--before: {error}") from error
    workplace = open_workplace()
    gone = forget(workplace.store, before=datetime.now(UTC) - age if age else None, keep=keep)
    for run in gone:
        shutil.rmtree(workplace.results(run), ignore_errors=True)
    say(f"forgot {len(gone)} runs")
    return 0


def _open(path: Path, mode: str, verb: str) -> TextIO:
    from footfall.errors import UsageError  # noqa: PLC0415

    try:
        return cast("TextIO", path.open(mode, encoding="utf-8", newline="\n"))
    except OSError as error:
        raise UsageError(f"{path} cannot be {verb}: {error.strerror}") from error
