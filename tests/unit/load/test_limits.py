"""What a machine cannot open is said before anything is sent, with the line that raises the limit."""

from __future__ import annotations

import pytest

from footfall.errors import UsageError
from footfall.load.limits import Limits, check_backlog, check_limits, limits_here

ROOMY = Limits("one", 20_000, 28_232)


def test_enough() -> None:
    """Ten thousand users in one process, or twenty thousand over two machines."""
    check_limits(10_000, [ROOMY])
    check_limits(38_000, [ROOMY, Limits("two", 20_000, 28_232)])
    check_limits(0, [])
    assert limits_here().files > 0
    assert limits_here().ports > 0


def test_too_few_descriptors() -> None:
    """Each user holds a connection."""
    with pytest.raises(UsageError, match="10000 users need 10100 open files, and a process on one may open 1024") as caught:
        check_limits(20_000, [ROOMY, Limits("one", 1024, 28_232)])
    assert "ulimit -Hn 10100" in str(caught.value.hint)


def test_too_few_ports() -> None:
    """Processes of one machine share its ports."""
    with pytest.raises(UsageError, match="30000 users need as many ports, and one has 28232") as caught:
        check_limits(30_000, [ROOMY, ROOMY])
    assert "ip_local_port_range" in str(caught.value.hint)


def test_too_short_a_queue() -> None:
    """Only what this machine accepts itself can be checked."""
    check_backlog(500, 4096)
    with pytest.raises(UsageError, match="500 users arrive in a second, and this machine lets 128") as caught:
        check_backlog(500, 128)
    assert "somaxconn" in str(caught.value.hint)
