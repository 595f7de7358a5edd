"""What a single measurement says on the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from footfall.cli.tables import print_figures, problems
from footfall.samples import Event, Run, RunEnd, Sample
from footfall.store.spool import begin_run
from footfall.store.writer import take_in
from tests.integration.cli.conftest import Said, Stored


def test_a_problem_is_told_with_its_place(stored: Stored) -> None:
    """A failed walk with journey, step and line, each once; a probe's in its own words."""
    now = datetime.now(UTC)
    where = {"journey": "checkout", "step": "pay", "file": "journeys/test_checkout.py", "line": 7}
    with begin_run(stored.root, Run("BROKEN", "shop", now)) as begun:
        for iteration in (1, 2):
            begun.recorder.write(Event("BROKEN", now, "error", "no button", {**where, "iteration": iteration}))
        begun.recorder.write(Event("BROKEN", now, "error", "probe health: status 503", {"source": "probe", "probe": "health"}))
        begun.recorder.write(RunEnd("BROKEN", now, "finished"))
    take_in(stored.store, begun.directory)
    assert problems(stored.store, "BROKEN") == [
        "checkout › pay (journeys/test_checkout.py:7): no button",
        "probe health: status 503",
    ]


@pytest.mark.parametrize("flaky", [0.0, 1.0])
def test_a_pass_on_retry_is_no_clean_pass(stored: Stored, capsys: pytest.CaptureFixture[str], flaky: float) -> None:
    """Its share has a column and its reason a line; where retries were allowed and none was needed, there is neither."""
    now = datetime.now(UTC)
    with begin_run(stored.root, Run("SHAKY", "shop", now)) as begun:
        for metric, value in (("success", 1.0), ("flaky", flaky)):
            begun.recorder.write(Sample("SHAKY", now, "journey", "checkout", "", metric, value, 1))
        if flaky:
            text = "passed only on attempt 2 of 3; before: no button"
            begun.recorder.write(Event("SHAKY", now, "flaky", text, {"journey": "checkout", "step": "thanks", "iteration": 1}))
        begun.recorder.write(RunEnd("SHAKY", now, "finished"))
    take_in(stored.store, begun.directory)
    print_figures(stored.store, "SHAKY", json=False)
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split() == (["success", "flaky"] if flaky else ["success"])
    assert rows[0].split() == ["checkout", *["100", "%"] * (2 if flaky else 1)]
    assert ("! checkout: passed only on attempt 2 of 3; before: no button" in rows) == bool(flaky)


def test_what_a_crowds_figures_are_worth_is_told_with_them(stored: Stored, capsys: pytest.CaptureFixture[str]) -> None:
    """A lost worker and a generator at its end are doubts, a steady state is a note; notes of journeys stay in the report."""
    now = datetime.now(UTC)
    crowd = {"source": "load", "subject": "ci"}
    with begin_run(stored.root, Run("CROWD", "shop", now)) as begun:
        for _ in range(10):
            begun.recorder.write(Sample("CROWD", now, "load", "ci", "", "generator_cpu", 0.97))
        begun.recorder.write(Event("CROWD", now, "worker_lost", "worker 1 (fra) is gone or stalled", crowd))
        begun.recorder.write(Event("CROWD", now, "note", "steady state: 30 s without a trend", crowd))
        begun.recorder.write(Event("CROWD", now, "note", "no videos of failures", {"journey": "checkout"}))
        begun.recorder.write(RunEnd("CROWD", now, "finished"))
    take_in(stored.store, begun.directory)
    print_figures(stored.store, "CROWD", json=False)
    said = capsys.readouterr().out
    assert "\n! worker 1 (fra) is gone or stalled\n! the generator was saturated: over 85% of its core in 10 of 10 seconds" in said
    assert "\n  steady state: 30 s without a trend\n" in said
    assert "no videos" not in said
    print_figures(stored.store, "CROWD", json=True)
    told = json.loads(capsys.readouterr().out)
    assert len(told["doubts"]) == 2
    assert told["notes"] == ["steady state: 30 s without a trend"]


def test_walks_side_by_side_are_warned_of_on_the_terminal(workshop: Path, footfall: Callable[..., Said]) -> None:
    """Before anything is walked, and only where there are several workers; here the site does not even answer."""
    (workshop / "footfall.toml").write_text('[suite]\nname = "Bakery"\n\n[targets.shop]\nurl = "http://127.0.0.1:1"\n')
    alone, together = (footfall("journey", "checkout", "--workers", workers) for workers in ("1", "2"))
    assert (alone.code, together.code) == (3, 3)
    assert "! 2 walks side by side on " in together.err
    assert "side by side" not in alone.err


def test_probes_that_share_no_figures_name_theirs_in_one_column(stored: Stored, capsys: pytest.CaptureFixture[str]) -> None:
    """A column for each would be too narrow to be read; a few have columns."""
    now = datetime.now(UTC)
    with begin_run(stored.root, Run("MANY", "shop", now)) as begun:
        for probe, figures in (("locks", ("locks", "waiting_locks")), ("dead", ("dead_ratio", "dead_tuples"))):
            begun.recorder.write(Sample("MANY", now, "probe", probe, "", "latency", 12.0, 1))
            for number, metric in enumerate(figures):
                begun.recorder.write(Sample("MANY", now, "probe", probe, "", metric, float(number), 1))
        begun.recorder.write(RunEnd("MANY", now, "finished"))
    take_in(stored.store, begun.directory)
    print_figures(stored.store, "MANY", json=False)
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split() == ["latency", "figures"]
    assert [" ".join(row.split()) for row in rows[:2]] == ["dead 12 ms dead_ratio 0, dead_tuples 1", "locks 12 ms locks 0, waiting_locks 1"]
