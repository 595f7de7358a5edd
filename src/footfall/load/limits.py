"""What a machine can open at once, checked before anything is sent: a generator at its limits measures itself."""

from __future__ import annotations

import math
import platform
import resource
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from footfall.errors import UsageError

SPARE_FILES = 100
"""Descriptors that a generator needs beside its users' connections."""
_PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_BACKLOG = Path("/proc/sys/net/core/somaxconn")
_MOST_FILES = 1_048_576


@dataclass(frozen=True)
class Limits:
    """How many descriptors one process may open, and how many ports its machine has towards one address."""

    machine: str
    files: int
    ports: int


def limits_here() -> Limits:
    """Raise this process's soft limit of open files as far as it may, and return what holds here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _MOST_FILES if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return Limits(platform.node(), files, _ports())


def _ports() -> int:
    try:
        low, high = map(int, _PORT_RANGE.read_text("ascii").split())
    except (OSError, ValueError):
        return 65_535
    return high - low + 1


def check_limits(users: int, processes: Iterable[Limits]) -> None:
    """Raise UsageError when `users`, spread evenly over these processes and with one connection each, are too many for one of them.

    Nobody knows how many of them will hold a second one (a WebSocket): what cannot be opened then is counted as dropped.
    """
    each = list(processes)
    share = math.ceil(users / len(each)) if each else 0
    on_machine: dict[str, int] = defaultdict(int)
    for limits in each:
        on_machine[limits.machine] += share
        if share + SPARE_FILES > limits.files:
            raise UsageError(
                f"{share} users need {share + SPARE_FILES} open files, and a process on {limits.machine} may open {limits.files}",
                hint=f"`ulimit -Hn {share + SPARE_FILES}` as root (or /etc/security/limits.conf) raises the limit; or use more --processes",
            )
        if on_machine[limits.machine] > limits.ports:
            raise UsageError(
                f"{on_machine[limits.machine]} users need as many ports, and {limits.machine} has {limits.ports} towards one address",
                hint='`sysctl -w net.ipv4.ip_local_port_range="1024 65535"` gives 64512; or spread the users over more machines',
            )


def check_backlog(arriving: float, backlog: int | None = None) -> None:
    """Raise UsageError when a site on this machine cannot have `arriving` connections a second wait to be accepted."""
    longest = backlog if backlog is not None else _backlog()
    if arriving > longest:
        raise UsageError(
            f"{arriving:.0f} users arrive in a second, and this machine lets {longest} connections wait to be accepted",
            hint="`sysctl -w net.core.somaxconn=4096` raises the limit; or ramp up more slowly",
        )


def _backlog() -> int:
    try:
        return int(_BACKLOG.read_text("ascii"))
    except (OSError, ValueError):
        return 4096
