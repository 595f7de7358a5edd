"""Where a run comes from: its id, its machine, its commit and the versions that made it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
from ulid import ULID

from footfall import __version__
from footfall.clock import Clock, SystemClock
from footfall.samples import Run

# What continuous integration calls the commit and the branch (GitHub, GitLab, Buildkite, CircleCI, Jenkins, Bitbucket, Azure, Drone).
# A pull request's own branch stands before the name of its merge.
COMMIT_VARIABLES = (
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "BUILDKITE_COMMIT",
    "CIRCLE_SHA1",
    "GIT_COMMIT",
    "BITBUCKET_COMMIT",
    "BUILD_SOURCEVERSION",
    "DRONE_COMMIT_SHA",
)
BRANCH_VARIABLES = (
    "GITHUB_HEAD_REF",
    "GITHUB_REF_NAME",
    "CI_COMMIT_REF_NAME",
    "BUILDKITE_BRANCH",
    "CIRCLE_BRANCH",
    "CHANGE_BRANCH",
    "BRANCH_NAME",
    "GIT_BRANCH",
    "BITBUCKET_BRANCH",
    "SYSTEM_PULLREQUEST_SOURCEBRANCH",
    "BUILD_SOURCEBRANCHNAME",
    "DRONE_BRANCH",
)
_GIT_TIMEOUT_S = 5.0
_PACKAGES = ("playwright", "locust")


def new_run(
    target: str,
    kind: str,
    root: Path,
    environment: Mapping[str, str],
    *,
    clock: Clock | None = None,
    versions: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Run:
    """Return a run that begins now: a fresh id, this machine, the commit of the suite at `root`, the versions in use.

    `versions` adds what the caller knows (`{"chromium": "156.0.1"}`); location and config digest are added with
    `dataclasses.replace`. Of `environment` only CI's variables are read.
    """
    started = (clock or SystemClock()).now()
    commit, branch = commit_and_branch(root, environment)
    return Run(
        id=str(ULID.from_datetime(started)),
        target=target,
        started=started,
        kind=kind,
        commit=commit,
        branch=branch,
        machine=describe_machine(),
        versions={**known_versions(), **(versions or {})},
        labels=dict(labels or {}),
    )


def commit_and_branch(root: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the commit and branch of the work tree around `root`; what git does not know comes from CI's variables, or is empty."""
    commit = git(root, "rev-parse", "HEAD") or _first(environment, COMMIT_VARIABLES)
    branch = git(root, "symbolic-ref", "--quiet", "--short", "HEAD") or _first(environment, BRANCH_VARIABLES)
    return commit, branch.removeprefix("origin/")


def git(root: Path, *arguments: str) -> str:
    """Return what git says of the work tree around `root`; empty where there is no git, no repository or no answer within five seconds."""
    command = ("git", "-C", str(root), *arguments)
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_GIT_TIMEOUT_S, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""
    return ""


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")


def known_versions() -> dict[str, str]:
    """Return the versions of footfall, Python and, where installed, of playwright and locust, without importing them."""
    versions = {"footfall": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions


def describe_machine() -> str:
    """Return the machine in words: first its class (system, processor, processors in use, memory), then `; ` and its name."""
    memory = round(psutil.virtual_memory().total / 1024**3)
    size = f"{_processors()} CPU, {memory} GB"
    return f"{platform.system()} {platform.machine()}, {_processor()}, {size}; {platform.node()}"


def machine_class(machine: str) -> str:
    """Return the part of a machine's description that two machines share when their figures may be compared."""
    return machine.partition(";")[0].strip()


def _processors() -> int:
    """Return how many processors this process may use: by affinity where the system has it, and by the container's quota."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return min(count, max(1, round(int(quota) / int(period))))
    return count


def _processor() -> str:
    name = platform.processor()
    with suppress(OSError):
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
        name = found[1] if found else name
    if platform.system() == "Darwin":
        with suppress(OSError, subprocess.SubprocessError):
            command = ("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string")
            name = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_TIMEOUT_S, check=True).stdout
    return re.sub(r"[;,\s]+", " ", name).strip() or "unknown processor"
