"""`footfall compare`: two stored runs side by side."""

from __future__ import annotations

import json as json_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from footfall.cli.workplace import Workplace
    from footfall.report.compare import Difference, Side, TwoRuns
    from footfall.store.reader import RunRow

MOST = 40


def compare(
    before: Annotated[str, typer.Argument(help="The earlier run: its id, the beginning of it, or `latest`.")],
    after: Annotated[str, typer.Argument(help="The later run.")] = "latest",
    everything: Annotated[bool, typer.Option("--all", help="Show every figure, not only the usual ones.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show two stored runs side by side, and what differs beyond their noise.

    Writes out/<later run>/compare-<earlier run>.html too. Exits 0 whatever it finds: `footfall gate --against` measures two
    deployments in turn and judges.
    """
    from footfall.cli.output import say  # noqa: PLC0415
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.errors import UsageError  # noqa: PLC0415
    from footfall.report.compare import compare_runs  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    workplace = open_workplace()
    rows = [reader.run(workplace.store, name) for name in (before, after)]
    if rows[0].id == rows[1].id:
        raise UsageError("both names mean the same run", hint="`footfall history list` shows the runs")
    sides = [(_side(row), reader.evidence(workplace.store, row.id)) for row in rows]
    two = compare_runs(*sides)
    page = _write(workplace, two)
    if json:
        say(json_module.dumps(_as_json(two), indent=2))
        return 0
    _print(two, everything=everything)
    say(f"\n  report   {page}")
    return 0


def _side(row: RunRow) -> Side:
    from footfall.report.compare import Side  # noqa: PLC0415

    return Side(row.run, row.ended, row.outcome, row.verdict)


def _write(workplace: Workplace, two: TwoRuns) -> str:
    from footfall.cli.results import write_page  # noqa: PLC0415
    from footfall.report.charts.bars import pair_bar  # noqa: PLC0415
    from footfall.report.view import build_view  # noqa: PLC0415

    view = build_view(two.after.run, suite=workplace.suite.name)
    name = f"compare-{two.before.run.id}.html"
    return write_page(workplace, view, "_compare.html", name, {"two": two, "pair_bar": pair_bar})


def _print(two: TwoRuns, *, everything: bool) -> None:
    from rich.table import Table  # noqa: PLC0415

    from footfall.cli.output import say  # noqa: PLC0415
    from footfall.cli.tables import print_table  # noqa: PLC0415

    say(two.headline)
    for remark in two.remarks:
        say(f"! {remark}")
    kept = [each for each in two.differences if everything or each.sure or each.apart or _matters(each)]
    table = Table("", "figure", "before", "after", "change", "", box=None, pad_edge=False, header_style="bold")
    for each in kept if everything else kept[:MOST]:
        table.add_row(each.place, each.name, *each.texts, each.word)
    say("")
    print_table(table)
    if len(kept) > MOST and not everything:
        say(f"and {len(kept) - MOST:,} more: --all shows them")


def _matters(each: Difference) -> bool:
    return each.series.metric in {"success", "duration", "latency", "errors", "throughput", "lcp", "inp", "cls"}


def _as_json(two: TwoRuns) -> dict[str, Any]:
    return {
        "before": two.before.run.id,
        "after": two.after.run.id,
        "remarks": list(two.remarks),
        "differences": [
            {
                "series": {**vars(each.series), "labels": each.series.label_map},
                "figure": each.name,
                "unit": each.unit,
                "before": each.before,
                "after": each.after,
                "change": each.change,
                "sure": each.sure,
                "judged": each.judged,
                "apart": each.apart,
                "worse": each.worse,
            }
            for each in two.differences
        ],
    }
