"""The command as a user runs it: a process of its own, in a copy of this repository's suite."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 1800
"""A comparison by some sixty walks takes four minutes on a busy machine, and twice that where chance is against it."""
ENDING_S = 60
"""Longer than the longest ending in order: a crowd's last requests, its last reports, a browser, one after the other on a slow machine."""

SHORT_PROFILE = '''"""A few users for a few seconds."""

from __future__ import annotations

from users import Booker, Shopper, Supplier

from footfall.load.stages import hold, ramp
from footfall.load.users import StagedShape

__all__ = ["Booker", "Shopper", "Supplier"]


class Ci(StagedShape):
    """Ten."""

    stages = (ramp(to=10, over="1s"), hold("6s"))
'''
BRIEF, LASTING = 'hold("6s")', 'hold("30s")'
"""The profile as it stands, and so long that one pause of the machine weighs little: where the verdict on the load is what is tested."""

PATIENT = "\n\nfrom playwright.sync_api import expect\n\nexpect.set_options(timeout=30_000)\n"
"""What a suite's conftest.py ends with here: a page may be drawn late on a busy machine, and is right all the same."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass
class SuiteCopy:
    """A suite of its own in a folder with a space in its name."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start `footfall` with `arguments`."""
        return subprocess.Popen(
            [sys.executable, "-m", "footfall", *arguments],
            cwd=self.root,
            env={**clean_environment(), **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def footfall(self, *arguments: str, **environment: str) -> Ended:
        """Run `footfall` to its end."""
        process = self.start(*arguments, **environment)
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
        return Ended(process.returncode, out, err)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in one of the suite's files; the text must be there."""
        path = self.root / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new))

    def verdicts(self) -> Any:
        """Return the latest `verdicts.json`."""
        return json.loads((self.root / "out/latest/verdicts.json").read_text())

    def history(self) -> list[dict[str, Any]]:
        """Return the stored runs, newest first."""
        listed = self.footfall("history", "list", "--json")
        assert listed.code == 0, listed.err
        return json.loads(listed.out)  # type: ignore[no-any-return]


def be_patient(root: Path) -> None:
    """Let the journeys of the suite at `root` wait longer for what they expect than a customer would."""
    path = root / "journeys/conftest.py"
    path.write_text(path.read_text() + PATIENT)


def clean_environment() -> Mapping[str, str]:
    """This process's environment without what a surrounding run or CI put there."""
    begins = ("FOOTFALL_", "PYTEST_", "COVERAGE_", "GITHUB_", "GITLAB_", "CI_", "BUILDKITE_", "GIT_COMMIT", "GIT_BRANCH")
    jenkins = {"BRANCH_NAME", "TAG_NAME", "BUILD_URL"}
    return {name: value for name, value in os.environ.items() if not name.startswith(begins) and name not in jenkins}


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[SuiteCopy]:
    """A copy of this repository's suite, with a short load profile; nothing that it started outlives the test."""
    root = tmp_path / "my suite"
    root.mkdir()
    for name in ("journeys", "loadtests", "reports"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("footfall.toml", "thresholds.toml"):
        shutil.copy(REPOSITORY / name, root / name)
    (root / "loadtests/ci.py").write_text(SHORT_PROFILE)
    be_patient(root)
    yield SuiteCopy(root)
    left = processes_of(root)
    for process in left:
        process.kill()
    assert not left, f"left behind: {[process.cmdline() for process in left]}"


def processes_of(root: Path) -> list[psutil.Process]:
    """Return the processes that work in a suite's folder or below it, or mention it, after giving them time to end."""
    deadline = time.monotonic() + ENDING_S
    while (found := [process for process in psutil.process_iter() if _belongs(process, root)]) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def _belongs(process: psutil.Process, root: Path) -> bool:
    try:
        return process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE and process.cwd().startswith(str(root))
    except (psutil.Error, OSError):
        return False
