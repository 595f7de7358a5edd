"""What a service-level objective counts: each event once, of its own target, and what failed too early to have a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from footfall.gate.slo import Slo
from footfall.metrics import Source
from footfall.samples import Run, RunEnd, Sample
from footfall.store import watch
from footfall.store.objectives import slo_events
from footfall.store.spool import begin_run
from footfall.store.watch import Seen
from footfall.store.writer import Store, take_in
from tests.integration.store.test_store import BEGAN, RUN

NOW = BEGAN + timedelta(days=1)
WALKED = Slo("shop", Source.JOURNEY, "checkout", 0.99)
QUICK = replace(WALKED, metric="duration", at_most=5000.0)
PAYS_QUICKLY = replace(QUICK, part="pay")
ANSWERED = Slo("health", Source.PROBE, "health", 0.99, metric="latency", at_most=500.0)

Figure = tuple[str, str, float, int]
"""Part, metric, value and iteration of a sample."""


def kept(store: Store, root: Path, run: Run, figures: Iterable[Figure], subject: str = "checkout", source: str = "journey") -> None:
    """Store a run that saw so much."""
    with begin_run(root, run) as begun:
        for part, metric, value, iteration in figures:
            begun.recorder.write(Sample(run.id, run.started, source, subject, part, metric, value, iteration))
        begun.recorder.write(RunEnd(run.id, run.started + timedelta(minutes=1), "finished"))
    take_in(store, begun.directory)


def walk(iteration: int, *, ok: bool = True, pays_in: float | None = 900.0, takes: float = 2000.0) -> list[Figure]:
    """What a walk leaves: no duration where it failed, no step's time where that broke off."""
    steps = [("pay", "duration", pays_in, iteration)] if pays_in is not None else []
    whole = [("", "duration", takes, iteration)] if ok else []
    return [*steps, *whole, ("", "success", float(ok), iteration)]


def results(store: Store, *seen: Seen) -> None:
    """Keep what the monitor saw, by itself and in its hours."""
    with store.writing() as connection:
        watch.add_results(connection, seen)
        watch.add_to_hours(connection, seen)


def seen(number: int, *, ok: bool = True, target: str = RUN.target, at_h: float = 0.0, **more: Any) -> Seen:
    """A walk of the watch that took two seconds."""
    about = {"latency_ms": 2000.0 if ok else None, "target": target, **more}
    return Seen(f"{target}{number}{at_h}", "journey:checkout", "ams", BEGAN + timedelta(hours=at_h, seconds=number), ok, **about)


def counted(store: Store, slo: Slo, target: str = RUN.target) -> tuple[float, float]:
    """Return how many events there were, and how many bad ones."""
    events = slo_events(store, target, slo, NOW)
    return sum(count for _, count, _ in events), sum(bad for *_, bad in events)


def test_what_is_watched_elsewhere_is_nothing_to_an_objective(store: Store) -> None:
    """Staging is down, production is not: with one store for both, each has its own error budget, by the check and by the hour."""
    for target, ok in (("staging", False), ("production", True)):
        results(store, *(seen(number, ok=ok, target=target) for number in range(50)))
    assert [counted(store, WALKED, target) for target in ("staging", "production")] == [(50, 50), (50, 0)]
    with store.writing() as connection:
        watch.forget(connection, NOW, results_d=-1, hours_d=400, incidents_d=400)
        watch.mark_judged(connection, [number for number, _ in watch.waiting(connection)])
        watch.forget(connection, NOW, results_d=-1, hours_d=400, incidents_d=400)
    assert [counted(store, WALKED, target) for target in ("staging", "production")] == [(50, 50), (50, 0)]


def test_an_outage_is_not_within_a_time(store: Store, tmp_path: Path) -> None:
    """Walks that fail have no duration, and are bad for all that."""
    kept(store, tmp_path, RUN, [figure for number in range(1, 11) for figure in walk(number, ok=number <= 4, takes=2000.0 * number)])
    assert counted(store, QUICK) == (10, 8)
    assert counted(store, WALKED) == (10, 6)


def test_a_step_that_was_never_ended_is_bad_and_one_before_the_failure_is_as_quick_as_it_was(store: Store, tmp_path: Path) -> None:
    """Of a step only a failure counts that left it without a time."""
    late = walk(3, ok=False, pays_in=700.0)
    kept(store, tmp_path, RUN, [*walk(1), *walk(2, ok=False, pays_in=None), *late, *walk(4, pays_in=6000.0)])
    assert counted(store, PAYS_QUICKLY) == (4, 2)


def test_of_walks_that_share_an_iteration_the_failed_one_is_bad(store: Store, tmp_path: Path) -> None:
    """A parametrized test walks twice in each iteration: the time of the one that held is not the other's."""
    kept(store, tmp_path, RUN, [*walk(1, ok=False, pays_in=None), *walk(1)])
    assert (counted(store, QUICK), counted(store, PAYS_QUICKLY)) == ((2, 1), (2, 1))


def test_a_probe_without_an_answer_and_one_with_a_quick_error_are_bad(store: Store, tmp_path: Path) -> None:
    """As they are to the watch: neither is a success within half a second."""
    silent, error = [("", "success", 0.0, 1)], [("", "success", 0.0, 2), ("", "latency", 20.0, 2)]
    fine, slow = ([("", "success", 1.0, number), ("", "latency", ms, number)] for number, ms in ((3, 80.0), (4, 800.0)))
    kept(store, tmp_path, RUN, [*silent, *error, *fine, *slow], "health", "probe")
    assert counted(store, ANSWERED) == (4, 3)


def watched(store: Store, root: Path) -> None:
    """Watch four walks: two that held, one that failed and was walked again, one in maintenance; each is a run too."""
    told: list[dict[str, Any]] = [{}, {}, {"ok": False}, {"ok": False, "attempt": 1, "round_at": BEGAN}, {"ok": False, "excused": True}]
    for number, more in enumerate(told):
        run = replace(RUN, id=f"W{number}", kind="watch", started=BEGAN + timedelta(seconds=number), labels={})
        kept(store, root, run, walk(1, ok=more.get("ok", True), pays_in=900.0 if more.get("ok", True) else None))
        results(store, seen(number, run=run.id, **more))


@pytest.mark.parametrize("slo", [WALKED, QUICK, PAYS_QUICKLY])
def test_a_walk_of_the_watch_counts_once_and_a_recheck_never(store: Store, tmp_path: Path, slo: Slo) -> None:
    """It is a result of the monitor and a run of its own; neither rechecks nor walks in maintenance come back as runs."""
    watched(store, tmp_path)
    assert counted(store, slo) == (3, 1)


def test_times_from_before_the_first_result_come_from_the_runs(store: Store, tmp_path: Path) -> None:
    """Results are kept for days, runs for months: an objective of a month is still one, and rechecks are known by their label."""
    for number, labels in enumerate(({}, {"aside": "recheck"}, {"aside": "maintenance"})):
        before = replace(RUN, id=f"OLD{number}", kind="watch", started=BEGAN - timedelta(days=9), labels=labels)
        kept(store, tmp_path, before, walk(1, ok=False, pays_in=None))
    watched(store, tmp_path)
    assert (counted(store, QUICK), counted(store, PAYS_QUICKLY)) == ((4, 2), (4, 2))
