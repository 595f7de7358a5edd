"""What can go wrong around a load test: told before anything is sent, or counted and explained in the run."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from footfall.children import running
from footfall.errors import ScriptError, UsageError
from footfall.load.launcher import LoadEnd, LoadOptions, shape_kind
from footfall.samples import RunEnd
from footfall.store.spool import read_spool
from tests.integration.load.harness import Load, asked_of, run_load, started, wait_until, write_profile
from tests.integration.load.server import Site, running_site
from tests.ports import quiet_port

BROKEN_AT_START = """

class Broken(LeanUser):
    fixed_count = 1

    def on_start(self):
        raise LookupError("no key")

    @task
    def none(self):
        pass
"""


def locust(suite: Path, site: Site, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run a suite's profile with plain Locust, after a line of shell."""
    command = f'{before} exec "{sys.executable}" -m locust -f loadtests/crowd.py --headless --only-summary --host {site.url} "$@"'
    return subprocess.run(["bash", "-c", command, "bash", *arguments], cwd=suite, capture_output=True, text=True, timeout=240, check=False)


def test_a_limit_of_open_files_that_is_too_low(suite: Path, site: Site) -> None:
    """A user needs a descriptor; the line that raises the limit is told."""
    write_profile(suite)
    done = locust(suite, site, "--users", "12000", "--hold", "5s", before="ulimit -n 10000;")  # root's Locust raises lower ones to that
    assert done.returncode == 2
    assert "12000 users need 12100 open files" in done.stderr
    assert "ulimit -Hn 12100" in done.stderr
    assert "Traceback" not in done.stderr
    assert site.requests == []


def test_a_site_that_leads_to_production(suite: Path, site: Site) -> None:
    """A crowd that was sent to one target is not led to another that is production: each such request is a failure, and it sees none."""
    with running_site() as live:
        targets = f'[targets.corner]\ndemo = true\n\n[targets.live]\nurl = "{live.url}"\nproduction = true\nallow_load = 1000\n'
        (suite / "footfall.toml").write_text(f'[suite]\ndefault_target = "corner"\n\n{targets}', "utf-8")
        load = run_load(suite, site, write_profile(suite, f'self.client.get("/to?{live.url}/ok", name="/pay")', held="2s"))
        assert live.requests == []
    assert {row["error"] for row in load.events("errors")[0].detail["rows"]} == {"load not allowed"}
    assert "target 'live', which is production" in load.events("error")[0].text


