"""`footfall history baseline`: which runs "as before" means for a target."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from footfall.cli.output import say

app = typer.Typer(help='Which runs "as before" means: set, show, clear.', no_args_is_help=True, rich_markup_mode=None)

TARGET = Annotated[str | None, typer.Option("--target", "-t", help="Of which target; the default one without it.")]


@app.command("set")
def set_(
    target: TARGET = None,
    branch: Annotated[str | None, typer.Option("--branch", help="Only runs of this branch.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Only this run (id, its beginning, or `latest`) and later ones.")] = None,
    note: Annotated[str, typer.Option("--note", help="Why: shown by `show`.")] = "",
) -> int:
    """Say which runs count, in the place of what was said before.

    With --since, after a change that was meant: what came before it is no measure any more.
    """
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.errors import UsageError  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415
    from footfall.store.baselines import Baseline, set_baseline  # noqa: PLC0415

    if branch is None and since is None:
        raise UsageError("nothing says which runs count", hint="name --branch, --since, or both")
    workplace = open_workplace()
    name = workplace.suite.target(target).name
    first = reader.run(workplace.store, since) if since is not None else None
    if first is not None and first.run.target != name:
        raise UsageError(
            f"run {first.id} measured {first.run.target}, not {name}", hint=f"name --target {first.run.target}, or another run"
        )
    set_baseline(workplace.store, Baseline(name, branch, first.run.started if first else None, first.id if first else "", note))
    return show(name)


@app.command("show")
def show(target: TARGET = None, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> int:
    """Show which runs count now."""
    from footfall.cli.gather import usual  # noqa: PLC0415
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.clock import to_text  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415
    from footfall.store.baselines import baseline  # noqa: PLC0415

    workplace = open_workplace()
    name = workplace.suite.target(target).name
    before, said = usual(workplace, name), baseline(workplace.store, name)
    count = reader.usable_runs(workplace.store, name, branches=before.branches, since=before.since)
    if json:
        since = to_text(before.since) if before.since else None
        told = {"target": name, "branches": before.branches, "since": since, "runs": count, "set": said is not None}
        say(json_module.dumps({**told, "note": said.note if said else ""}, indent=2))
        return 0
    branches = " or ".join(branch or "no branch" for branch in before.branches)
    since = f", begun {before.since:%Y-%m-%d %H:%M:%S} UTC or later (from run {said.since_run})" if before.since and said else ""
    note = f" ({said.note})" if said and said.note else ""
    say(f"{name}: the newest comparable runs of {branches}{since} that did not fail; {count} are stored{note}")
    if said is None:
        say("nobody has set it: `footfall history baseline set --branch NAME` does, or `baseline_branch` in [gate]")
    return 0


@app.command("clear")
def clear(target: TARGET = None) -> int:
    """Forget what was set; the suite's `baseline_branch`, or main and master, count again."""
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.store.baselines import clear_baseline  # noqa: PLC0415

    workplace = open_workplace()
    name = workplace.suite.target(target).name
    was = clear_baseline(workplace.store, name)
    say(f"{name}: {'cleared' if was else 'nothing was set'}")
    return 0
