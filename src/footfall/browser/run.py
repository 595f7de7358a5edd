"""The run that a pytest session belongs to: its parent's, or one of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from footfall.browser.secrets import Secrets
from footfall.store.provenance import new_run
from footfall.store.spool import RUN_VARIABLE, SPOOL_VARIABLE, OpenRun, Recorder, begin_run, join_run

_WORST_FIRST = (2, 1, 3)


class JourneyRun:
    """Where this process records. `own` is None in a child process, whose parent begins and ends the run."""

    def __init__(self, recorder: Recorder, spool: Path, own: OpenRun | None, closing: ExitStack) -> None:
        self.recorder = recorder
        self.spool = spool
        self.secrets = Secrets()
        self.codes: set[int] = set()
        self._own = own
        self._closing = closing

    @classmethod
    def join(cls, environment: Mapping[str, str]) -> Self | None:
        """Join the run that the parent process began, or return None when there is none."""
        joined = join_run(environment)
        return cls._recording(joined[1], None, ExitStack()) if joined else None

    @classmethod
    def begin(cls, root: Path, target: str, environment: Mapping[str, str]) -> Self:
        """Begin a run of this process's own in the suite at `root`. Raises StoreError."""
        closing = ExitStack()
        own = closing.enter_context(begin_run(root, new_run(target, "journey", root, environment)))
        return cls._recording(own.directory, own, closing)

    @classmethod
    def _recording(cls, spool: Path, own: OpenRun | None, closing: ExitStack) -> Self:
        recorder = closing.enter_context(Recorder(spool, f"journey-{os.getpid()}"))
        return cls(recorder, spool, own, closing)

    @property
    def exit_code(self) -> int:
        """The worst of what was recorded: 2 a script is wrong, 1 a journey failed, 3 nothing could be judged, 0."""
        return next((code for code in _WORST_FIRST if code in self.codes), 0)

    def environment(self) -> dict[str, str]:
        """Return what another process needs in its environment to join the run."""
        return {RUN_VARIABLE: self.recorder.run_id, SPOOL_VARIABLE: str(self.spool)}

    def end(self, *, aborted: bool) -> None:
        """Say how the run ended, if it is this process's own, and let go of the spool."""
        if self._own:
            self._own.end("aborted" if aborted else "failed" if self.exit_code else "finished")
        self._closing.close()
