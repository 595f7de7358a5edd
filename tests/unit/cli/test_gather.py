"""What is odd about a run's history is said with its verdict, and never decides it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from footfall import __version__
from footfall.cli.gather import UNDECIDED_EVENT, busy_label, remarks, usual
from footfall.cli.judge import judge
from footfall.cli.workplace import Workplace
from footfall.config.suite import load_suite
from footfall.gate.budget import Budget, Place, read_budgets
from footfall.gate.verdict import Outcome
from footfall.metrics import JOURNEY_METRICS, Source
from footfall.samples import Event, Run, RunEnd, Sample
from footfall.store import reader
from footfall.store.baselines import Baseline, set_baseline
from footfall.store.spool import begin_run
from footfall.store.writer import open_store, take_in
from tests.unit.gate.making import judged, on_journey, seen

REPOSITORY = Path(__file__).resolve().parents[3]
BEGAN = datetime(2026, 11, 1, 5, tzinfo=UTC)


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    """This repository's suite with an empty store."""
    store = open_store(tmp_path)
    yield Workplace(load_suite(REPOSITORY), store)
    store.close()


def kept(
    workplace: Workplace, tmp_path: Path, number: int, *, at: datetime | None = None, version: str = __version__, slow: float = 1.0
) -> str:
    """Store a run of one step and return its id."""
    started = at or BEGAN + timedelta(days=number)
    run = Run(f"R{number:03}", "corner", started, branch="main", versions={"footfall": version})
    with begin_run(tmp_path, run) as begun:
        for iteration in range(5):
            begun.recorder.write(Sample(run.id, started, "journey", "checkout", "pay", "duration", 600.0 * slow, iteration))
        begun.recorder.write(RunEnd(run.id, started + timedelta(minutes=1), "finished"))
    return take_in(workplace.store, begun.directory)


def beside_baseline() -> list[Budget]:
    """Return a budget that rests on history."""
    read, _ = read_budgets("p50 <= baseline + 10%", Place(Source.JOURNEY, "checkout", "pay"), JOURNEY_METRICS["duration"], "k")
    return [budget for _, budget in read]


def test_a_clock_that_jumped_is_told_and_hides_no_run(workplace: Workplace, tmp_path: Path) -> None:
    """Runs dated in the future are no baseline; a run dated long ago has no history, and so is learning, never a pass."""
    for number in range(25):
        kept(workplace, tmp_path, number)
    old = kept(workplace, tmp_path, 30, at=datetime(1990, 1, 1, tzinfo=UTC))
    view = judge(workplace, reader.run(workplace.store, old), beside_baseline())
    assert [verdict.outcome for verdict in view.verdicts] == [Outcome.LEARNING]
    assert "20 runs that were stored before this one began after it: a clock was wrong" in " ".join(view.notes)
    now = kept(workplace, tmp_path, 26)
    assert [verdict.outcome for verdict in judge(workplace, reader.run(workplace.store, now), beside_baseline()).verdicts] == [Outcome.PASS]


def test_a_run_that_ended_before_it_began_and_one_of_another_version_are_told(workplace: Workplace, tmp_path: Path) -> None:
    """In words, beside the verdict."""
    row = reader.run(workplace.store, kept(workplace, tmp_path, 1, version="99.0"))
    odd = replace(row, ended=row.run.started - timedelta(hours=1))
    assert remarks(workplace, row, ()) == (f"measured by footfall 99.0, judged by {__version__}",)
    assert remarks(workplace, odd, ())[0].startswith("the clock was set back while this was measured")


def test_a_run_that_began_on_a_busy_machine_says_so(workplace: Workplace, tmp_path: Path) -> None:
    """What others took of the processors looks like a slow site; a machine that has time is not spoken of."""
    row = reader.run(workplace.store, kept(workplace, tmp_path, 1))
    crowded = replace(row, run=replace(row.run, labels=busy_label(8.53, 2)))
    (said,) = remarks(workplace, crowded, ())
    assert "other programs wanted the machine's 2 cores when this began (a load of 8.5)" in said
    assert busy_label(3.9, 2) == {}
    assert remarks(workplace, row, ()) == ()


def test_an_objective_that_is_learning_is_no_matter_of_the_baseline(workplace: Workplace, tmp_path: Path) -> None:
    """What the baseline is made of is told where a budget waits for it, not where an objective waits for events."""
    row = reader.run(workplace.store, kept(workplace, tmp_path, 1))
    [learning] = judge(workplace, row, beside_baseline()).verdicts
    assert learning.outcome == Outcome.LEARNING
    assert any("a baseline is made of" in said for said in remarks(workplace, row, [learning]))
    assert not any("a baseline is made of" in said for said in remarks(workplace, row, [replace(learning, key="slo.checkout")]))


def test_what_was_walked_on_is_told(workplace: Workplace, tmp_path: Path) -> None:
    """With the verdict, for it is why one journey has more samples than another, or too few."""
    row = reader.run(workplace.store, kept(workplace, tmp_path, 1))
    events = [Event(row.id, BEGAN, kind, f"a {kind}") for kind in ("note", UNDECIDED_EVENT)]
    assert remarks(workplace, row, (), events) == (f"a {UNDECIDED_EVENT}",)
    assert remarks(workplace, row, ()) == ()


def test_a_suspicion_without_a_second_look_is_no_failure(workplace: Workplace, tmp_path: Path) -> None:
    """A stored run that nobody measured again stays open."""
    for number in range(20):
        kept(workplace, tmp_path, number)
    [verdict] = judge(workplace, reader.run(workplace.store, kept(workplace, tmp_path, 20, slow=3.0)), beside_baseline()).verdicts
    assert (verdict.outcome, verdict.suspected) == (Outcome.INCONCLUSIVE, True)


def test_what_a_person_said_of_the_baseline_comes_first(workplace: Workplace) -> None:
    """Then the suite, then the usual names."""
    assert usual(workplace, "corner").branches == ("main", "master", "")
    suite = replace(workplace.suite, gate=replace(workplace.suite.gate, baseline_branch="develop"))
    own = Workplace(suite, workplace.store)
    assert usual(own, "corner").branches == ("develop",)
    set_baseline(workplace.store, Baseline("corner", "release", BEGAN))
    assert (usual(own, "corner").branches, usual(own, "corner").since) == (("release",), BEGAN)


def test_the_promise_counts_only_what_was_judged_with_its_uncertainty(workplace: Workplace, tmp_path: Path) -> None:
    """Rates, means and warnings can fail by chance as often as they like: they are counted beside it, not within."""
    row = reader.run(workplace.store, kept(workplace, tmp_path, 1))
    found = [*on_journey(["p75 <= 9s", "p50 <= 8s", "mean <= 9s"], part="pay"), *on_journey("rate >= 99%", "success")]
    verdicts = judged(found, seen([600.0, 610.0, 640.0], part="pay"), seen([1.0] * 3, "success"))
    (both,) = remarks(workplace, row, verdicts)
    assert "by chance although nothing is wrong, over 2 budgets judged with uncertainty together; 2 more taken as observed" in both
    (observed,) = remarks(workplace, row, verdicts[2:])
    assert observed.startswith("2 taken as observed, chance and all")
