"""A child ends when its parent does, however the parent died."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from footfall.children import running, wait_for_parents_end

CHILD = """
import os, sys, time
from pathlib import Path
from footfall.children import end_with_parent
end_with_parent(os.environ)
try:
    Path(sys.argv[1]).write_text(str(os.getpid()))
    time.sleep(600)
except KeyboardInterrupt:
    Path(sys.argv[1] + ".ended").touch()
"""

PARENT = """
import sys, time
from footfall.children import running
with running([sys.executable, "-c", sys.argv[1], sys.argv[2]]):
    time.sleep(600)
"""


def wait_for(path: Path, seconds: float = 90) -> str:
    """Wait until a file is there and return its text."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and (path.read_text() or path.suffix == ".ended"):
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{path.name} did not appear")


@pytest.mark.parametrize("shell", [[], ["sh", "-c", "trap '' INT; exec \"$@\"", "in the background"]])
def test_a_child_ends_in_order_when_its_parent_is_killed(tmp_path: Path, shell: list[str]) -> None:
    """`kill -9` of the parent interrupts the child, as Ctrl-C would, so that it can keep what it measured; a shell's background or not."""
    mark = tmp_path / "child"
    parent = subprocess.Popen([*shell, sys.executable, "-c", PARENT, CHILD, str(mark)])
    child = psutil.Process(int(wait_for(mark)))
    parent.kill()
    parent.wait()
    wait_for(tmp_path / "child.ended")
    child.wait(60)


def test_a_child_is_ended_with_its_block(tmp_path: Path) -> None:
    """Leaving the block interrupts the child and waits for it."""
    mark = tmp_path / "child"
    with running([sys.executable, "-c", CHILD, str(mark)]) as child:
        wait_for(mark)
        assert child.poll() is None
    assert (tmp_path / "child.ended").exists()
    assert child.poll() == 0


def test_an_end_that_is_cut_short_is_an_end(tmp_path: Path) -> None:
    """A second Ctrl-C, while one waits for a child that takes no notice, kills the child."""
    mark = tmp_path / "deaf"
    deaf = f"trap '' INT TERM; echo $$ > '{mark}'; while true; do sleep 60; done"
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), running(["sh", "-c", deaf]) as child:  # noqa: PT012  # the end of the block is what raises
            wait_for(mark)
            signal.setitimer(signal.ITIMER_REAL, 0.5)  # rings while `stop` waits for what its SIGINT does
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert child.process.wait(60) == -signal.SIGKILL


def test_grandchildren_do_not_outlive_a_child_that_died(tmp_path: Path) -> None:
    """What is left of the child's session is killed with it."""
    mark = tmp_path / "grandchild"
    script = f"sleep 600 & echo $! > '{mark}'; wait"
    with running(["sh", "-c", script]) as child:
        grandchild = psutil.Process(int(wait_for(mark)))
        child.process.kill()
    grandchild.wait(60)
    assert not grandchild.is_running()


def test_a_program_that_knows_only_its_standard_input_ends_too() -> None:
    """`cat` ends at the end of its input: that is its lifeline."""
    with running(["cat"], lifeline_on_stdin=True) as child:
        assert child.poll() is None
        child.close()
        child.process.wait(60)


def test_a_child_that_ignores_ctrl_c_is_ended_all_the_same() -> None:
    """After the grace time the child gets SIGTERM, and then no choice."""
    script = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    with running([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.process.stdout is not None
        with child.process.stdout as output:
            output.readline()
        assert child.stop(grace_s=0.2) == -signal.SIGTERM


def test_a_process_without_a_parent_of_ours_is_left_alone() -> None:
    """A plain `pytest` or `locust` run has no lifeline to watch."""
    assert wait_for_parents_end({}) is False
