"""Profiles run by the real Locust against a real site: what is written is what the site saw."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from footfall.errors import FootfallError, ScriptError, TargetUnreachableError, UsageError
from footfall.load.launcher import LoadEnd, LoadOptions, check_profile, find_profile
from footfall.samples import HistogramWindow, Run, RunEnd, Sample
from footfall.stats import percentile
from footfall.store.provenance import new_run
from footfall.store.spool import begin_run, read_spool
from tests.integration.load.harness import Load, asked_of, merged, run_load, started, wait_until, write_profile
from tests.integration.load.server import Site, running_site


@pytest.fixture(scope="module")
def measured(lasting_suite: Path) -> Iterator[tuple[Load, Site]]:
    """One whole run, and the site's own record of it."""
    with running_site() as site:
        yield run_load(lasting_suite, site, write_profile(lasting_suite, held="8s")), site


def test_the_figures_are_the_sites_own(measured: tuple[Load, Site]) -> None:
    """Every request that the site answered is in the histograms, once, under its name and in the total."""
    load, site = measured
    asked = asked_of(site)
    assert load.end == LoadEnd("finished")
    assert load.latency("GET /ok").count == asked["GET /ok"]
    assert load.latency("GET /sleep").count == asked["GET /sleep"] > 100
    assert load.latency().count == asked.total() == sum(sample.value for sample in load.samples("throughput"))
    assert sum(sample.detail["of"] for sample in load.samples("errors")) == asked.total()
    assert all(sample.value == 0 for sample in load.samples("errors"))


def test_requests_carry_the_runs_id(measured: tuple[Load, Site]) -> None:
    """So that the site's owner can tell them from people's, and clean up after them."""
    load, site = measured
    runs = {asked.headers.get("x-footfall-run") for asked in site.requests if asked.path != "/"}
    assert runs == {record.id for record in load.records if isinstance(record, Run)}


def test_percentiles_fit_the_sites_own_record(measured: tuple[Load, Site]) -> None:
    """A user waited at least as long as the site took, percentile by percentile, and not much longer."""
    load, site = measured
    histogram, site_ms = load.latency("GET /sleep"), [seconds * 1000 for seconds in site.seconds["/sleep"]]
    assert histogram.minimum >= 20
    for q in (50, 75, 95):
        assert histogram.percentile(q) >= percentile(site_ms, q) * 0.999


def test_the_steady_part_is_told_apart(measured: tuple[Load, Site]) -> None:
    """Only what was seen while ten users stood still is without the label; all seconds are there, one sample each."""
    load, _ = measured
    steady = [sample for sample in load.samples("users") if not sample.labels]
    still = [sample for sample in load.samples("users") if sample.value == 10 and sample.labels.get("phase") != "stop"]
    assert {sample.value for sample in steady} == {10}
    assert 1 <= len(steady) <= len(still) - 2  # two seconds to settle
    phases = [sample.labels.get("phase") for sample in sorted(load.samples("users"), key=lambda sample: sample.at)]
    assert phases[0] == "ramp"
    assert phases[-1] == "stop"
    assert len({sample.at for sample in load.samples("throughput")}) == len(load.samples("throughput"))


def test_failures_are_counted_by_kind(suite: Path, site: Site) -> None:
    """Wrong bodies, statuses, silence, and the script's own exceptions: each counted, the first of each told in full."""
    body = (
        'self.client.get("/wrong", has={"status": "ok"}); self.client.get("/broken"); self.client.get("/hang-up");'
        ' self.client.get("/html").json()["never"]'
    )
    load = run_load(suite, site, write_profile(suite, body, held="4s"), LoadOptions(users=2))
    asked = site.counts()
    (summary,) = load.events("errors")
    told = {(row["part"], row["error"]): row["count"] for row in summary.detail["rows"]}
    assert told["GET /wrong", "wrong body"] == asked["GET /wrong"]
    assert told["GET /broken", "status 500"] == asked["GET /broken"]
    assert told["GET /hang-up", "connection closed by the site"] == asked["GET /hang-up"]
    assert any(part == "Someone (its own code)" for part, _ in told)
    examples = [event for event in load.events("error") if event.detail["error"] == "wrong body"]
    assert len(examples) == 3
    assert "sold out" in examples[0].text
    assert all(sample.value == sample.detail["of"] for sample in load.samples("errors", "GET /wrong"))


