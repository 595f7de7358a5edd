"""What a watch kept for long enough goes, from the store and from the disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ulid import ULID

from footfall.cli.retention import forget, sweep
from footfall.cli.workplace import Workplace
from footfall.config.suite import load_suite
from footfall.samples import Run
from footfall.store import reader
from footfall.store.spool import begin_run
from footfall.store.writer import open_store, take_in

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def workplace(root: Path) -> Workplace:
    """A suite that keeps runs for 30 days."""
    (root / "footfall.toml").write_text('[targets.corner]\ndemo = true\n[watch.keep]\nruns = "30d"\n')
    return Workplace(load_suite(root), open_store(root))


def artifacts(root: Path, days: float, *more: str) -> str:
    """A folder with a picture, of a run so many days ago; the run's id."""
    run = str(ULID.from_datetime(NOW - timedelta(days=days)))
    (root / "out" / run / "artifacts").mkdir(parents=True)
    (root / "out" / run / "artifacts/broken.png").write_bytes(b"picture")
    for name in more:
        (root / "out" / run / name).write_text("")
    return run


def stored(place: Workplace, run: str, kind: str) -> None:
    """A run that the store knows."""
    began = ULID.from_str(run).datetime
    with begin_run(place.root, Run(run, "corner", began, kind)) as opened:
        opened.end("finished")
    take_in(place.store, opened.directory)


def test_old_walks_go_with_their_pictures(tmp_path: Path) -> None:
    """The run and its folder; what is young stays, and so does a gate's run however old."""
    place = workplace(tmp_path)
    runs = {"old": artifacts(tmp_path, 31), "young": artifacts(tmp_path, 29), "gate": artifacts(tmp_path, 90)}
    for name, run in runs.items():
        stored(place, run, "gate" if name == "gate" else "watch")
    forget(place, NOW)
    assert {row.id for row in reader.runs(place.store)} == {runs["young"], runs["gate"]}
    assert {folder.name for folder in (tmp_path / "out").iterdir()} == {runs["young"], runs["gate"]}
    place.store.close()


def test_a_location_sweeps_what_the_judge_forgot_elsewhere(tmp_path: Path) -> None:
    """Artifacts of old runs that the store does not know; nothing that it knows, nothing with a report, nothing else of anybody's."""
    place = workplace(tmp_path)
    forgotten, known, reported = artifacts(tmp_path, 31), artifacts(tmp_path, 31), artifacts(tmp_path, 31, "index.html")
    young = artifacts(tmp_path, 1)
    (tmp_path / "out/mine").mkdir()
    (tmp_path / "out/latest").symlink_to(reported)
    stored(place, known, "watch")
    sweep(place, NOW)
    assert {folder.name for folder in (tmp_path / "out").iterdir()} == {known, reported, young, "mine", "latest"}
    assert forgotten not in {folder.name for folder in (tmp_path / "out").iterdir()}
    place.store.close()