def test_a_masters_port_in_use(suite: Path, site: Site) -> None:
    """Locust's own words, as a usage error."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = LoadOptions(workers=1, arguments=["--master-bind-host", "127.0.0.1", "--master-bind-port", port])
        with (
            pytest.raises(UsageError, match=r"[Aa]ddress already in use|Socket bind failure"),
            started(suite, site, write_profile(suite), options) as (process, _),
        ):
            process.wait()


@pytest.mark.parametrize(
    ("before", "environment", "said"),
    [
        ("import footfall; footfall.__version__ = '9.9'", {}, "runs footfall 9.9"),
        ("import time; now = time.time; time.time = lambda: now() + 30", {}, "s ahead of this master's"),
        ("from pathlib import Path; Path('loadtests/crowd.py').open('a').write('# edited')", {}, "runs another profile"),
        ("", {"FOOTFALL_TARGET": "other"}, "was started for target 'other', and this master loads 'corner'"),
    ],
)  # fmt: skip
def test_a_worker_that_is_not_like_its_master(suite: Path, site: Site, before: str, environment: dict[str, str], said: str) -> None:
    """It is refused before anything is sent: it may count otherwise, at another time, or something else."""
    targets = '[targets.corner]\ndemo = true\n[targets.other]\nurl = "http://127.0.0.1:9"\nallow_load = 50\n'
    (suite / "footfall.toml").write_text(f'[suite]\ndefault_target = "corner"\n{targets}', "utf-8")
    profile, port = write_profile(suite), str(quiet_port())
    options = LoadOptions(workers=1, arguments=["--master-bind-host", "127.0.0.1", "--master-bind-port", port])
    other = f"import sys; {before}\nfrom footfall.load.run_locust import main; sys.exit(main())"
    (suite / "there" / "loadtests").mkdir(parents=True)
    shutil.copy(suite / "footfall.toml", suite / "there")
    profile_there = shutil.copy(profile, suite / "there" / "loadtests")
    join = [sys.executable, "-c", other, "-f", str(profile_there), "--worker", "--master-host", "127.0.0.1", "--master-port", port]
    with (
        pytest.raises(UsageError) as caught,
        running(join, environment=environment, directory=suite / "there", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
        started(suite, site, profile, options) as (process, _),
    ):
        process.wait()
    assert said in caught.value.message
    assert {asked.path for asked in site.requests} <= {"/"}


def test_a_user_that_cannot_start_and_a_site_that_says_slow_down(suite: Path, site: Site) -> None:
    """The exception is counted and told, and the others go on; a 429 is no failure of the site's, and is counted for itself."""
    profile = write_profile(suite, 'self.client.get("/limited")', held="9s")
    profile.write_text(profile.read_text("utf-8") + BROKEN_AT_START, "utf-8")
    load = run_load(suite, site, profile, LoadOptions(users=3))
    asked = asked_of(site)["GET /limited"]
    assert asked > 0
    assert sum(sample.value for sample in load.samples("errors", "GET /limited")) == 0
    assert sum(sample.value for sample in load.samples("limited", "GET /limited")) == asked
    told = {(event.detail["part"], event.detail["error"]) for event in load.events("error")}
    assert told == {("GET /limited", "status 429"), ("Broken (its own code)", "LookupError: no key")}
    assert {sample.value for sample in load.samples("users_aim")} == {3}
    assert {sample.value for sample in load.samples("users") if not sample.labels} == {2}


BROKEN_TO_MAKE = BROKEN_AT_START.replace(
    "    def on_start(self):\n", "    def __init__(self, environment):\n        super().__init__(environment)\n"
)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_user_that_cannot_be_made(suite: Path, site: Site, processes: int) -> None:
    """Locust would go on without it, and end well: it is an error that names the class, the line and the reason."""
    profile = write_profile(suite, held="60s")
    profile.write_text(profile.read_text("utf-8") + BROKEN_TO_MAKE, "utf-8")
    with (
        pytest.raises(ScriptError, match=r"loadtests/crowd.py:\d+: LookupError: no key \(a Broken cannot be made\)"),
        started(suite, site, profile, LoadOptions(users=3, processes=processes)) as (process, _),
    ):
        process.wait()


ROWS = """
from pathlib import Path
from footfall.load.feeder import Feeder
ROWS = Feeder.of_csv(Path(__file__).with_name("rows.csv"), again=False)
"""


def test_a_csv_that_runs_out_is_told(suite: Path, site: Site) -> None:
    """Each row is sent once; who asks for one more is a failure that names the file, and the site is not blamed."""
    profile = write_profile(suite, 'self.client.get("/ok", params=ROWS.next(), name="/ok")', held="4s")
    profile.write_text(ROWS + profile.read_text("utf-8"), "utf-8")
    (suite / "loadtests" / "rows.csv").write_text("number\n1\n2\n3\n")
    load = run_load(suite, site, profile, LoadOptions(users=2))
    assert sorted(asked.path for asked in site.requests if asked.path != "/") == ["/ok?number=1", "/ok?number=2", "/ok?number=3"]
    assert {event.detail["part"] for event in load.events("error")} == {"Someone (its own code)"}
    assert "rows.csv ran out: all its 3 rows are used" in load.events("error")[0].text


