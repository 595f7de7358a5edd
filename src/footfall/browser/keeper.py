"""Where a run's pictures, traces and logs go, within a budget of bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG

from footfall.metrics import format_quantity
from footfall.samples import Artifact
from footfall.store.spool import Recorder

FOLDER = "artifacts"


class Keeper:
    """Keeps files with the run as artifacts; `budget` is how many bytes all of the run's may take."""

    def __init__(self, spool: Path, recorder: Recorder, budget: float) -> None:
        self._spool = spool
        self._recorder = recorder
        self._budget = budget

    def path(self, name: str) -> Path:
        """Return where an artifact of this name goes, its folder made."""
        path = self._spool / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, kind: str, name: str, text: str, place: tuple[str, str, int]) -> None:
        """Keep a text; `place` is the journey, the step and the iteration."""
        path = self.path(name)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        self.keep(kind, path, place)

    def keep(self, kind: str, path: Path, place: tuple[str, str, int]) -> bool:
        """Record a file that lies in the run's spool; one that breaks the budget is dropped, the run says so, and the answer is False."""
        journey, part, iteration = place
        size = path.stat().st_size
        if self._taken() > self._budget:
            path.unlink()
            self._recorder.event(
                "note",
                f"the {kind} of {journey}, iteration {iteration}, was dropped ({format_quantity(size, 'bytes')}): a run may keep "
                f"{format_quantity(self._budget, 'bytes')} (`evidence` in [journeys] of footfall.toml)",
                journey=journey,
                step=part,
                iteration=iteration,
            )
            return False
        relative = path.relative_to(self._spool).as_posix()
        self._recorder.write(Artifact(self._recorder.run_id, datetime.now(UTC), kind, relative, journey, part, iteration))
        return True

    def _taken(self) -> int:
        return sum(map(_size, (self._spool / FOLDER).rglob("*")))


def _size(path: Path) -> int:
    """Return a file's bytes; of one that another worker removed meanwhile, and of a folder, none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0
    return found.st_size if S_ISREG(found.st_mode) else 0
