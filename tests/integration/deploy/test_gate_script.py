"""`deploy/ci/gate.sh` as CI calls it: a gate on Corner, its history kept, its files where CI looks for them, its verdict passed on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.conftest import REPOSITORY, clean_environment
from tests.integration.deploy.sites import work_tree


@dataclass(frozen=True)
class Job:
    """A CI's work tree and what it keeps; each run of it is a build on a fresh machine, which has only what was kept."""

    place: Path

    def gate(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the script in a fresh work tree."""
        tree = self.place / f"build {sum(1 for _ in self.place.iterdir())}"
        work_tree(tree / "site")
        environment = {
            **clean_environment(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "FOOTFALL_SUITE": "site",
            "FOOTFALL_HISTORY": str(self.place / "kept"),
            **variables,
        }
        return subprocess.run(
            ["sh", REPOSITORY / "deploy/ci/gate.sh", *arguments],
            cwd=tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def latest(self) -> Path:
        """Return the report of the newest build."""
        return max(self.place.glob("build */site/out/latest"), key=lambda path: path.stat().st_mtime)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A CI job with nothing kept yet."""
    return Job(tmp_path_factory.mktemp("ci job"))


def test_a_healthy_site_passes_and_github_is_told(job: Job) -> None:
    """Exit 0; the step's summary says so once, the next steps get the exit code and the report's folder, the other reports are there."""
    summary, output = job.place / "summary.md", job.place / "output"
    told = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output), "GITHUB_SHA": "c0ffee"}
    ended = job.gate(**told, FOOTFALL_REPORTS="trends -f csv")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    latest = job.latest()
    assert summary.read_text("utf-8").count("## ✓ Passed") == 1
    assert output.read_text("utf-8") == f"exit-code=0\nreport={latest}\n"
    assert {"index.html", "trends.html", "verdicts.json", "junit.xml", "summary.md", "summaries.csv"} <= {
        path.name for path in latest.iterdir()
    }
    assert "::error" not in ended.stderr


def test_a_faulty_site_fails_beside_the_history_of_the_build_before(job: Job) -> None:
    """Exit 1; the broken budget is in the files that GitLab reads, and both runs are in what is kept for the next build."""
    ended = job.gate("--fault", "errors=/api:1", GITLAB_CI="true", CI_COMMIT_SHA="decaf", FOOTFALL_REPORTS="-f codequality -f openmetrics")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    latest = job.latest()
    assert ET.parse(latest / "junit.xml").findall(".//failure")  # noqa: S314  # our own file
    [entry] = json.loads((latest / "gl-code-quality-report.json").read_text("utf-8"))
    assert entry["location"]["path"] == "thresholds.toml"
    assert "health" in entry["description"]
    assert (latest / "metrics.txt").read_text("utf-8").endswith("# EOF\n")
    listed = subprocess.run(
        [sys.executable, "-m", "footfall", "history", "list", "--json"], cwd=latest.parents[1], capture_output=True, text=True, check=True,
        env={**clean_environment(), "FOOTFALL_STORE": f"sqlite:///{job.place / 'kept/history.db'}"},
    )  # fmt: skip
    assert [(run["verdict"], run["commit"]) for run in json.loads(listed.stdout)] == [("fail", "decaf"), ("pass", "c0ffee")]


def test_a_history_that_cannot_be_read_stops_nobody(job: Job) -> None:
    """It is begun anew, with a word about where the old one is; what is written wrong still exits 2, without an earlier build's report."""
    (job.place / "kept").mkdir(exist_ok=True)
    (job.place / "kept/history.db").write_text("this is no database, although it is longer than a database's first words are")
    ended = job.gate("--target", "nowhere", GITHUB_ACTIONS="true", GITHUB_OUTPUT=str(job.place / "output 2"))
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "begun anew" in ended.stderr
    assert "footfall.toml names no target 'nowhere'" in ended.stderr
    assert (job.place / "output 2").read_text("utf-8").startswith("exit-code=2\n")
    assert list(job.place.glob("build */site/.footfall/history.db.unreadable"))


def test_a_store_of_ones_own_is_pruned_only_where_somebody_says_so(tmp_path: Path) -> None:
    """Others may write there: without FOOTFALL_KEEP_RUNS nothing is forgotten."""
    own = Job(tmp_path / "builds")
    own.place.mkdir()
    address = f"sqlite:///{tmp_path / 'history.db'}"
    for kept, left in (("", 1), ("", 2), ("1", 1)):
        ended = own.gate(FOOTFALL_STORE=address, FOOTFALL_KEEP_RUNS=kept)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        listed = subprocess.run(
            [sys.executable, "-m", "footfall", "history", "list", "--json"], cwd=own.latest().parents[1], capture_output=True, text=True,
            check=True, env={**clean_environment(), "FOOTFALL_STORE": address},
        )  # fmt: skip
        assert len(json.loads(listed.stdout)) == left
    assert not (own.place / "kept/history.db").exists()
