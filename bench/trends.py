"""How long it takes to draw the trends of a long history: from the store to the page, beside reading it run by run.

    .venv/bin/python bench/trends.py [--runs 10000] [--series 60]

A store is filled with runs of equal distance over 90 days, each with the same series (journeys by step and metric); one of them rises,
so that there is something to foretell. Then the page is made three times in this process, its parts timed, the quickest of each
told, in seconds of the clock and of the processor. Then the command itself, from its start to the files' end, without and with trends:
most of the former is Python's imports. The peer is what tools without summaries do: read every run's figures by itself.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from footfall.cli.course import Span, read_course
from footfall.report.html import html
from footfall.report.templates import TemplateSource
from footfall.report.view import ReportView, build_view, with_history
from footfall.samples import Run
from footfall.starter import starter
from footfall.stats import Figures
from footfall.store import reader, schema
from footfall.store.database import Store, open_store

END = datetime(2026, 11, 21, tzinfo=UTC)
METRICS = ("duration", "lcp", "inp", "cls", "fcp", "ttfb")
BATCH = 500
YARDSTICK = 10_000_000
"""Additions in Python: a fifth of a second on a quiet machine. A busy one makes processor time longer too; the ratio stays."""
PEERS_RUNS = 500
"""So many runs are read one by one; the whole history would take the peer minutes."""


def fill(store: Store, runs: int, series: int) -> None:
    """Write a history."""
    chance = random.Random(1)
    every = timedelta(days=90) / runs
    with store.writing() as connection:
        connection.execute(insert(schema.series), [_series(number) for number in range(series)])
        for start in range(0, runs, BATCH):
            numbers = range(start, min(start + BATCH, runs))
            connection.execute(insert(schema.runs), [_run(number, END - every * (runs - number)) for number in numbers])
            rows = [
                _summary(number, of, END - every * (runs - number), _value(chance, of, number / runs))
                for number in numbers
                for of in range(series)
            ]
            connection.connection.cursor().executemany(_INSERT, rows)


def _series(number: int) -> dict[str, Any]:
    metric = METRICS[number % len(METRICS)]
    step = number // len(METRICS)
    place = {"subject": f"journey-{step // 5}", "part": f"step {step % 5}", "metric": metric, "labels": {"device": "desktop"}}
    return {"number": number + 1, "key": f"k{number}", "target": "corner", "source": "journey", **place}


def _run(number: int, started: datetime) -> dict[str, Any]:
    known = {"git_commit": f"{number:040x}", "git_branch": "main", "machine": "m", "location": "", "config_digest": ""}
    ended = {"ended": started + timedelta(minutes=2), "outcome": "finished", "verdict": "pass", "exit_code": 0}
    about = {"number": number + 1, "id": f"R{number:025}", "target": "corner", "kind": "gate", "started": started}
    return {**about, **known, **ended, "versions": {}, "labels": {}, "faulted": False, "part_of": ""}


def _value(chance: random.Random, series: int, age: float) -> float:
    usual = 0.05 if METRICS[series % len(METRICS)] == "cls" else 500.0
    return usual * chance.lognormvariate(0, 0.06) * (1 + 0.4 * age if series == 0 else 1)


FIGURES = tuple(field.name for field in fields(Figures) if field.name != "count")
_COLUMNS = ("run", "series", "started", "comparable", "kind", "unit", "count", *FIGURES)
_INSERT = f"INSERT INTO summaries ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608  # names of ours


def _summary(run: int, series: int, started: datetime, value: float) -> tuple[Any, ...]:
    unit = "score" if METRICS[series % len(METRICS)] == "cls" else "ms"
    return (run + 1, series + 1, round(started.timestamp() * 1000), "same", "trend", unit, 5, *(value for _ in FIGURES))


@dataclass(frozen=True)
class Took:
    """Seconds of the clock and of the processor."""

    wall: float
    cpu: float

    def __add__(self, other: Took) -> Took:
        return Took(self.wall + other.wall, self.cpu + other.cpu)

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f})"


def timed(work: Callable[[], Any]) -> tuple[Took, Any]:
    """Return how long it took, and what came of it."""
    began, used = time.perf_counter(), time.process_time()
    done = work()
    return Took(time.perf_counter() - began, time.process_time() - used), done


def page_of(store: Store, templates: TemplateSource) -> tuple[Took, Took, int]:
    """Make the page once: time to read, time to draw, bytes."""
    view: ReportView = build_view(Run(f"R{0:025}", "corner", END), suite="bench")
    read, course = timed(lambda: read_course(store, "corner", (), END, Span(90)))
    drawn, page = timed(lambda: html(with_history(view, course), templates, "trends"))
    return read, drawn, len(page)


def run_by_run(store: Store, runs: int) -> float:
    """Return the processor's seconds that reading every run by itself would take, from some of them."""
    rows = reader.runs(store, limit=min(runs, PEERS_RUNS))
    took, _ = timed(lambda: [reader.figures(store, row.id) for row in rows])
    return took.cpu / len(rows) * runs


def command(folder: Path, *words: str) -> Took:
    """Run `footfall report` in a suite's folder, once for Python to keep its bytecode as an installation does, and once to be timed."""
    (folder / "footfall.toml").write_text('[suite]\nname = "bench"\n[targets.corner]\nurl = "http://127.0.0.1:1"\n')
    (folder / "thresholds.toml").write_text("")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    line = [sys.executable, "-m", "footfall", "report", *words]
    for _ in range(2):
        before, began = os.times(), time.perf_counter()
        subprocess.run(line, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after, wall = os.times(), time.perf_counter() - began
    used = (after.children_user + after.children_system) - (before.children_user + before.children_system)
    return Took(wall, used)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--series", type=int, default=60)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        filled, _ = timed(lambda: fill(store, wanted.runs, wanted.series))
        print(f"{wanted.runs:,} runs with {wanted.series} series each, written in {filled}; seconds of the processor in brackets")
        templates = TemplateSource(None, starter() / "reports")
        first = page_of(store, templates)
        print(f"first time, with imports:  read {first[0]}, drawn {first[1]}, together {first[0] + first[1]}")
        read, drawn, size = min((page_of(store, templates) for _ in range(3)), key=lambda each: each[0].cpu + each[1].cpu)
        print(f"quickest of three:         read {read}, drawn {drawn}, together {read + drawn}; {size:,} bytes")
        loop, _ = timed(lambda: sum(range(YARDSTICK)))
        print(f"yardstick, {YARDSTICK:,} additions: {loop}; the page takes {(read + drawn).cpu / loop.cpu:.1f} times as long")
        plain, whole = command(Path(folder)), command(Path(folder), "trends")
        print(f"the command, start to end: footfall report {plain}, footfall report trends {whole}; {whole.cpu / loop.cpu:.1f} yardsticks")
        peer = run_by_run(store, wanted.runs)
        print(f"reading run by run:        about {peer:.0f} s of the processor, {peer / read.cpu:.0f} times as long")
        store.close()


if __name__ == "__main__":
    main()
