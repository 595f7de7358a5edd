"""A run says where it comes from, on a laptop, in CI, and outside of git."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ulid import ULID

from footfall import __version__
from footfall.store.provenance import commit_and_branch, describe_machine, machine_class, new_run


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with one commit on the branch `trunk`."""
    git(tmp_path, "init", "--quiet", "--initial-branch=trunk")
    git(tmp_path, "-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "--allow-empty", "--message=first")
    return tmp_path


def git(place: Path, *arguments: str) -> str:
    """Run git and return what it says."""
    return subprocess.run(("git", "-C", str(place), *arguments), check=True, capture_output=True, text=True).stdout.strip()


def test_a_run_knows_its_commit_and_branch(repository: Path) -> None:
    """They are those of the work tree around the suite, also when the suite is a folder of it."""
    suite = repository / "suite"
    suite.mkdir()
    assert commit_and_branch(suite, {}) == (git(repository, "rev-parse", "HEAD"), "trunk")


def test_the_branch_of_a_detached_checkout_comes_from_ci(repository: Path) -> None:
    """CI checks out a commit, not a branch, and says the branch in its own variables."""
    git(repository, "checkout", "--quiet", "--detach")
    assert commit_and_branch(repository, {"GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "main"})[1] == "main"
    assert commit_and_branch(repository, {"GITHUB_HEAD_REF": "feature", "GITHUB_REF_NAME": "7/merge"})[1] == "feature"
    assert commit_and_branch(repository, {"GIT_BRANCH": "origin/main"})[1] == "main"
    assert commit_and_branch(repository, {})[1] == ""


def test_outside_of_git_ci_says_both(tmp_path: Path) -> None:
    """A suite that was copied into a container still knows what it measures; where nobody says, the texts are empty."""
    assert commit_and_branch(tmp_path, {"CI_COMMIT_SHA": "abc", "CI_COMMIT_REF_NAME": "main"}) == ("abc", "main")
    assert commit_and_branch(tmp_path, {}) == ("", "")


def test_a_run_is_named_by_when_it_began(tmp_path: Path) -> None:
    """Ids are ULIDs: they sort by time."""

    class Clock:
        def now(self) -> datetime:
            return datetime(2026, 11, 21, 5, tzinfo=UTC)

        def monotonic(self) -> float:
            return 0.0

    run = new_run("corner", "journey", tmp_path, {}, clock=Clock(), versions={"chromium": "156.0"}, labels={"fault": "slow"})
    assert ULID.from_str(run.id).datetime == run.started == Clock().now()
    assert (run.target, run.kind, run.labels) == ("corner", "journey", {"fault": "slow"})
    assert run.versions["footfall"] == __version__
    assert {"python", "playwright", "locust", "chromium"} <= set(run.versions)


def test_a_machine_is_described_by_its_class_and_its_name() -> None:
    """The class is what two machines share that may be compared; the name stands behind it."""
    machine = describe_machine()
    assert machine_class(machine)
    assert machine.startswith(machine_class(machine) + "; ")
    assert machine_class("Linux x86_64, 2 CPU; a") == machine_class("Linux x86_64, 2 CPU; b")
    assert machine_class("") == ""