def test_a_request_that_is_cut_off_is_told(suite: Path, site: Site) -> None:
    """A user that must leave in the middle of a request leaves a failure, not a gap."""
    write_profile(suite, 'self.client.get("/never")', held="6s")
    done = locust(suite, site, "--users", "3", "--stop-timeout", "1")
    assert done.returncode == 1, done.stderr
    (spool,) = (suite / ".footfall" / "spool").iterdir()
    load = Load(LoadEnd(""), list(read_spool(spool)))
    assert load.latency("GET /never").count == asked_of(site)["GET /never"] == 3
    assert {event.detail["error"] for event in load.events("error")} == {"cut off"}
    assert [record.outcome for record in load.records if isinstance(record, RunEnd)] == ["finished"]


def test_locusts_own_page(suite: Path, site: Site) -> None:
    """It is there while the profile runs, and the run ends by itself."""
    port = quiet_port()
    with started(suite, site, write_profile(suite, held="12s"), LoadOptions(users=2, ui_port=port)) as (process, directory):
        wait_until(lambda: site.counts()["GET /ok"] > 3)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
            assert b"Locust" in page.read()
        end = process.wait()
    load = Load(end, list(read_spool(directory)))
    assert end == LoadEnd("finished")
    assert load.latency().count == asked_of(site).total()


def test_killing_the_master_leaves_no_stray_process(suite: Path, site: Site) -> None:
    """Its workers end by themselves, and what was measured is kept."""
    with started(suite, site, write_profile(suite, held="10m"), LoadOptions(processes=2)) as (process, directory):
        wait_until(lambda: any(getattr(record, "metric", "") == "throughput" for record in read_spool(directory)), 120)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        assert len(family) == 3
        family[0].send_signal(signal.SIGKILL)
        process.wait()
        _, alive = psutil.wait_procs(family, timeout=90)
    assert alive == []
    assert Load(LoadEnd(""), list(read_spool(directory))).latency().count > 0


