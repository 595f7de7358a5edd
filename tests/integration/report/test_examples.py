"""The pages that the examples draw beside footfall's own, from a run of their probes against the embedded shop."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.suites import EXAMPLES

PAGES = {
    "kpis": ("event-pros-nz", "platform", "KPIs", ("Registrations", "Jobs", "Revenue", "Booked conversion")),
    "engineering": ("driplo", "database", "engineering", ("query ms", "pool use", "slow queries")),
    "database": ("wedsync", "database", "database", ("Query mean ms", "Query p95 ms", "Connection use", "Cache hit ratio", "Dead ratio")),
}
"""Of each page: whose it is, the probe whose figures it shows, how it is called in its title, and those figures."""


@pytest.mark.parametrize("name", PAGES)
def test_an_examples_own_page_shows_the_figures_of_its_plan(name: str, tmp_path: Path) -> None:
    """It is drawn by the command that the README names, with a title of its own and each figure beside a number."""
    example, probe, title, figures = PAGES[name]
    root = shutil.copytree(EXAMPLES / example, tmp_path / example, ignore=shutil.ignore_patterns("__pycache__", "out", ".footfall"))
    for command in (("probe", probe), ("report", name)):
        done = subprocess.run(
            [sys.executable, "-m", "footfall", *command], cwd=root, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    drawn = (root / f"out/latest/{name}.html").read_text()
    assert title in drawn.partition("</title>")[0]
    text = re.sub(r"<[^>]+>|\s", " ", drawn)
    assert [figure for figure in figures if not re.search(rf"{figure} +\d", text)] == []


def test_no_page_of_an_example_is_left_untried() -> None:
    """A page that an example adds is tried above."""
    assert {path.stem for path in EXAMPLES.glob("*/reports/*.html") if not path.stem.startswith("_")} == set(PAGES)
