"""What a single measurement shows in the terminal: a table of figures, or the same as JSON."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from footfall.cli.output import visible, write_out
from footfall.gate.evidence import Observation
from footfall.load.honesty import distrust
from footfall.metrics import CATALOGUE, Kind, Source, format_quantity
from footfall.report.places import DAYS, Placed, place_tables
from footfall.samples import Event
from footfall.stats import Histogram
from footfall.store import reader
from footfall.store.writer import Store

if TYPE_CHECKING:
    from rich.table import Table

MOST_PROBLEMS = 10
_TAIL = {99.9: 10_000, 99.99: 100_000}
"""Requests that a percentile of the tail needs: ten of them lie beyond it."""


def print_figures(store: Store, run_id: str, *, json: bool, placed: Sequence[Placed] = ()) -> None:
    """Print what a run saw, on stdout: one row a journey, step, request or probe; and what locations saw beside it, where given."""
    observations = reader.evidence(store, run_id)
    if json:
        told = {**_as_json(store, run_id, observations), "locations": [asdict(each) for each in placed]}
        write_out(json_module.dumps(told, indent=2) + "\n")
        return
    for source in Source:
        _print_table([seen for seen in observations if seen.series.source == source and "phase" not in seen.series.label_map])
    for problem in problems(store, run_id)[:MOST_PROBLEMS]:
        write_out(f"✗ {problem}\n")
    for doubt in [*flaky(store, run_id)[:MOST_PROBLEMS], *_doubts(store, run_id, observations)]:
        write_out(f"! {doubt}\n")
    for note in _of_the_crowd(store, run_id, "note"):
        write_out(f"  {note}\n")
    if placed:
        print_places(placed)
    write_out(f"\n`footfall report --run {run_id}` draws it; `--json` tells everything\n")


_COLUMNS = (
    *("success", "flaky", "duration", "ux_score", "lcp", "inp", "cls", "fcp", "ttfb", "tbt"),
    *("requests", "p50", "p95", "p99", "p99.9", "p99.99", "errors", "throughput", "users"),
    *("latency", "dns", "connect", "tls"),
)
"""What is shown, in this order, where it was seen; a script's or a probe's own figures follow."""
_OWN_COLUMNS = 3
"""With more figures of their own than these, rows name theirs in one column: six kinds of probes share none."""


def _print_table(observations: Sequence[Observation]) -> None:
    """Print one source's table."""
    rows = _rows(observations)
    if not rows:
        return
    from rich.table import Table  # noqa: PLC0415

    known = CATALOGUE[Source(observations[0].series.source)]
    own = list(dict.fromkeys(seen.series.metric for seen in observations if seen.series.metric not in known))
    apart = own if len(own) > _OWN_COLUMNS else []
    names = [name for name in dict.fromkeys((*_COLUMNS, *own)) if name not in apart and any(name in cells for cells in rows.values())]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", *map(visible, names)):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    if apart:
        table.add_column("figures")
    for place, cells in rows.items():
        figures = [", ".join(f"{visible(name)} {cells[name]}" for name in apart if name in cells)] if apart else []
        table.add_row(visible(place), *(cells.get(name, "") for name in names), *figures)
    print_table(table)


def print_places(placed: Sequence[Placed]) -> None:
    """Print what each location saw of a target in the last days."""
    from rich.table import Table  # noqa: PLC0415

    tables = place_tables(placed)
    names = list(dict.fromkeys(name for each in tables for name in each.vitals))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", f"last {DAYS} days", "checks", "good", "mean", "longest", *names):
        table.add_column(name, justify="left" if name in ("", f"last {DAYS} days") else "right", no_wrap=True)
    for each in tables:
        for row in each.rows:
            vitals = {name: text for name, text, _ in row.vitals}
            told = (each.subject, row.location, f"{row.checks:,}", row.good, row.mean, row.longest)
            table.add_row(*map(visible, told), *(vitals.get(name, "") for name in names))
    print_table(table)


def print_table(table: Table) -> None:
    """Print a table on stdout; as wide as it needs to be where no terminal sets the width."""
    from rich.console import Console  # noqa: PLC0415

    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200).print(table)


