"""Request names, kept few."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack
from pathlib import Path

from footfall.load.names import MOST_NAMES, OTHER, Names
from footfall.load.recording import Recording
from footfall.load.tally import Slice, Tally
from footfall.samples import Event
from footfall.store.spool import read_spool


def test_the_first_names_stay_and_further_ones_are_one() -> None:
    """A name that was there early keeps its own figures, however many come after it."""
    names = Names()
    first = [names.bounded(f"/search?q={number}") for number in range(MOST_NAMES)]
    assert first == [f"/search?q={number}" for number in range(MOST_NAMES)]
    assert {names.bounded(f"/order/{number}") for number in range(1000)} == {OTHER}
    assert names.bounded("/search?q=7") == "/search?q=7"


def test_it_is_told_once(tmp_path: Path) -> None:
    """With the way to mend it."""
    with ExitStack() as held:
        recording = Recording(tmp_path, "ci", None, held, {})
        recording.take("", deque(Slice(at, {f"GET {OTHER}": Tally()}, 1, None) for at in range(1, 4)))
    notes = [record.text for record in read_spool(tmp_path) if isinstance(record, Event)]
    assert len(notes) == 1
    assert "more than 500 names" in notes[0]
