"""A master and workers on several hosts, each in a network namespace of its own: what happens to one of them is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from footfall.children import Child, running
from footfall.load.launcher import LoadOptions
from footfall.samples import Event, Sample
from footfall.store.spool import read_spool
from tests.integration.load.harness import started, wait_until, write_profile
from tests.integration.load.server import running_site
from tests.ports import quiet_port

WORKERS = 3


def _may_make_networks() -> bool:
    """Whether this is root on a kernel that lets it make namespaces, as CI's containers mostly do not."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"ff{os.getpid() % 10_000}try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    return made and subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not _may_make_networks(), reason="needs root and network namespaces")


def ip(*words: str) -> None:
    """Tell the kernel about its networks."""
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass
class Network:
    """A switch on this host at `address`, and hosts behind it, numbered from 0."""

    tag: str
    address: str

    def host(self, number: int) -> str:
        """The namespace of a host."""
        return f"{self.tag}h{number}"

    def cut_off(self, number: int) -> None:
        """Pull a host's cable."""
        ip("link", "set", f"{self.tag}v{number}", "down")


@contextmanager
def network() -> Iterator[Network]:
    """Make a switch and its hosts, and take them away again."""
    net = Network(f"ff{os.getpid() % 10_000}", f"10.213.{os.getpid() % 250}.1")
    switch, prefix = f"{net.tag}b", net.address.rpartition(".")[0]
    with ExitStack() as made:
        ip("link", "add", switch, "type", "bridge")
        made.callback(ip, "link", "del", switch)
        ip("addr", "add", f"{net.address}/24", "dev", switch)
        ip("link", "set", switch, "up")
        for number in range(WORKERS):
            host, here, there = net.host(number), f"{net.tag}v{number}", f"{net.tag}e{number}"
            ip("netns", "add", host)
            made.callback(ip, "netns", "del", host)
            ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", host)
            made.callback(ip, "link", "del", here)
            ip("link", "set", here, "master", switch, "up")
            ip("-n", host, "addr", "add", f"{prefix}.{number + 11}/24", "dev", there)
            ip("-n", host, "link", "set", there, "up")
            ip("-n", host, "link", "set", "lo", "up")
        yield net


@contextmanager
def worker(net: Network, number: int, profile: Path, port: int) -> Iterator[Child]:
    """Start a worker on one of the hosts."""
    join = [sys.executable, "-m", "footfall.load.run_locust", "-f", str(profile), "--worker"]
    command = ["ip", "netns", "exec", net.host(number), *join, "--master-host", net.address, "--master-port", str(port)]
    with running(command, directory=profile.parent.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        yield child


def test_one_worker_is_killed_one_is_cut_off_one_comes_late(suite: Path) -> None:
    """Each is told, by which the verdicts become inconclusive; the figures of those that are left go on, and nothing is made up."""
    profile, port = write_profile(suite, held="5m"), quiet_port()
    with network() as net, running_site(net.address) as site, ExitStack() as hosts:
        options = LoadOptions(workers=WORKERS, arguments=["--master-bind-host", net.address, "--master-bind-port", str(port)])
        with started(suite, site, profile, options) as (process, directory):

            def told(kind: str) -> list[str]:
                return [record.text for record in read_spool(directory) if isinstance(record, Event) and record.kind == kind]

            def seconds_of(number: str) -> int:
                records = [record for record in read_spool(directory) if isinstance(record, Sample)]
                return sum(record.metric == "generator_cpu" and record.labels.get("worker") == number for record in records)

            children = [hosts.enter_context(worker(net, number, profile, port)) for number in range(WORKERS)]
            wait_until(lambda: all(seconds_of(str(number)) > 0 for number in range(WORKERS)), 240)
            children[0].process.kill()
            wait_until(lambda: len(told("worker_lost")) == 1, 120)
            net.cut_off(1)
            wait_until(lambda: len(told("worker_lost")) == 2, 120)
            hosts.enter_context(worker(net, 2, profile, port))
            wait_until(lambda: len(told("cannot_judge")) == 1, 120)
            before = max(seconds_of(str(number)) for number in range(WORKERS))
            wait_until(lambda: max(seconds_of(str(number)) for number in range(WORKERS)) > before + 1, 120)
            end = process.stop()
            counted = sum(r.value for r in read_spool(directory) if isinstance(r, Sample) and (r.metric, r.part) == ("throughput", ""))
        assert end.outcome == "aborted"
        assert all("is gone or stalled" in text for text in told("worker_lost"))
        assert "joined while the test ran" in told("cannot_judge")[0]
        assert 0 < counted <= site.counts().total()
