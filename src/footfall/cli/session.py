"""One run of one command: the target is open, the spool too, and children join by their environment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from footfall.children import running
from footfall.cli.progress import Progress
from footfall.cli.signals import StoppedError
from footfall.cli.workplace import Workplace
from footfall.config.suite import Target
from footfall.samples import Event, Record
from footfall.store.provenance import new_run
from footfall.store.spool import UNDER_LOAD_VARIABLE, OpenRun, Tail, begin_run, tail
from footfall.store.writer import take_in
from footfall.target import LiveTarget, open_target

TARGET_VARIABLE = "FOOTFALL_TARGET"
URL_VARIABLE = "FOOTFALL_TARGET_URL"

POLL_S = 0.25

End = TypeVar("End")
Watch = Callable[[Sequence[Record]], None]


@dataclass
class Session:
    """What the senses work with.

    `deadline` is a moment of `time.monotonic` after which children are ended; `under_load` names the profile that loads the site meanwhile;
    `turn` says whose turn it is, where two targets are walked.
    """

    workplace: Workplace
    target: Target
    live: LiveTarget
    run: OpenRun
    progress: Progress
    spool: Tail
    deadline: float | None = None
    events: list[Event] = field(default_factory=list)
    failed: bool = False
    under_load: str = ""
    turn: str = ""

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.run.id

    @property
    def left_s(self) -> float | None:
        """Seconds until the time cap; None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether the time cap has passed."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def environment(self) -> dict[str, str]:
        """What a child needs to join the run and find the target."""
        crowd = {UNDER_LOAD_VARIABLE: self.under_load} if self.under_load else {}
        return {**self.run.environment(), TARGET_VARIABLE: self.target.name, URL_VARIABLE: self.live.url, **crowd}

    def poll(self) -> list[Record]:
        """Return what was written since the last call, and remember its events."""
        records = self.spool.poll()
        self.events += [record for record in records if isinstance(record, Event)]
        return records

    def run_child(self, command: Sequence[str], log: Path, watch: Watch) -> int | None:
        """Run a child in the suite's folder with its output in `log`, handing `watch` what it writes.

        Returns its exit code, or None when the time cap ended it.
        """
        with (
            log.open("ab") as output,
            running(command, environment=self.environment(), directory=self.workplace.root, stdout=output, stderr=output) as child,
        ):
            return self.follow(child.poll, watch)

    def follow(self, poll: Callable[[], End | None], watch: Watch) -> End | None:
        """Hand `watch` what is written until `poll` says how it ended; returns that, or None when the time cap has passed."""
        while (end := poll()) is None and not self.over:
            time.sleep(POLL_S)
            watch(self.poll())
        watch(self.poll())
        return end

    def log(self, name: str) -> Path:
        """Return where a child's output goes: an artifact of the run."""
        folder = self.run.directory / "artifacts"
        folder.mkdir(exist_ok=True)
        return folder / name


@contextmanager
def session(
    workplace: Workplace,
    target: Target,
    progress: Progress,
    *,
    kind: str,
    faults: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    time_cap_s: float | None = None,
) -> Iterator[Session]:
    """Open the target and a run against it; however the block ends, the run is ended and its spool taken into the store.

    The run ends `finished`, or `failed` when a journey failed or the block raised, or `aborted` when the command was stopped.
    """
    fault_label = {"fault": ",".join(faults)} if faults else {}
    with open_target(target, faults) as live:
        run = replace(
            new_run(target.name, kind, workplace.root, os.environ, labels={**(labels or {}), **fault_label}),
            config_digest=workplace.suite.digest,
        )
        with begin_run(workplace.root, run) as opened:
            opened_session = Session(workplace, target, live, opened, progress, tail(opened.directory))
            if time_cap_s is not None:
                opened_session.deadline = time.monotonic() + time_cap_s
            progress.say(f"{workplace.suite.name} · {target.name} at {live.shown} · run {run.id}")
            outcome = "failed"
            try:
                yield opened_session
                outcome = "failed" if opened_session.failed else "finished"
            except StoppedError:
                outcome = "aborted"
                progress.say(f"stopped; what was measured is kept as run {run.id} (`footfall history show {run.id}`)")
                raise
            finally:
                opened.end(outcome)
                take_in(workplace.store, opened.directory)
