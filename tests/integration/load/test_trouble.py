"""What can go wrong around a load test: told before anything is sent, or counted and explained in the run."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from footfall.children import running
from footfall.errors import UsageError
from footfall.load.launcher import LoadEnd, LoadOptions, free_port
from footfall.samples import RunEnd
from footfall.store.spool import read_spool
from tests.integration.load.harness import Load, asked_of, run_load, started, wait_until, write_profile
from tests.integration.load.server import Site, running_site

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
    return subprocess.run(["bash", "-c", command, "bash", *arguments], cwd=suite, capture_output=True, text=True, timeout=90, check=False)


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


def test_a_worker_of_another_version(suite: Path, site: Site) -> None:
    """It is refused before anything is sent: two versions may not count alike."""
    profile, port = write_profile(suite), str(free_port())
    options = LoadOptions(workers=1, arguments=["--master-bind-host", "127.0.0.1", "--master-bind-port", port])
    other = "import sys, footfall; footfall.__version__ = '9.9'; from footfall.load.run_locust import main; sys.exit(main())"
    join = [sys.executable, "-c", other, "-f", str(profile), "--worker", "--master-host", "127.0.0.1", "--master-port", port]
    with (
        pytest.raises(UsageError) as caught,
        running(join, directory=suite, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
        started(suite, site, profile, options) as (process, _),
    ):
        process.wait()
    assert "runs footfall 9.9" in caught.value.message
    assert {asked.path for asked in site.requests} <= {"/"}


def test_a_user_that_cannot_start_and_a_site_that_says_slow_down(suite: Path, site: Site) -> None:
    """The exception is counted and told, and the others go on; a 429 is no failure of the site's, and is counted for itself."""
    profile = write_profile(suite, 'self.client.get("/limited")', held="5s")
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


ROWS = """
from pathlib import Path
from footfall.load.feeder import Feeder
ROWS = Feeder.of_csv(Path(__file__).with_name("rows.csv"), again=False)
"""


def test_a_csv_that_runs_out_is_told(suite: Path, site: Site) -> None:
    """Each row is sent once; who asks for one more is a failure that names the file, and the site is not blamed."""
    profile = write_profile(suite, 'self.client.get("/ok", params=ROWS.next(), name="/ok")', held="2s")
    profile.write_text(ROWS + profile.read_text("utf-8"), "utf-8")
    (suite / "loadtests" / "rows.csv").write_text("number\n1\n2\n3\n")
    load = run_load(suite, site, profile, LoadOptions(users=2))
    assert sorted(asked.path for asked in site.requests if asked.path != "/") == ["/ok?number=1", "/ok?number=2", "/ok?number=3"]
    assert {event.detail["part"] for event in load.events("error")} == {"Someone (its own code)"}
    assert "rows.csv ran out: all its 3 rows are used" in load.events("error")[0].text


def test_a_request_that_is_cut_off_is_told(suite: Path, site: Site) -> None:
    """A user that must leave in the middle of a request leaves a failure, not a gap."""
    write_profile(suite, 'self.client.get("/never")', held="2s")
    done = locust(suite, site, "--users", "3", "--stop-timeout", "1")
    assert done.returncode == 1, done.stderr
    (spool,) = (suite / ".footfall" / "spool").iterdir()
    load = Load(LoadEnd(""), list(read_spool(spool)))
    assert load.latency("GET /never").count == asked_of(site)["GET /never"] == 3
    assert {event.detail["error"] for event in load.events("error")} == {"cut off"}
    assert [record.outcome for record in load.records if isinstance(record, RunEnd)] == ["finished"]


def test_locusts_own_page(suite: Path, site: Site) -> None:
    """It is there while the profile runs, and the run ends by itself."""
    port = free_port()
    with started(suite, site, write_profile(suite, held="4s"), LoadOptions(users=2, ui_port=port)) as (process, directory):
        wait_until(lambda: site.counts()["GET /ok"] > 3)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            assert b"Locust" in page.read()
        end = process.wait()
    load = Load(end, list(read_spool(directory)))
    assert end == LoadEnd("finished")
    assert load.latency().count == asked_of(site).total()


def test_killing_the_master_leaves_no_stray_process(suite: Path, site: Site) -> None:
    """Its workers end by themselves, and what was measured is kept."""
    with started(suite, site, write_profile(suite, held="60s"), LoadOptions(processes=2)) as (process, directory):
        wait_until(lambda: any(getattr(record, "metric", "") == "throughput" for record in read_spool(directory)), 30)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        assert len(family) == 3
        family[0].send_signal(signal.SIGKILL)
        process.wait()
        _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    assert Load(LoadEnd(""), list(read_spool(directory))).latency().count > 0


def test_the_ceiling_is_held_over_all_workers(suite: Path, site: Site) -> None:
    """Ten users over two workers are ten, not five each: refused before anything is sent."""
    (suite / "footfall.toml").write_text(f'[targets.corner]\nurl = "{site.url}"\nallow_load = 6\n', "utf-8")
    with (
        pytest.raises(UsageError, match=r"10 users are more than target 'corner' allows \(6\)"),
        started(suite, site, write_profile(suite), LoadOptions(processes=2)) as (process, _),
    ):
        process.wait()
    assert {asked.path for asked in site.requests} <= {"/"}
