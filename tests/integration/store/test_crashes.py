"""What was measured survives a process that is killed, and two that are in a hurry."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from footfall.samples import Run
from footfall.store import reader
from footfall.store.spool import Recorder, abandoned, begin_run
from footfall.store.writer import Store, open_store, take_in, take_in_abandoned

RUN = Run("01RUN", "corner", datetime(2026, 11, 21, 5, tzinfo=UTC))

WRITER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from footfall.samples import Run
from footfall.store.spool import begin_run

with begin_run(Path(sys.argv[1]), Run("01RUN", "corner", datetime(2026, 11, 21, 5, tzinfo=UTC))) as run:
    for number in range(100_000):  # many, but not for ever: nobody may be there to kill it
        run.recorder.sample(source="journey", subject="checkout", part="pay", metric="lcp", value=number, detail={"x": "y" * 200})
        time.sleep(0.0005)
"""

CHILD = """
import os, sys, time
from footfall.store.spool import Recorder, join_run

run, directory = join_run(os.environ)
with Recorder(directory, "journey-7") as recorder:
    recorder.sample(source="journey", subject="checkout", part="pay", metric="lcp", value=1)
    print("written", flush=True)
    sys.stdin.read()
"""

TAKER = """
import sys
from pathlib import Path
from footfall.store.writer import open_store, take_in

sys.stdin.readline()
store = open_store(Path(sys.argv[1]), sys.argv[2])
print(take_in(store, Path(sys.argv[3])))
"""


def until_lines(path: Path, count: int) -> int:
    """Wait until a file has at least `count` lines; return how many it has."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if path.exists() and (lines := path.read_bytes().count(b"\n")) >= count:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"{path} did not get {count} lines")


def test_a_killed_writer_loses_at_most_the_line_it_was_writing(store: Store, tmp_path: Path) -> None:
    """Everything that was on disk before the kill is in the store after the next start, and the run is interrupted."""
    writer = subprocess.Popen((sys.executable, "-c", WRITER, str(tmp_path)))
    spool = tmp_path / ".footfall" / "spool" / RUN.id
    try:
        before = until_lines(spool / "run.jsonl", 200)
        assert take_in_abandoned(store, tmp_path) == []
    finally:
        writer.kill()
        writer.wait()
    on_disk = (spool / "run.jsonl").read_bytes().count(b"\n")
    assert take_in_abandoned(store, tmp_path) == [RUN.id]
    assert reader.run(store).outcome == "interrupted"
    values = [sample.value for sample in reader.samples(store, RUN.id)]
    assert values == [float(number) for number in range(on_disk - 1)]
    assert on_disk >= before
    assert reader.events(store, RUN.id) == []


def test_a_line_cut_short_costs_only_itself(store: Store, tmp_path: Path) -> None:
    """The half line that a kill or a full disk leaves is passed over."""
    with begin_run(tmp_path, RUN) as run:
        run.recorder.sample(source="journey", subject="checkout", part="pay", metric="lcp", value=1)
        run.recorder.sample(source="journey", subject="checkout", part="pay", metric="lcp", value=2)
    whole = run.recorder.path.read_bytes()
    run.recorder.path.write_bytes(whole[:-20])
    take_in_abandoned(store, tmp_path)
    assert [sample.value for sample in reader.samples(store, RUN.id)] == [1]
    assert reader.events(store, RUN.id) == []


def test_a_child_that_outlives_its_parent_keeps_the_spool_alive(tmp_path: Path) -> None:
    """Nothing is taken away from under a child that is still writing its last lines."""
    with begin_run(tmp_path, RUN) as run:
        environment = {"PATH": "/usr/bin:/bin", **run.environment()}
        child = subprocess.Popen((sys.executable, "-c", CHILD), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "written\n"
    assert abandoned(tmp_path) == []
    child.communicate()
    assert abandoned(tmp_path) == [run.directory]


def test_two_processes_take_in_the_same_spool_once(url: str, tmp_path: Path) -> None:
    """Both create the store, both end well, and the run is there once, whole."""
    with begin_run(tmp_path, RUN) as run:
        for number in range(500):
            run.recorder.sample(source="journey", subject="checkout", part="pay", metric="lcp", value=number)
        run.end("finished")
    command = (sys.executable, "-c", TAKER, str(tmp_path), url, str(run.directory))
    takers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("go\n")
        taker.stdin.flush()
    said = [taker.communicate() for taker in takers]
    assert said == [(f"{RUN.id}\n", "")] * 2
    store = open_store(tmp_path, url)
    assert [row.id for row in reader.runs(store)] == [RUN.id]
    assert len(reader.samples(store, RUN.id)) == 500
    store.close()


def test_two_processes_take_in_different_spools_at_once(url: str, tmp_path: Path) -> None:
    """Writers of one store wait for each other."""
    takers = []
    for name in ("01A", "01B"):
        with begin_run(tmp_path, Run(name, "corner", RUN.started)) as run:
            with Recorder(run.directory, "journey-7") as recorder:
                for number in range(500):
                    recorder.sample(source="journey", subject="checkout", part=f"step {number % 50}", metric="lcp", value=number)
            run.end("finished")
        command = (sys.executable, "-c", TAKER, str(tmp_path), url, str(run.directory))
        takers.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    said = [taker.communicate("go\n") for taker in takers]
    assert said == [(f"{name}\n", "") for name in ("01A", "01B")]
    store = open_store(tmp_path, url)
    assert sorted(row.id for row in reader.runs(store)) == ["01A", "01B"]
    assert len(reader.evidence(store, "01B")) == 50
    store.close()


def test_a_run_taken_in_after_its_own_end_needs_no_wait(store: Store, tmp_path: Path) -> None:
    """`end` lets go, so the owner may take in inside its own block."""
    with begin_run(tmp_path, RUN) as run:
        run.end("finished")
        assert take_in(store, run.directory, wait_s=0) == RUN.id
    assert reader.run(store).outcome == "finished"
