"""Other load generators, where this machine has them: how to run each for a while, and what it then says of its latencies.

    python bench/peers.py        says which there are, and how to get the others

The other benches put them beside footfall. Each asks one page again and again over a number of connections, without a pause.
"""

from __future__ import annotations

import csv
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE_S = 60
Percentiles = Mapping[str, float]
"""In ms, by name (`p50`); only those that the peer tells."""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Peer:
    """A program `name`, had by `get`; `command` is given URL, connections, seconds and a folder to write to."""

    name: str
    get: str
    command: Callable[[str, int, int, Path], list[str]]
    read: Callable[[str, Path], Percentiles]

    @property
    def there(self) -> bool:
        """Whether this machine has it."""
        return shutil.which(self.name) is not None


@dataclass(frozen=True)
class Told:
    """What a peer's run cost, in seconds of processor time, and what it said of its latencies."""

    cpu_s: float
    percentiles: Percentiles


class UnavailableError(Exception):
    """A peer is not there, or does not run; the text says which."""


def run(peer: Peer, url: str, connections: int, seconds: int) -> Told:
    """Run a peer to its end. Raises UnavailableError."""
    if not peer.there:
        raise UnavailableError(f"not there: {peer.get}")
    with tempfile.TemporaryDirectory(prefix="footfall-peer-") as folder:
        before = _children_s()
        command = peer.command(url, connections, seconds, Path(folder))
        environment = {**os.environ, "ARTILLERY_DISABLE_TELEMETRY": "true", "NO_UPDATE_NOTIFIER": "1"}
        try:
            done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=PATIENCE_S)
            return Told(_children_s() - before, peer.read(done.stdout, Path(folder)))
        except (subprocess.SubprocessError, OSError, ValueError, LookupError) as error:
            raise UnavailableError(f"there, but it does not run: {type(error).__name__}") from error


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wrk(url: str, connections: int, seconds: int, _: Path) -> list[str]:
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]


def _read_wrk(said: str, _: Path) -> Percentiles:
    rows = re.findall(r"^ +(\d+)% +([\d.]+)(us|ms|s)$", said, re.MULTILINE)
    return {f"p{q}": float(value) * _UNITS[unit] for q, value, unit in rows}


def _hey(url: str, connections: int, seconds: int, _: Path) -> list[str]:
    return ["hey", "-c", str(connections), "-z", f"{seconds}s", url]


def _read_hey(said: str, _: Path) -> Percentiles:
    return {f"p{q}": float(value) * 1000 for q, value in re.findall(r"^ +(\d+)%+ in ([\d.]+) secs$", said, re.MULTILINE)}


def _autocannon(url: str, connections: int, seconds: int, _: Path) -> list[str]:
    return ["autocannon", "-c", str(connections), "-d", str(seconds), "-j", "-n", url]


def _read_autocannon(said: str, _: Path) -> Percentiles:
    return _named(json.loads(said)["latency"])


def _artillery(url: str, connections: int, seconds: int, folder: Path) -> list[str]:
    """Artillery's users begin anew all the time; ones that ask on and on are told to ask for longer than the run lasts."""
    ask = [{"get": {"url": "/"}}]
    flow = [{"loop": ask, "whileTrue": "before"}]
    (folder / "until.js").write_text(
        f"const end = Date.now() + {seconds * 1000};\nmodule.exports = {{ before: (context, next) => next(Date.now() < end) }};\n"
    )
    config = {"target": url, "processor": "./until.js", "phases": [{"duration": 1, "arrivalCount": connections}], "http": {"timeout": 30}}
    return _artillery_run(folder, {"config": config, "scenarios": [{"flow": flow}]})


def _artillery_run(folder: Path, script: Mapping[str, Any]) -> list[str]:
    (folder / "script.json").write_text(json.dumps(script))
    return ["artillery", "run", "--quiet", "--output", "told.json", "script.json"]


def _read_artillery(_: str, folder: Path) -> Percentiles:
    return _named(json.loads((folder / "told.json").read_text())["aggregate"]["summaries"]["http.response_time"])


def _artillery_open(url: str, rate: int, seconds: int, folder: Path) -> list[str]:
    config = {"target": url, "phases": [{"duration": seconds, "arrivalRate": rate}], "http": {"timeout": 30}}
    return _artillery_run(folder, {"config": config, "scenarios": [{"flow": [{"get": {"url": "/"}}]}]})


LOCUSTFILE = """
from locust import FastHttpUser, {wait}, task

class Someone(FastHttpUser):
    wait_time = {wait}({each})

    @task
    def ask(self):
        self.client.get("/")
"""


def _locust_run(url: str, users: int, seconds: int, folder: Path, wait: str, each: float) -> list[str]:
    (folder / "someone.py").write_text(LOCUSTFILE.format(wait=wait, each=each))
    own = [sys.executable, "-m", "locust", "-f", "someone.py", "--headless", "--only-summary", "--csv", "told"]
    return [*own, "--host", url, "--users", str(users), "--spawn-rate", str(users), "--run-time", f"{seconds}s"]


def _locust(url: str, connections: int, seconds: int, folder: Path) -> list[str]:
    return _locust_run(url, connections, seconds, folder, "constant", 0)


def _locust_paced(url: str, rate: int, seconds: int, folder: Path) -> list[str]:
    """As near as Locust comes to an open model: each user tries to keep its own pace."""
    return _locust_run(url, 2 * rate, seconds, folder, "constant_throughput", 0.5)


def _read_locust(_: str, folder: Path) -> Percentiles:
    with (folder / "told_stats.csv").open(encoding="utf-8", newline="") as file:
        total = next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
    return {f"p{name.removesuffix('%')}": float(value) for name, value in total.items() if name.endswith("%")}


def _named(told: Mapping[str, Any]) -> Percentiles:
    return {name: float(value) for name, value in told.items() if re.fullmatch(r"p\d+", name)}


class _Locust(Peer):
    """It came with footfall."""

    @property
    def there(self) -> bool:
        return True


WRK = Peer("wrk", "apt-get install wrk", _wrk, _read_wrk)
HEY = Peer("hey", "apt-get install hey", _hey, _read_hey)
AUTOCANNON = Peer("autocannon", "npm install --global autocannon", _autocannon, _read_autocannon)
ARTILLERY = Peer("artillery", "npm install --global artillery", _artillery, _read_artillery)
ARTILLERY_OPEN = Peer("artillery", "npm install --global artillery", _artillery_open, _read_artillery)
LOCUST = _Locust("locust", "", _locust, _read_locust)
LOCUST_PACED = _Locust("locust", "", _locust_paced, _read_locust)


def main() -> int:
    """Say what there is."""
    for peer in (WRK, HEY, AUTOCANNON, ARTILLERY):
        print(f"{peer.name:12} {'there' if peer.there else f'not there: {peer.get}'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
