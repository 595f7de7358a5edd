"""Reports that the watch draws by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from footfall.cli.scheduled import Drawer, due, unknown_reports
from footfall.cli.workplace import Workplace
from footfall.config.suite import load_suite
from footfall.config.watch import Drawn
from footfall.samples import Run, RunEnd, Sample
from footfall.store.spool import begin_run
from footfall.store.writer import open_store, take_in

SUITE = """
[targets.shop]
url = "https://shop.example"
[watch.reports.weekly]
cron = "0 7 * * mon"
time_zone = "Europe/Warsaw"
[watch.reports.weeekly]
cron = "0 7 * * mon"
"""
SUNDAY = datetime(2026, 11, 22, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "is_due"),
    [
        (SUNDAY, SUNDAY + timedelta(hours=9), False),  # 06:00 in Warsaw
        (SUNDAY, SUNDAY + timedelta(hours=10), True),
        (SUNDAY, SUNDAY + timedelta(days=30), True),
        (SUNDAY + timedelta(hours=10, seconds=1), SUNDAY + timedelta(days=6), False),
    ],
)
def test_a_report_is_due_when_one_of_its_times_has_come(last: datetime, now: datetime, *, is_due: bool) -> None:
    """In its own time zone; times that were missed are made up for once."""
    assert due(Drawn("0 7 * * mon", "Europe/Warsaw"), last, now) == is_due


def test_a_watch_draws_a_report_once_for_each_of_its_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the newest run of what is watched, beside that run's other pages; a restart draws it no second time."""
    monkeypatch.delenv("FOOTFALL_STORE", raising=False)
    (tmp_path / "footfall.toml").write_text(SUITE)
    (tmp_path / "thresholds.toml").write_text('[probes."*"]\nsuccess = "rate >= 99%"\n')
    place = Workplace(load_suite(tmp_path), open_store(tmp_path))
    run = Run("R1", "shop", SUNDAY - timedelta(days=1))
    with begin_run(tmp_path, run) as begun:
        begun.recorder.write(Sample(run.id, run.started, "probe", "health", "", "latency", 60.0, 0))
        begun.recorder.write(RunEnd(run.id, run.started + timedelta(minutes=1), "finished"))
    take_in(place.store, begun.directory)
    page = tmp_path / "out/R1/weekly.html"
    moments = {"first": SUNDAY, "early": SUNDAY + timedelta(hours=9), "due": SUNDAY + timedelta(hours=10, minutes=5)}
    drawn = {}
    for name, moment in (*moments.items(), ("again", SUNDAY + timedelta(days=2))):
        page.unlink(missing_ok=True)
        Drawer(place, "shop", "here", now=lambda moment=moment: moment).draw()  # type: ignore[misc]
        drawn[name] = page.is_file()
    assert drawn == {"first": False, "early": False, "due": True, "again": False}
    place.store.close()


def test_a_report_that_does_not_exist_is_told_at_the_start(tmp_path: Path) -> None:
    """With the nearest name."""
    (tmp_path / "footfall.toml").write_text(SUITE)
    place = Workplace(load_suite(tmp_path), open_store(tmp_path))
    assert unknown_reports(place) == ["watch.reports.weeekly: there is no such report (did you mean 'weekly'?)"]
    place.store.close()
