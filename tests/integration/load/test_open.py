"""Open profiles and replays, run by the real Locust: what is asked does not depend on how the site fares."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from footfall.errors import ScriptError, UsageError
from footfall.load.launcher import LoadOptions
from tests.integration.load.harness import Load, asked_of, merged, run_load, started
from tests.integration.load.server import Site

OPEN = """
from locust import task
from footfall.load.stages import hold, step
from footfall.load.users import ArrivalShape, LeanUser


class Visitor(LeanUser):
    @task
    def visit(self):
        self.client.get("/sleep?100", name="/sleep")


class Door(ArrivalShape):
    stages = (step(to=10), hold("5s"))
    users = 2
    patience = "500ms"
    even = True
"""
REPLAY = """
from footfall.load.users import ReplayShape, ReplayUser


class Visitor(ReplayUser):
    pass


class Again(ReplayShape):
    recording = "visits.log"
    speed = 2
"""
LOG = "".join(
    f'192.0.2.1 - - [21/Nov/2026:05:00:0{3 * n} +0000] "GET {path} HTTP/1.1" 200 1\n' for n, path in enumerate(["/ok", "/html", "/ok"])
)


def write(suite: Path, text: str, name: str = "door") -> Path:
    """Write a profile into a suite."""
    path = suite / "loadtests" / f"{name}.py"
    path.write_text(text, "utf-8")
    return path


def lasted_s(load: Load, least: float) -> float:
    """For how long answers came, which is the hold at least: on a busy machine Locust's shape ends seconds late."""
    seen = [sample.at for sample in load.samples("throughput") if sample.value]
    lasted = (max(seen) - min(seen)).total_seconds()
    assert lasted >= least
    return lasted


def test_an_open_profile_that_the_site_keeps_up_with(suite: Path, site: Site) -> None:
    """Ten a second come, each counted from when it was meant to begin; nothing is dropped."""
    profile = write(suite, OPEN.replace("users = 2", "users = 20").replace("500ms", "30s"))
    load = run_load(suite, site, profile, LoadOptions(rate=20, hold="4s"))
    asked = asked_of(site)["GET /sleep"]
    response = merged(load.windows("response"), "response")
    assert asked == pytest.approx(20 * lasted_s(load, 4), rel=0.4)
    assert load.latency("GET /sleep").count == asked
    assert response.count == asked
    assert response.percentile(50) >= load.latency("GET /sleep").percentile(50) * 0.999
    assert sum(sample.value for sample in load.samples("dropped")) == 0


def test_an_open_profile_in_two_processes(suite: Path, site: Site) -> None:
    """Each worker has its part of the arrivals from the moment on at which its users are there."""
    profile = write(suite, OPEN.replace("users = 2", "users = 20").replace("500ms", "30s"))
    load = run_load(suite, site, profile, LoadOptions(rate=20, hold="6s", processes=2))
    asked = asked_of(site)["GET /sleep"]
    assert asked == pytest.approx(20 * lasted_s(load, 6), rel=0.4)  # fewer while the users come
    assert merged(load.windows("response"), "response").count == asked


def test_an_open_profile_that_overruns_the_site(suite: Path, site: Site) -> None:
    """Two users can serve twenty a second, and sixty come: response times grow up to the patience, and what is too late is dropped."""
    load = run_load(suite, site, write(suite, OPEN), LoadOptions(rate=60, run_time="4s"))
    response = merged(load.windows("response"), "response")
    assert load.latency().count == response.count == asked_of(site).total()
    assert load.latency().percentile(50) < response.percentile(50) / 2
    assert response.percentile(90) > 450
    assert sum(sample.value for sample in load.samples("dropped")) > 50


def test_a_replay_asks_what_was_asked(suite: Path, site: Site) -> None:
    """The same paths in the same order, twice as fast."""
    (suite / "loadtests" / "visits.log").write_text(LOG, "utf-8")
    load = run_load(suite, site, write(suite, REPLAY, "again"))
    assert [asked.path for asked in site.requests if asked.path != "/"] == ["/ok", "/html", "/ok"]
    assert load.latency().count == 3


def in_locust(script: str) -> str:
    """Run a script in a process of its own, which Locust patches; what it prints."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=240, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(("rate", "hold", "most"), [(0.5, "", 10), (2.5, "", 13), (2.5, "10s", 13), (0.5, "10s", 10), (25, "", 125)])
def test_a_rate_need_not_be_whole(rate: float, hold: str, most: int) -> None:
    """What comes is what was asked for, and what the run's label says; there are users enough for it."""
    times, users = in_locust(f"""
from footfall.load.stages import hold, ramp
from footfall.load.users import ArrivalShape
class Door(ArrivalShape):
    stages = (ramp(to=40, over="2s"), hold("10s"))
    even = True
door = Door()
door.adapt(None, None, {rate}, {hold!r})
times = [moment for moment, _ in door.meant(lambda _: 1.0) if moment >= 2]
print(times, door.most_users, sep=";")
""").split(";")
    moments = json.loads(times)
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    assert gaps == pytest.approx([1 / rate] * len(gaps))
    assert len(moments) == pytest.approx(10 * rate, abs=1)
    assert int(users) == most


def test_a_rate_beyond_what_a_process_can_count() -> None:
    """It does not freeze: others have their turn, and what nobody took in time is dropped."""
    said = in_locust("""
import gevent, itertools
from footfall.load.users.arrivals import Dispatcher
dropped = []
door = Dispatcher(itertools.repeat((-1.0, None), 100_000), 0.5, lambda: dropped.append(1))
door.start()
turns = 0
while not door._greenlet.dead:
    gevent.sleep(0)
    turns += 1
door.stop()
print(turns > 500, len(dropped))
""")
    assert said == "True 100000"


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (OPEN.replace("import ArrivalShape, LeanUser", "import ArrivalShape\nfrom locust import HttpUser as LeanUser"), LoadOptions(),
         "Visitor cannot wait for arrivals"),
        (OPEN.replace("    @task\n    def visit", "    @task\n    class Inner(TaskSet):\n        pass\n\n    @task\n    def visit")
         .replace("import task", "import TaskSet, task"), LoadOptions(), "Visitor has a TaskSet among its tasks"),
        (OPEN, LoadOptions(rate=-1), "--rate -1 is no number of arrivals a second"),
        (REPLAY, LoadOptions(processes=2), "a replay runs in one process"),
        (REPLAY.replace("visits.log", "no.log"), LoadOptions(), "loadtests/door.py:9: Again.recording: no.log cannot be read"),
        (OPEN.replace("ArrivalShape", "StagedShape"), LoadOptions(rate=5), "--rate is for open profiles"),
    ],
)  # fmt: skip
def test_profiles_that_make_no_sense(suite: Path, site: Site, text: str, options: LoadOptions, said: str) -> None:
    """They are refused before anything is sent."""
    (suite / "loadtests" / "visits.log").write_text(LOG, "utf-8")
    with pytest.raises((ScriptError, UsageError)) as caught, started(suite, site, write(suite, text), options) as (process, _):
        process.wait()
    assert caught.value.message.startswith(said)
    assert {asked.path for asked in site.requests} <= {"/"}