def _rows(observations: Sequence[Observation]) -> dict[str, dict[str, str]]:
    """Return the table's cells by place and metric; a label that differs (the device) is part of the place."""
    rows: dict[str, dict[str, str]] = {}
    values: dict[str, set[str]] = {}
    for seen in observations:
        for name, value in seen.series.labels:
            values.setdefault(name, set()).add(value)
    for seen in observations:
        series = seen.series
        place = f"  {series.subject} › {series.part}" if series.part else series.subject
        differing = [value for name, value in series.labels if len(values[name]) > 1]
        rows.setdefault(f"{place} ({', '.join(differing)})" if differing else place, {}).update(_cells(seen))
    return rows


def _cells(seen: Observation) -> dict[str, str]:
    """Return a metric's cells: rates as a share, load latency as percentiles, users as their most, anything else as its median."""
    metric, figures = seen.series.metric, seen.figures
    if metric == "flaky" and not figures.mean:
        return {}  # it is measured wherever retries are allowed, and a column of zeros is noise
    if seen.kind is Kind.RATE:
        return {metric: format_quantity(figures.mean, "ratio")}
    if seen.series.source != Source.LOAD:
        return {metric: format_quantity(figures.p50, seen.unit)}
    if metric == "latency":
        percentiles = {name: format_quantity(getattr(figures, name), seen.unit) for name in ("p50", "p95", "p99")}
        tail = {name: format_quantity(value, seen.unit) for name, value in _tail(seen).items()}
        return {"requests": f"{figures.count:,}", **percentiles, **tail}
    return {metric: format_quantity(figures.max if metric == "users" else figures.mean, seen.unit)}


def _tail(seen: Observation) -> dict[str, float]:
    """Return the high percentiles of a crowd's histograms: those beyond which there are values enough to speak of."""
    known = [q for q, enough in _TAIL.items() if seen.figures.count >= enough]
    if not known or not seen.windows or seen.series.source != Source.LOAD:
        return {}
    whole = Histogram.merged(window.histogram for window in seen.windows)
    return {f"p{q:g}": whole.percentile(q) for q in known}


def _as_json(store: Store, run_id: str, observations: Sequence[Observation]) -> dict[str, object]:
    return {
        "run": run_id,
        "problems": problems(store, run_id),
        "flaky": flaky(store, run_id),
        "doubts": _doubts(store, run_id, observations),
        "notes": _of_the_crowd(store, run_id, "note"),
        "series": [
            {**asdict(seen.series), "labels": seen.series.label_map, "unit": seen.unit, "figures": asdict(seen.figures) | _tail(seen)}
            for seen in observations
        ],
    }


def problems(store: Store, run_id: str) -> list[str]:
    """Return what went wrong in a run, in its own words, each once."""
    return _told(store, run_id, "error")


def flaky(store: Store, run_id: str) -> list[str]:
    """Return which walks passed only on a retry and why they failed before, each once."""
    return _told(store, run_id, "flaky")


def _doubts(store: Store, run_id: str, observations: Sequence[Observation]) -> list[str]:
    """Return why a crowd's figures cannot be trusted: what became of its workers, and how its generator did."""
    why = distrust(observations)
    return _of_the_crowd(store, run_id, "worker_lost", "cannot_judge") + ([why] if why else [])


def _of_the_crowd(store: Store, run_id: str, *kinds: str) -> list[str]:
    return [e.text for e in reader.events(store, run_id) if e.kind in kinds and e.detail.get("source") == Source.LOAD]


def _told(store: Store, run_id: str, kind: str) -> list[str]:
    return list(dict.fromkeys(_placed(event) for event in reader.events(store, run_id) if event.kind == kind))


def _placed(event: Event) -> str:
    """Return an event's text behind the journey, the step and the line where it happened."""
    journey, step, file, line = (event.detail.get(key) for key in ("journey", "step", "file", "line"))
    step = "" if event.kind == "flaky" else step  # a walk that passed in the end names its last step, which is not the one that failed
    place = " › ".join(filter(None, (journey, step))) + (f" ({file}:{line})" if file and line else "")
    return f"{place}: {event.text}" if journey else event.text


def journey_failed(store: Store, run_id: str) -> bool:
    """Say whether an iteration of a journey failed."""
    return any(
        seen.series.source == Source.JOURNEY and seen.series.metric == "success" and seen.figures.mean < 1
        for seen in reader.evidence(store, run_id)
    )