def test_two_processes_merge_exactly(suite: Path, site: Site) -> None:
    """Users spread over two workers are in the same histograms, none twice, none lost; each tells of its own health."""
    load = run_load(suite, site, write_profile(suite), LoadOptions(processes=2))
    assert load.end == LoadEnd("finished")
    asked = asked_of(site)
    assert load.latency().count == asked.total() > 100
    assert load.latency("GET /ok").count == asked["GET /ok"]
    assert max(sample.value for sample in load.samples("users")) == 10
    assert {sample.labels["worker"] for sample in load.samples("generator_cpu")} == {"0", "1"}
    assert load.events("worker_lost") == []


def test_stopping_keeps_what_was_measured(suite: Path, site: Site) -> None:
    """Ctrl-C ends the profile in order: whoever is under way gets an answer, and every answer is written."""
    with started(suite, site, write_profile(suite, held="10m")) as (process, directory):
        wait_until(lambda: site.counts()["GET /ok"] > 50)
        end = process.stop()
    load = Load(end, list(read_spool(directory)))
    asked = asked_of(site)
    assert end.outcome == "aborted"
    assert load.latency().count == asked.total()


def test_a_killed_generator_loses_a_second_or_two(suite: Path, site: Site) -> None:
    """After `kill -9` the spool is readable, and holds all but the last moments."""
    with started(suite, site, write_profile(suite, held="10m")) as (process, directory):
        wait_until(lambda: merged(r for r in read_spool(directory) if isinstance(r, HistogramWindow) and r.part == "").count > 50)
        os.kill(process.pid, signal.SIGKILL)
        end = process.wait()
    load = Load(end, list(read_spool(directory)))
    assert end.outcome == "failed"
    assert "signal 9" in end.reason
    assert load.latency().count > 50
    assert load.events("error") == []


PARENT = """
import os, sys, time
from pathlib import Path
from footfall.load.launcher import LoadOptions, launched
from footfall.target import LiveTarget
environment = {"FOOTFALL_RUN": sys.argv[4], "FOOTFALL_SPOOL": sys.argv[3]}
with launched(Path(sys.argv[1]), LiveTarget("corner", sys.argv[2]), environment, LoadOptions(processes=2)) as process:
    print(process.pid, flush=True)
    time.sleep(600)
"""


def test_locust_ends_with_its_parent(suite: Path, site: Site) -> None:
    """When footfall is killed, Locust and its workers end by themselves."""
    profile = write_profile(suite, held="10m")
    with begin_run(suite, new_run("corner", "load", suite, {})) as run:
        command = [sys.executable, "-c", PARENT, str(profile), site.url, str(run.directory), run.run.id]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            locust = psutil.Process(int(parent.stdout.readline()))
            wait_until(lambda: site.counts()["GET /ok"] > 20)
            family = [locust, *locust.children()]
            assert len(family) == 3
            parent.kill()
        _, alive = psutil.wait_procs(family, timeout=90)
    assert alive == []


def refused(suite: Path, site: Site, profile: Path, options: LoadOptions | None = None) -> FootfallError:
    """Run a profile that cannot be run, and return what it was refused for."""
    with pytest.raises(FootfallError) as caught, started(suite, site, profile, options) as (process, _):
        process.wait()
    assert {asked.path for asked in site.requests} <= {"/"}, "something was sent before the refusal"
    return caught.value


def test_an_import_error_in_a_profile(suite: Path, site: Site) -> None:
    """It is told with the profile's file and line, and the exit code of a wrong script."""
    profile = suite / "loadtests" / "crowd.py"
    profile.write_text("from __future__ import annotations\n\nimport no_such_module\n", "utf-8")
    error = refused(suite, site, profile)
    assert isinstance(error, ScriptError)
    assert error.message == "loadtests/crowd.py:3: ModuleNotFoundError: No module named 'no_such_module'"
    assert error.hint == "import no_such_module"


