"""README's commands where nothing is set up yet: in a copy of its own, once with and then without a network. `make test-fresh` runs these.

They cost some five minutes, most of it pip's, so `make test` leaves them out; CI's own fresh clone has set itself up by then anyway.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import REPOSITORY, clean_environment
from tests.integration.deploy.sites import work_tree

pytestmark = pytest.mark.fresh

PATIENCE_S = 900
OFFLINE = ("unshare", "--net", *(() if os.geteuid() == 0 else ("--map-root-user",)), "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def _run(place: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in clean_environment().items() if name not in {"VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL"}}
    environment |= variables
    return subprocess.run(
        command, cwd=place, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git would clone, with what is not committed yet, in a folder with a space in its name."""
    place = tmp_path_factory.mktemp("nothing set up") / "foot fall"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, place / name)
    return place


def test_one_command_sets_up_and_passes(checkout: Path) -> None:
    """The first `make gate` ever says which browser it found, passes on the healthy shop and writes its files."""
    ended = _run(checkout, "make", "gate")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "browser: " in ended.stdout + ended.stderr
    written = {path.name for path in (checkout / "out" / "latest").iterdir()}
    assert {"index.html", "verdicts.json", "junit.xml", "summary.md"} <= written


@pytest.mark.skipif(not shutil.which("unshare"), reason="only Linux can take the network away from one command")
def test_the_second_time_needs_no_network(checkout: Path) -> None:
    """Without any network the shop's fault is found (make's own exit code for a failed command is 2), and tests run."""
    ended = _run(checkout, *OFFLINE, "make", "gate", "FAULT=slow-payment")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "Error 1" in ended.stderr
    verdicts = json.loads((checkout / "out" / "latest" / "verdicts.json").read_text("utf-8"))["verdicts"]
    assert any(verdict["outcome"] == "fail" and verdict["part"] == "pay" for verdict in verdicts)
    tested = _run(checkout, *OFFLINE, "make", "test", "ARGS=-q tests/unit/gate")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " passed" in tested.stdout


def test_the_wheel_alone_gives_a_working_command(checkout: Path, tmp_path: Path) -> None:
    """Where nothing is installed, CI's script installs the built wheel and gates a suite; then that footfall starts its own."""
    built = _run(checkout, sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), ".")
    assert built.returncode == 0, built.stderr
    [wheel] = tmp_path.glob("footfall-*.whl")
    shutil.copy(checkout / "constraints.txt", tmp_path)
    work_tree(tmp_path / "site")
    bare = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHON": sys.executable, "FOOTFALL_VENV": str(tmp_path / "v")}
    package = f"--constraint {tmp_path}/constraints.txt {wheel}"
    gate = _run(tmp_path / "site", "sh", str(checkout / "deploy/ci/gate.sh"), **bare, FOOTFALL_PACKAGE=package)
    assert gate.returncode == 0, gate.stdout + gate.stderr
    assert (tmp_path / "site/.footfall-history/history.db").is_file()
    footfall = str(tmp_path / "v" / "bin" / "footfall")
    assert _run(tmp_path, footfall, "--version").stdout.startswith("footfall ")
    laid_out = _run(tmp_path, footfall, "init", "shop", "--demo", "--no-run")
    assert laid_out.returncode == 0, laid_out.stderr
    checked = _run(tmp_path / "shop", footfall, "doctor")
    assert checked.returncode == 0, checked.stdout
    gate = _run(tmp_path / "shop", footfall, "gate", "--journey", "booking", "--iterations", "2", "--profile", "none")
    assert gate.returncode in {0, 3}, gate.stdout + gate.stderr  # a busy machine may leave a budget undecided
    assert (tmp_path / "shop/out/latest/index.html").is_file()
    assert _run(tmp_path / "shop", footfall, "new", "ci", "github").returncode == 0
    assert (tmp_path / "shop/deploy/ci/gate.sh").read_bytes() == (checkout / "deploy/ci/gate.sh").read_bytes()
