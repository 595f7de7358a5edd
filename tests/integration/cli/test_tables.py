"""What a single measurement says on the terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from footfall.cli.tables import problems
from footfall.samples import Event, Run, RunEnd
from footfall.store.spool import begin_run
from footfall.store.writer import take_in
from tests.integration.cli.conftest import Stored


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