def test_a_worker_elsewhere_ends_soon_after_its_master(suite: Path, site: Site) -> None:
    """Without a master nobody watches what it does to the site: it does not wait for Locust's own minute."""
    profile, port = write_profile(suite, held="5m"), str(quiet_port())
    options = LoadOptions(workers=1, arguments=["--master-bind-host", "127.0.0.1", "--master-bind-port", port])
    join = [sys.executable, "-m", "footfall.load.run_locust", "-f", str(profile), "--worker", "--master-host", "127.0.0.1"]
    with (
        started(suite, site, profile, options) as (process, directory),
        running([*join, "--master-port", port], directory=suite, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as worker,
    ):
        wait_until(lambda: any(getattr(record, "metric", "") == "throughput" for record in read_spool(directory)), 120)
        psutil.Process(process.pid).kill()
        process.wait()
        worker.process.wait(40)


def test_the_ceiling_is_held_over_all_workers(suite: Path, site: Site) -> None:
    """Ten users over two workers are ten, not five each: refused before anything is sent."""
    (suite / "footfall.toml").write_text(f'[targets.corner]\nurl = "{site.url}"\nallow_load = 6\n', "utf-8")
    with (
        pytest.raises(UsageError, match=r"10 users are more than target 'corner' allows \(6\)"),
        started(suite, site, write_profile(suite), LoadOptions(processes=2)) as (process, _),
    ):
        process.wait()
    assert {asked.path for asked in site.requests} <= {"/"}


GROWING = """
from locust import LoadTestShape, task
from footfall.load.users import LeanUser


class Someone(LeanUser):
    think_s = 0.2

    @task
    def visit(self):
        self.client.get("/ok")


class Growing(LoadTestShape):
    def tick(self):
        return (4, 10) if self.get_run_time() < 3 else (40, 10)
"""


def test_the_ceiling_is_held_while_users_come(suite: Path, site: Site) -> None:
    """A shape of Locust's own says only from second to second how many it wants: over the ceiling the test ends, and says why."""
    (suite / "footfall.toml").write_text(f'[targets.corner]\nurl = "{site.url}"\nallow_load = 6\n', "utf-8")
    profile = write_profile(suite)
    profile.write_text(GROWING, "utf-8")
    with (
        pytest.raises(UsageError, match=r"40 users are more than target 'corner' allows \(6\)"),
        started(suite, site, profile) as (process, _),
    ):
        process.wait()
    assert site.counts()["GET /ok"] > 0


def test_a_host_in_a_class_is_a_given_host(suite: Path, site: Site) -> None:
    """Its target's ceiling holds, though the suite's default target is another."""
    other = f'[targets.other]\nurl = "{site.url}/"\nallow_load = 6\n'
    (suite / "footfall.toml").write_text(f'[suite]\ndefault_target = "corner"\n[targets.corner]\ndemo = true\n{other}', "utf-8")
    profile = write_profile(suite)
    profile.write_text(profile.read_text("utf-8").replace("think_s", f'host = "{site.url}"\n    think_s'), "utf-8")
    command = [sys.executable, "-m", "locust", "-f", "loadtests/crowd.py", "--headless", "--only-summary"]
    done = subprocess.run(command, cwd=suite, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 2
    assert "10 users are more than target 'other' allows (6)" in done.stderr
    assert site.requests == []


def test_a_worker_that_is_told_to_leave_is_lost(suite: Path, site: Site) -> None:
    """A drained machine takes its users with it: that is told, by which the verdicts become inconclusive, and the others go on."""
    profile, port = write_profile(suite, held="10m"), str(quiet_port())
    options = LoadOptions(workers=2, arguments=["--master-bind-host", "127.0.0.1", "--master-bind-port", port])
    join = [sys.executable, "-m", "footfall.load.run_locust", "-f", str(profile), "--worker", "--master-host", "127.0.0.1"]
    with started(suite, site, profile, options) as (process, directory), ExitStack() as held:
        workers = [
            held.enter_context(
                running([*join, "--master-port", port], directory=suite, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
            for _ in range(2)
        ]
        wait_until(lambda: any(getattr(record, "metric", "") == "throughput" for record in read_spool(directory)), 120)
        workers[0].process.terminate()
        wait_until(lambda: any(getattr(record, "kind", "") == "worker_lost" for record in read_spool(directory)), 120)
        end = process.stop()
        lost = Load(end, list(read_spool(directory))).events("worker_lost")
    assert len(lost) == 1
    assert any(said in lost[0].text for said in ("left while the test ran", "is gone"))  # its master may see it gone before its last word


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ("from footfall.load.users import StagedShape\nclass Crowd(StagedShape):\n    stages = [step(to=1), hold('1s')]\n", "staged"),
        ("from shared import Door\nclass Crowd(Door):\n    stages = [step(to=1), hold('1s')]\n", "arrivals"),
        ("from footfall.load.users import ReplayShape\nclass Crowd(ReplayShape):\n    recording = 'visits.log'\n", "replay"),
        ("from locust import LoadTestShape\nclass Crowd(LoadTestShape):\n    def tick(self):\n        return None\n", "own"),
        ("print('nothing')\n", "none"),
    ],
)
def test_which_kind_of_shape_a_profile_has(suite: Path, shape: str, kind: str) -> None:
    """Its text cannot say: it may inherit the shape from a module that profiles share."""
    folder = suite / "loadtests"
    (folder / "shared.py").write_text(
        "from footfall.load.users import ArrivalShape\nclass Door(ArrivalShape):\n    abstract = True\n", "utf-8"
    )
    (folder / "visits.log").write_text('127.0.0.1 - - [21/Nov/2026:05:00:00 +0000] "GET /ok HTTP/1.1" 200 12\n', "utf-8")
    (folder / "crowd.py").write_text(f"from footfall.load.stages import hold, step\n{shape}", "utf-8")
    assert shape_kind(folder / "crowd.py") == kind


def test_a_profile_that_does_not_load_has_no_kind(suite: Path) -> None:
    """The line and the reason are told."""
    (suite / "loadtests" / "crowd.py").write_text("import locust\n1 / 0\n", "utf-8")
    with pytest.raises(ScriptError, match=r"loadtests/crowd.py:2: ZeroDivisionError"):
        shape_kind(suite / "loadtests" / "crowd.py")
