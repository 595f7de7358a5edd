"""However a command is ended, what was measured is kept, and no child process stays behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import BRIEF, Ended, SuiteCopy, clean_environment, processes_of

PATIENCE_S = 300


def wait_until(true: Callable[[], object]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def written(root: Path, word: str) -> bool:
    """Say whether a spool holds a word already."""
    return any(word in path.read_text() for path in (root / ".footfall/spool").glob("*/*.jsonl"))


@pytest.mark.parametrize(
    ("during", "number", "code"),
    [
        ('"source":"probe"', signal.SIGINT, 130),
        ('"metric":"lcp"', signal.SIGINT, 130),  # while a browser walks
        ('"source":"load"', signal.SIGINT, 130),  # while Locust loads
        ('"metric":"lcp"', signal.SIGTERM, 143),
    ],
)
def test_an_interrupted_gate_keeps_what_was_measured(suite: SuiteCopy, during: str, number: int, code: int) -> None:
    """Ctrl-C or SIGTERM: the run is stored as aborted, and browser, Locust and shop are gone (the fixture sees to it)."""
    suite.edit("footfall.toml", "checks = 5", "checks = 200" if "probe" in during else "checks = 1")
    suite.edit("loadtests/ci.py", BRIEF, 'hold("90s")')
    process = suite.start("gate", "--journey", "booking", "--iterations", "1" if "load" in during else "20")
    wait_until(lambda: written(suite.root, during))
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, err
    assert "Traceback" not in err
    [run] = suite.history()
    assert run["outcome"] == "aborted"
    shown = suite.footfall("history", "show", "latest")
    assert ("health" if "probe" in during else "booking") in shown.out


def test_a_killed_gate_leaves_no_process_and_the_next_command_keeps_its_run(suite: SuiteCopy) -> None:
    """`kill -9`: children end by themselves, and what they wrote is taken in at the next start."""
    process = suite.start("gate", "--journey", "booking", "--iterations", "20", "--profile", "none")
    wait_until(lambda: written(suite.root, '"metric":"lcp"'))
    process.kill()
    process.communicate()
    assert processes_of(suite.root) == []
    [run] = suite.history()
    assert run["outcome"] in {"interrupted", "aborted"}
    again = suite.footfall("gate", "--run", "latest")
    assert again.code == 3, again.out + again.err


INTERRUPTED_WHILE_IMPORTING = """
import os, runpy, signal, sys

module = sys.argv.pop(1)

class CtrlC:
    def find_spec(self, name, *others):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, CtrlC())
runpy.run_module("footfall", run_name="__main__", alter_sys=True)
"""


def interrupted_while_importing(suite: SuiteCopy, module: str, *arguments: str) -> Ended:
    """Run `footfall` and let Ctrl-C come at the moment when it imports `module`: a moment that no clock could name."""
    command = [sys.executable, "-c", INTERRUPTED_WHILE_IMPORTING, module, *arguments]
    ended = subprocess.run(
        command, cwd=suite.root, env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize("module", ["footfall.cli.signals", "typer", "footfall.cli.main", "footfall.cli.workplace", "sqlalchemy"])
def test_ctrl_c_at_the_start_shows_no_traceback(suite: SuiteCopy, module: str) -> None:
    """From footfall's first own line on, Ctrl-C ends it without a word of Python's, whatever is just being imported."""
    ended = interrupted_while_importing(suite, module, "gate")
    assert ended.code in {130, -signal.SIGINT}
    assert "Traceback" not in ended.err
    assert not (suite.root / "out").exists()


def test_ctrl_c_while_the_report_is_made_keeps_the_run(suite: SuiteCopy) -> None:
    """All is measured and stored by then: the run can be judged afterwards, and no half report stands in out/latest."""
    measured = ("gate", "--journey", "booking", "--iterations", "1", "--profile", "none")
    ended = interrupted_while_importing(suite, "footfall.report.html", *measured)
    assert ended.code == 130, ended.err
    assert "Traceback" not in ended.err
    assert not (suite.root / "out/latest/index.html").exists()
    assert [run["outcome"] for run in suite.history()] == ["finished"]
    again = suite.footfall("gate", "--run", "latest")
    assert again.code in {0, 3}, again.out + again.err
    assert (suite.root / "out/latest/index.html").exists()


def test_journeys_that_are_killed_from_outside_cannot_be_judged(suite: SuiteCopy) -> None:
    """As when the system runs out of memory: exit 3 with what ended them, and the run is kept."""
    suite.edit("journeys/test_booking.py", "    page = journey.page\n", "    page = journey.page\n    import os; os.kill(os.getpid(), 9)\n")
    ended = suite.footfall("gate", "--journey", "booking", "--profile", "none")
    assert ended.code == 3, ended.out + ended.err
    assert f"the journeys' process was ended from outside ({signal.strsignal(signal.SIGKILL)})" in ended.out + ended.err
    assert "Traceback" not in ended.err
    assert len(suite.history()) == 1


def test_probes_end_at_the_time_cap(suite: SuiteCopy) -> None:
    """Nothing else was asked for, and the checks take longer than may be: exit 3, and it is said why."""
    suite.edit("footfall.toml", 'journeys = ["booking", "checkout", "fulfillment"]', "journeys = []")
    ended = suite.footfall("gate", "--profile", "none", "--fault", "slow=/api/health:4s", "--time-cap", "3s")
    assert ended.code == 3, ended.out + ended.err
    assert "the probes were ended at the time cap" in ended.out + ended.err
    assert len(suite.history()) == 1
