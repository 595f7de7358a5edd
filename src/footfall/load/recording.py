"""Writes what a load run saw: joins the run of a parent process, or is a whole run of its own."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np  # noqa: F401  # the first percentile would import it in the middle of a test, a tenth of a second for everybody

from footfall.load.mistakes import Mistakes
from footfall.load.names import MOST_NAMES, OTHER
from footfall.load.phases import Phases
from footfall.load.steadiness import Steady, steadiness
from footfall.load.tally import Book, Second, Slice, Writing
from footfall.metrics import Source
from footfall.samples import Event
from footfall.store.provenance import new_run
from footfall.store.spool import UNDER_LOAD_VARIABLE, OpenRun, Recorder, begin_run, join_run

_LONGEST_S = 3600
"""Seconds of the steady part that are remembered: of a longer one its last hour."""


class Recording:
    """One load test on its way into a spool. `run_id` is the run that it belongs to, `tag` what its requests carry."""

    def __init__(self, directory: Path, profile: str, own: OpenRun | None, held: ExitStack, labels: Mapping[str, str]) -> None:
        self._labels = labels
        self.run_id = directory.name
        # Journeys clean up by the run's id when they have been walked, and a crowd that is still there would lose its carts and orders.
        self.tag = f"{self.run_id}.crowd" if labels else self.run_id
        self.phases = Phases()
        self._profile = profile
        self._own = own
        self._held = held
        self._recorder = held.enter_context(Recorder(directory, f"load-{os.getpid()}"))
        self._book = Book()
        self._writing = Writing(self.run_id, profile)
        self._mistakes = Mistakes()
        self._late: set[str] = set()
        self._told_of_others = False
        self._steady: deque[Steady] = deque(maxlen=_LONGEST_S)

    @classmethod
    def begin(cls, root: Path | None, profile: str, target: str, environment: Mapping[str, str]) -> Recording | None:
        """Join the run that the environment names, or begin one in the suite at `root`; None without either. Raises StoreError."""
        held = ExitStack()
        joined = join_run(environment)
        if joined is not None:
            crowd = environment.get(UNDER_LOAD_VARIABLE)
            return cls(joined[1], profile, None, held, {"under_load": crowd} if crowd else {})
        if root is None:
            return None
        own = held.enter_context(begin_run(root, new_run(target, "load", root, environment)))
        return cls(own.directory, profile, own, held, {})

    def take(self, worker: str, slices: Iterable[Slice]) -> None:
        """Take in what a generator process saw; `worker` is empty when there is only this one."""
        for told in slices:
            if not self._told_of_others and any(part.endswith(f" {OTHER}") for part in told.tallies):
                self._told_of_others = True
                hint = "name='/search' groups requests whose paths differ"
                self.event("note", f"the requests have more than {MOST_NAMES} names; further ones count together as {OTHER}: {hint}")
            if not self._book.add(worker, told) and worker not in self._late:
                self._late.add(worker)
                self.event("note", f"worker {worker} told its figures late: throughput by the second is less exact", worker=worker)

    def take_mistakes(self, mistakes: Mistakes) -> None:
        """Take in failures; the first examples of each kind become events at once."""
        for part, kind, example in self._mistakes.add(mistakes):
            text = f"{part}: {example.get('text', kind)}"
            at = datetime.fromtimestamp(example.get("at", time.time()), UTC)
            detail = {"source": Source.LOAD, "subject": self._profile, "part": part, "error": kind, **example, "at": at.isoformat()}
            self._recorder.write(Event(self.run_id, at, "error", text, detail))

    def event(self, kind: str, text: str, **detail: Any) -> None:
        """Write something that happened, with the profile it happened to."""
        self._recorder.event(kind, text, source=Source.LOAD, subject=self._profile, **detail)

    def write(self, workers: Iterable[str], *, final: bool = False, pause: Callable[[], None] = lambda: None) -> None:
        """Write the seconds that all `workers` have told; all of them when `final`. `pause` lets others run between two records."""
        now = time.time() + (86_400 if final else 0)
        for second in self._book.close(now, () if final else workers):
            phase = self.phases.labels(second.at)
            self._note_steady(second, phase)
            for record in self._writing.records(second, {**phase, **self._labels}, self.phases.aim(second.at)):
                self._recorder.write(record)
                pause()

    def _note_steady(self, second: Second, labels: Mapping[str, str]) -> None:
        if not labels:
            total = second.total()
            self._steady.append(Steady(total.latency.percentile(95) if total.latency.count else None, total.total))

    def finish(self, outcome: str) -> None:
        """Write what is left, whether there was a steady state, the count of failures by kind, and how a run of its own ended."""
        self.write((), final=True)
        self.event("note", steadiness(self._steady))
        rows = self._mistakes.rows()
        if rows:
            failed = sum(row["count"] for row in rows)
            self.event("errors", f"{failed} failed: " + "; ".join(f"{r['part']}: {r['error']} × {r['count']}" for r in rows[:5]), rows=rows)
        with self._held:
            if self._own is not None:
                self._own.end(outcome)
