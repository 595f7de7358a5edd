"""Load as a user runs it: workers that join, what is left when something is killed, capacity, journeys while a crowd is there."""

from __future__ import annotations

import json

import psutil
import pytest

from footfall.load.launcher import own_port
from tests.e2e.conftest import BRIEF, PATIENCE_S, SuiteCopy, processes_of
from tests.e2e.test_interruption import wait_until, written
from tests.integration.load.server import running_site

LONG = BRIEF, 'hold("90s")'


def test_a_master_and_workers_that_join_it(suite: SuiteCopy) -> None:
    """The words of deploy/kubernetes.yaml: a master that waits for its workers, and workers that are told where it is."""
    with own_port() as port:
        master = suite.start("load", "ci", "--workers", "2", "--expect-workers", "--json", "--", "--master-bind-port", str(port))
        workers = [suite.start("load", "ci", "--join", f"127.0.0.1:{port}") for _ in range(2)]
        out, err = master.communicate(timeout=PATIENCE_S)
    for worker in workers:
        worker.communicate(timeout=PATIENCE_S)
    assert master.returncode == 0, err
    assert "waiting for 2 workers: start each with `footfall load ci --join" in err
    assert [worker.returncode for worker in workers] == [0, 0]
    series = json.loads(out)["series"]
    assert {entry["labels"]["worker"] for entry in series if entry["metric"] == "generator_cpu"} == {"0", "1"}
    assert max(entry["figures"]["max"] for entry in series if entry["metric"] == "users") == 10


def test_a_load_test_that_is_killed_keeps_what_was_measured(suite: SuiteCopy) -> None:
    """`kill -9` of footfall: Locust, its workers and the shop are gone, and the history holds the requests."""
    suite.edit("loadtests/ci.py", *LONG)
    process = suite.start("load", "ci", "--processes", "2")
    wait_until(lambda: written(suite.root, '"metric":"latency"'))
    process.kill()
    process.communicate()
    assert processes_of(suite.root) == []
    [run] = suite.history()
    assert run["outcome"] in {"interrupted", "aborted"}
    shown = json.loads(suite.footfall("history", "show", "latest", "--json").out)
    assert any(series["source"] == "load" and series["metric"] == "latency" for series in shown["series"])


def test_a_crowd_that_lost_a_worker_or_its_master_is_not_judged(suite: SuiteCopy) -> None:
    """`kill -9` of one worker, and then of Locust's master: exit 3 that says so, and what was measured is kept and never passes."""
    suite.edit("loadtests/ci.py", *LONG)
    process = suite.start("load", "ci", "--processes", "2")
    wait_until(lambda: written(suite.root, '"metric":"latency"'))
    family = psutil.Process(process.pid).children(recursive=True)
    master = next(one for one in family if one.children() and "run_locust" in " ".join(one.cmdline()))
    master.children()[0].kill()
    wait_until(lambda: written(suite.root, '"kind":"worker_lost"'))
    master.kill()
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, err
    assert "was killed by signal 9" in err
    again = suite.footfall("gate", "--run", "latest")
    assert again.code == 3, again.out + again.err
    assert "is gone or stalled" in again.out
    assert {verdict["outcome"] for verdict in suite.verdicts()["verdicts"]} == {"inconclusive"}


def test_a_shop_that_dies_under_its_crowd_has_failed(suite: SuiteCopy) -> None:
    """`kill -9` of the site: what cannot be asked any more is counted, the profile comes to its end, and the budget on errors is broken."""
    suite.edit("loadtests/ci.py", BRIEF, 'hold("40s")')
    process = suite.start("load", "ci")
    wait_until(lambda: written(suite.root, '"metric":"latency"'))
    shop = next(one for one in psutil.Process(process.pid).children() if "footfall.demo" in " ".join(one.cmdline()))
    shop.kill()
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert "connection refused" in out
    ended = suite.footfall("gate", "--run", "latest")
    assert ended.code == 1, ended.out + ended.err
    assert {verdict["outcome"] for verdict in suite.verdicts()["verdicts"] if verdict["metric"] == "errors"} == {"fail"}


def test_a_budget_that_says_so_ends_the_crowd(suite: SuiteCopy) -> None:
    """`abort = true`: long before the profile's own end, and both terminal and report say which budget it was."""
    suite.edit("loadtests/ci.py", *LONG)
    (suite.root / "thresholds.toml").write_text('[load.ci]\nusers = { fail = "max <= 3", abort = true }\n')
    ended = suite.footfall("load", "ci")
    assert ended.code == 0, ended.err
    assert "ci is ended early: load.ci.users is broken: max is 10" in ended.err
    assert [run["outcome"] for run in suite.history()] == ["finished"]
    suite.footfall("gate", "--run", "latest")
    assert "ci was ended early: load.ci.users is broken" in (suite.root / "out/latest/index.html").read_text()


