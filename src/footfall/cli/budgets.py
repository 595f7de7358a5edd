"""`footfall budgets`: look after thresholds.toml without measuring anything."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from footfall.cli.output import say

app = typer.Typer(help="Look after thresholds.toml without measuring anything.", no_args_is_help=True, rich_markup_mode=None)


@app.command("check")
def check(json: Annotated[bool, typer.Option("--json", help="Print the budgets as JSON.")] = False) -> int:
    """Validate footfall.toml and thresholds.toml; every fault is told with its line, and exits 2."""
    from footfall.cli.workplace import budgets_of, check_scripts, open_suite  # noqa: PLC0415

    suite = open_suite()
    check_scripts(suite)
    found = budgets_of(suite)
    if json:
        rows = [
            {"key": budget.key, "line": budget.line, **{level: str(limit) for level, limit in budget.levels}} for budget in found.budgets
        ]
        say(json_module.dumps({"budgets": rows, "notes": [str(note) for note in found.notes]}, indent=2))
        return 0
    for note in found.notes:
        say(f"! {note}")
    say(f"✓ footfall.toml and thresholds.toml are right: {len(found.budgets)} budgets")
    return 0


@app.command("explain")
def explain() -> int:
    """Say each budget in words."""
    from footfall.cli.workplace import budgets_of, open_suite  # noqa: PLC0415
    from footfall.gate.words import explain as in_words  # noqa: PLC0415

    for budget in budgets_of(open_suite()).budgets:
        say(f"{budget.key}\n    {in_words(budget)}")
    return 0