def test_an_error_in_what_a_profile_imports(suite: Path, site: Site) -> None:
    """The line that is named is where the mistake is, not where it was imported."""
    (suite / "loadtests" / "users.py").write_text("WHO = 1 / 0\n", "utf-8")
    profile = suite / "loadtests" / "crowd.py"
    profile.write_text("import users\n", "utf-8")
    assert refused(suite, site, profile).message == "loadtests/users.py:1: ZeroDivisionError: division by zero"


def test_stages_that_make_no_sense(suite: Path, site: Site) -> None:
    """They are told with the shape's place, before anything is sent."""
    profile = write_profile(suite)
    profile.write_text(profile.read_text("utf-8").replace('ramp(to=10, over="1s"), ', ""), "utf-8")
    error = refused(suite, site, profile)
    assert isinstance(error, ScriptError)
    assert error.message == "loadtests/crowd.py:15: Crowd.stages[0]: nobody is there to hold: ramp or step up first"


def test_a_profile_without_users(suite: Path, site: Site) -> None:
    """What Locust itself refuses is told in Locust's words, as a usage error."""
    profile = suite / "loadtests" / "crowd.py"
    profile.write_text("from footfall.load.users import LeanUser\n", "utf-8")
    error = refused(suite, site, profile)
    assert isinstance(error, UsageError)
    assert "No User class found" in error.message


def test_arguments_that_locust_does_not_know(suite: Path, site: Site) -> None:
    """A typo after -- is a usage error."""
    error = refused(suite, site, write_profile(suite), LoadOptions(arguments=["--no-such-flag"]))
    assert isinstance(error, UsageError)
    assert "--no-such-flag" in error.message


def test_a_target_that_refuses_connections(suite: Path, site: Site) -> None:
    """Nothing is started for a site that is not there."""
    site.port = 1
    assert isinstance(refused(suite, site, write_profile(suite)), TargetUnreachableError)


def test_profiles_that_are_not_there(suite: Path) -> None:
    """The nearest name is offered; a syntax error is found before anything is started."""
    write_profile(suite)
    with pytest.raises(UsageError, match="no profile is called 'crowed'") as caught:
        find_profile(suite, "crowed")
    assert caught.value.hint == "did you mean 'crowd'?"
    (suite / "loadtests" / "people.py").write_text("class Person: ...\n", "utf-8")
    (suite / "loadtests" / "walk.py").write_text("from people import Person\n", "utf-8")
    with pytest.raises(UsageError, match=r"people\.py is a module that profiles share") as caught:
        find_profile(suite, "people")
    assert "walk" in str(caught.value.hint)
    (suite / "loadtests" / "torn.py").write_text("class Torn(:\n", "utf-8")
    with pytest.raises(ScriptError, match=r"loadtests/torn\.py:1: "):
        check_profile(suite, "torn")


def test_plain_locust_is_a_whole_run(suite: Path, site: Site) -> None:
    """`locust -f loadtests/crowd.py` needs no footfall command: its run stands in the spool, with how it ended."""
    write_profile(suite, held="3s")
    command = [sys.executable, "-m", "locust", "-f", "loadtests/crowd.py", "--headless", "--only-summary", "--host", site.url]
    done = subprocess.run(command, cwd=suite, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    (spool,) = (suite / ".footfall" / "spool").iterdir()
    load = Load(LoadEnd(""), list(read_spool(spool)))
    asked = asked_of(site)
    assert load.latency().count == asked.total()
    assert [record.kind for record in load.records if isinstance(record, Run)] == ["load"]
    assert [record.outcome for record in load.records if isinstance(record, RunEnd)] == ["finished"]
    assert {record.subject for record in load.records if isinstance(record, Sample)} == {"crowd"}


def test_load_on_a_target_that_does_not_allow_it(suite: Path, site: Site) -> None:
    """A suite's target is only loaded when its owner said how much it takes."""
    (suite / "footfall.toml").write_text(f'[targets.live]\nurl = "{site.url}"\n', "utf-8")
    write_profile(suite)
    command = [sys.executable, "-m", "locust", "-f", "loadtests/crowd.py", "--headless", "--host", site.url]
    done = subprocess.run(command, cwd=suite, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 2
    assert "target 'live' does not allow load" in done.stderr
    assert "Traceback" not in done.stderr
    assert site.requests == []
