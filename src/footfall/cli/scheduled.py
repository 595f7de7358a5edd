"""Reports that the watch draws by itself: each at its times, of a run of what is watched, in a process of its own."""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from footfall.children import running
from footfall.cli.workplace import Workplace
from footfall.config.watch import Drawn
from footfall.errors import did_you_mean
from footfall.monitor.plan import trigger
from footfall.report.templates import TemplateSource
from footfall.starter import starter
from footfall.store import reader, watch
from footfall.store.reader import RunRow

_LONGEST_S = 600.0
_log = logging.getLogger("footfall.watch")


def unknown_reports(workplace: Workplace) -> list[str]:
    """Say which of `[watch.reports]` there is no template for."""
    known = TemplateSource(workplace.root / "reports", starter() / "reports").names()
    wanted = workplace.suite.watch.reports
    return [f"watch.reports.{name}: there is no such report ({did_you_mean(name, known)})" for name in wanted if name not in known]


def due(drawn: Drawn, last: datetime, now: datetime) -> bool:
    """Whether one of a report's times has come since it was drawn last; all that were missed are made up for once."""
    comes = trigger(drawn.cron, drawn.zone).get_next_fire_time(last, last)
    return comes is not None and comes <= now


@dataclass(frozen=True)
class Drawer:
    """Draws the reports of a watch of `target`; the store remembers when, so that a new judge or a restart draws none twice."""

    workplace: Workplace
    target: str
    location: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def draw(self) -> None:
        """Draw what is due. What cannot be drawn is logged, and waits for its next time. Raises StoreError."""
        with self.workplace.store.reading() as connection:
            last = watch.last_started(connection, None, target=self.target)
        for name, drawn in self.workplace.suite.watch.reports.items():
            before = last.get(f"report:{name}")
            if before is None:
                self._remember(name)  # its first time is the next one
            elif due(drawn, before, self.now()):
                self._remember(name)
                self._draw(name)

    def _remember(self, name: str) -> None:
        with self.workplace.store.writing() as connection:
            watch.jobs_started(connection, self.location, {f"report:{name}": (self.now(), "")}, target=self.target)

    def _told_of(self) -> RunRow | None:
        """Return the gate of the last day, which saw everything, or else the newest run: a watch's own runs are single walks."""
        store, yesterday = self.workplace.store, self.now() - timedelta(days=1)
        gates = [row for row in reader.runs(store, limit=1, target=self.target, kind="gate") if row.run.started >= yesterday]
        return next(iter(gates or reader.runs(store, limit=1, target=self.target)), None)

    def _draw(self, name: str) -> None:
        newest = self._told_of()
        if newest is None:
            _log.warning("the report %s was due, and there is no run to tell of yet", name)
            return
        command = [sys.executable, "-m", "footfall", "report", name, "--run", newest.id]
        with tempfile.TemporaryFile() as said, running(command, directory=self.workplace.root, stdout=said, stderr=said) as child:
            code = child.process.wait(_LONGEST_S)
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines()
        if code == 0:
            _log.info("drawn: %s", self.workplace.results(newest.id) / f"{name}.html")
        else:
            _log.warning("the report %s could not be drawn: %s", name, lines[0] if lines else f"exit code {code}")