BUSY = """
import time

from locust import task
from footfall.load.stages import hold, step
from footfall.load.users import LeanUser, StagedShape


class Thinker(LeanUser):
    think_s = 0.01

    @task
    def visit(self):
        self.client.get("/api/health")
        end = time.perf_counter() + 0.05
        while time.perf_counter() < end:
            pass


class Busy(StagedShape):
    stages = (step(to=20), hold("6s"))
"""


def test_a_starved_generator_never_passes(suite: SuiteCopy) -> None:
    """Users who take the whole core for themselves: budgets that nothing could break are not passed either, and it is said why."""
    (suite.root / "loadtests/busy.py").write_text(BUSY)
    (suite.root / "thresholds.toml").write_text('[load.busy]\nlatency = "p95 <= 10m"\nerrors = "rate <= 100%"\n')
    assert suite.footfall("load", "busy").code == 0
    ended = suite.footfall("gate", "--run", "latest")
    assert ended.code == 3, ended.out + ended.err
    assert {verdict["outcome"] for verdict in suite.verdicts()["verdicts"]} == {"inconclusive"}
    assert "the generator was s" in ended.out  # starved, or saturated where nobody else wants the core


DOOR = """
from locust import task
from footfall.load.stages import hold, step
from footfall.load.users import ArrivalShape, LeanUser


class Visitor(LeanUser):
    @task
    def visit(self):
        self.client.get("/one-at-a-time?20", name="/one-at-a-time")


class Door(ArrivalShape):
    stages = (step(to=10), hold("5s"))
    users = 400
    patience = "20s"
"""


@pytest.mark.alone
def test_the_capacity_of_a_site_that_holds_fifty_a_second(suite: SuiteCopy) -> None:
    """One at a time, each for 20 ms: thirty arrivals a second are held, sixty are not, and it is said which budget broke."""
    (suite.root / "loadtests/door.py").write_text(DOOR)
    limits = '[load.door]\nresponse = { warn = "p90 <= 1ms", fail = "p90 <= 700ms" }\nerrors = "rate <= 1%"\n'
    (suite.root / "thresholds.toml").write_text(limits)
    with running_site() as site:
        suite.edit("footfall.toml", "demo = true", f'url = "{site.url}"\nallow_load = 500')
        ended = suite.footfall("capacity", "door", "--from", "30", "--to", "60", "--hold", "8s", "--precision", "0.5", "--json")
    assert ended.code == 0, ended.out + ended.err
    found = json.loads(ended.out)
    assert [(level["at"], level["state"]) for level in found["levels"]] == [(30, "held"), (60, "broke")]
    assert found["levels"][0]["used"]["load.door.response"] < 1  # of what fails, not of what only warns
    assert found["found"].startswith("door holds 30 arrivals a second within its budgets")
    assert "the first to break is load.door.response, at 60 arrivals a second" in found["more"]
    assert (suite.root / "out/capacity-door.html").read_text().count("load.door.response") > 0


def test_journeys_at_rest_and_while_a_crowd_is_there(suite: SuiteCopy) -> None:
    """`under_load`: the same journey twice, a budget for each, both values in the report, and the crowd is sent away at the end."""
    suite.edit("footfall.toml", 'profile = "ci"', 'under_load = "ci"')
    limits = "\n[journeys.booking]\n" + 'success = ["rate >= 1%", { fail = "rate >= 2%", where = { under_load = "ci" } }]\n'
    (suite.root / "thresholds.toml").write_text((suite.root / "thresholds.toml").read_text() + limits)
    ended = suite.footfall("gate", "--journey", "booking", "--iterations", "1")
    assert ended.code in {0, 1, 3}, ended.err  # whether one iteration is fast enough on a busy machine is not the question
    about = [verdict for verdict in suite.verdicts()["verdicts"] if verdict["metric"] == "success"]
    told = {verdict["limit"]: verdict["outcome"] for verdict in about}
    assert told[0.01] == told[0.02] == "pass"
    shown = json.loads(suite.footfall("history", "show", "latest", "--json").out)
    assert not any("not_found" in problem for problem in shown["problems"])  # journeys clean up after themselves, not after the crowd
    assert "under load" in (suite.root / "out/latest/index.html").read_text().lower()
