"""`footfall budgets`: look after thresholds.toml without measuring anything."""

from __future__ import annotations

import json as json_module
from typing import TYPE_CHECKING, Annotated

import typer

from footfall.cli.output import counted, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from footfall.cli.workplace import Workplace
    from footfall.gate.budget import Budget
    from footfall.gate.evidence import Observation
    from footfall.gate.suggest import Suggestion
    from footfall.gate.verdict import Verdict
    from footfall.samples import Series
    from footfall.stats import Figures
    from footfall.store.reader import RunRow

app = typer.Typer(help="Look after thresholds.toml without measuring anything.", no_args_is_help=True, rich_markup_mode=None)
SEARCHED = 10
"""How many of the newest runs are searched for a budget's last figures."""


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
        slos = [{"name": slo.name, "line": slo.line, "objective": slo.objective} for slo in found.slos]
        say(json_module.dumps({"budgets": rows, "slos": slos, "notes": [str(note) for note in found.notes]}, indent=2))
        return 0
    for note in found.notes:
        say(f"! {note}")
    objectives = f", {counted(len(found.slos), 'objective')}" if found.slos else ""
    say(f"✓ footfall.toml and thresholds.toml are right: {counted(len(found.budgets), 'budget')}{objectives}")
    return 0


@app.command("explain")
def explain(
    target: Annotated[str | None, typer.Option("--target", "-t", help="Whose last figures are shown.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Say each budget and objective in words, with its last figures."""
    from footfall.cli.gather import slo_statuses  # noqa: PLC0415
    from footfall.cli.workplace import budgets_of, open_workplace  # noqa: PLC0415
    from footfall.clock import SystemClock  # noqa: PLC0415
    from footfall.gate.slo import reason  # noqa: PLC0415
    from footfall.gate.words import explain as in_words  # noqa: PLC0415
    from footfall.gate.words import explain_slo  # noqa: PLC0415

    workplace = open_workplace()
    found = budgets_of(workplace.suite)
    name = workplace.suite.target(target).name
    last = _last_verdicts(workplace, name, found.budgets)
    rows = [
        {"key": budget.key, "words": in_words(budget), "last": [_as_told(*seen) for seen in last.get(budget.key, ())]}
        for budget in found.budgets
    ]
    rows += [
        {"key": f"slo.{stands.slo.name}", "words": explain_slo(stands.slo), "last": [reason(stands)]}
        for stands in slo_statuses(workplace, name, found.slos, SystemClock().now())
    ]
    if json:
        say(json_module.dumps({"target": name, "budgets": rows}, indent=2))
        return 0
    for row in rows:
        say(f"{row['key']}\n    {row['words']}")
        for line in row["last"] or ["not seen yet"]:
            say(f"    last: {line}")
    return 0


def _last_verdicts(workplace: Workplace, target: str, budgets: Sequence[Budget]) -> Mapping[str, list[tuple[Verdict, RunRow]]]:
    """Return by key the verdicts of the newest run that a budget was held against."""
    from footfall.cli.judge import judge  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    found: dict[str, list[tuple[Verdict, RunRow]]] = {}
    for row in reader.runs(workplace.store, limit=SEARCHED, target=target):
        missing = [budget for budget in budgets if budget.key not in found]
        if not missing:
            break
        fresh: dict[str, list[tuple[Verdict, RunRow]]] = {}
        for verdict in judge(workplace, row, missing).verdicts:
            if verdict.figure is not None and verdict.pairs is None:
                fresh.setdefault(verdict.key, []).append((verdict, row))
        found |= fresh
    return found


def _as_told(verdict: Verdict, row: RunRow) -> str:
    from footfall.gate.verdict import GLYPHS  # noqa: PLC0415

    where = verdict.series.title if verdict.series else verdict.subject
    return f"{GLYPHS[verdict.outcome]} {where}: {verdict.reason} (run {row.id}, {row.run.started:%Y-%m-%d})"


@app.command("suggest")
def suggest(
    target: Annotated[str | None, typer.Option("--target", "-t", help="Whose history it rests on.")] = None,
    last: Annotated[int, typer.Option("--last", min=1, help="How many of the newest comparable runs.")] = 90,
    write: Annotated[bool, typer.Option("--write", help="Change thresholds.toml; without it nothing is written.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Propose limits from history, as a diff of thresholds.toml with the reason for each."""
    from footfall.cli.workplace import budgets_of, open_workplace  # noqa: PLC0415
    from footfall.config.rewrite import diff, rewritten  # noqa: PLC0415
    from footfall.config.thresholds import FILE  # noqa: PLC0415
    from footfall.gate.suggest import FEWEST_RUNS  # noqa: PLC0415

    workplace = open_workplace()
    path = workplace.root / FILE
    history = _histories(workplace, workplace.suite.target(target).name, last)
    found = list(_suggestions(budgets_of(workplace.suite).budgets, history))
    text = path.read_text("utf-8")
    changes = [(each.budget.line or 1, each.now, each.then, each.reason) for each in found]
    if json:
        rows = [{"key": s.budget.key, "level": s.level, "now": str(s.now), "then": str(s.then), "reason": s.reason} for s in found]
        say(json_module.dumps({"suggestions": rows, "written": write and bool(rows)}, indent=2))
    elif (most := max((len(figures) for _, figures in history), default=0)) < FEWEST_RUNS:
        say(f"nothing to propose: it takes {FEWEST_RUNS} comparable runs before one of the newest {SEARCHED} gates, and there are {most}")
    elif not found:
        say(f"nothing to propose: what has enough history ({FEWEST_RUNS} comparable runs) has a limit that fits it")
    else:
        say(diff(text, changes, FILE))
    if write and found:
        path.write_text(rewritten(text, changes), "utf-8")
    if not json and found:
        say(f"{FILE} is changed" if write else "nothing was written: `footfall budgets suggest --write` does it")
    return 0


def _histories(workplace: Workplace, target: str, last: int) -> list[tuple[Observation, Sequence[Figures]]]:
    """Return what is known of each series that the newest gates saw: before the newest one that has history enough, else the most.

    The newest gate of all may have none: it was compared with another deployment, or walked another number of iterations. Of a series
    that changed its level only what was seen since is taken, where that is enough.
    """
    from footfall.cli.gather import usual  # noqa: PLC0415
    from footfall.gate.suggest import FEWEST_RUNS  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    before = usual(workplace, target)
    found: dict[Series, Sequence[Figures]] = {}
    seen: dict[Series, Observation] = {}
    rows = reader.runs(workplace.store, limit=SEARCHED, target=target, kind="gate")
    for row in rows:
        for series, figures in reader.history(workplace.store, row.id, last=last, branches=before.branches, since=before.since).items():
            if series not in found or len(found[series]) < min(FEWEST_RUNS, len(figures)):
                found[series] = figures
        seen = {each.series: each for each in reader.evidence(workplace.store, row.id)} | seen
        if all(len(figures) >= FEWEST_RUNS for figures in found.values()):
            break
    for since, changed in _changed_levels(workplace, target, found).items():
        if before.since is None or since > before.since:
            lately = reader.history(workplace.store, rows[0].id, last=last, branches=before.branches, since=since)
            found |= {series: lately[series] for series in changed if len(lately.get(series, ())) >= FEWEST_RUNS}
    return [(seen[series], figures) for series, figures in found.items()]


def _changed_levels(workplace: Workplace, target: str, known: Collection[Series]) -> Mapping[datetime, list[Series]]:
    """Return since when which of these series stand on the level that they have now."""
    from footfall.store.changes import stored_changes  # noqa: PLC0415

    newest: dict[Series, datetime] = {}
    for change in stored_changes(workplace.store, target=target):  # newest first
        newest.setdefault(change.series, change.until or change.at)
    found: dict[datetime, list[Series]] = {}
    for series, at in newest.items():
        if series in known:
            found.setdefault(at, []).append(series)
    return found


def _suggestions(budgets: Sequence[Budget], history: Sequence[tuple[Observation, Sequence[Figures]]]) -> Iterator[Suggestion]:
    """Yield what the history of these series suggests."""
    from footfall.gate.evidence import Evidence  # noqa: PLC0415
    from footfall.gate.matching import match  # noqa: PLC0415
    from footfall.gate.suggest import suggest as propose  # noqa: PLC0415

    known = {seen.series: figures for seen, figures in history}
    own: dict[int, dict[Series, Sequence[Figures]]] = {}
    for case in match(budgets, Evidence(tuple(seen for seen, _ in history))):
        own.setdefault(budgets.index(case.budget), {}).update({seen.series: known[seen.series] for seen in case.observations})
    for index, series in own.items():
        budget = budgets[index]
        yield from propose(budget, series, budget.metric.kind)
