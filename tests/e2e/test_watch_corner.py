"""The watch on the embedded shop: a journey in a browser, a load test, business figures; a fault of the shop becomes an incident."""

from __future__ import annotations

import json
import re

import pytest

from tests.e2e.conftest import BRIEF, LASTING, SuiteCopy

WATCH = """
[probes.business]
url = "/api/metrics"
measure = { payments = "$.payment_success" }
expect = { figures = { payments = ">= 99%" } }
severity = "P0"
owner = "payments"

[watch]
rechecks = ["1s"]
[watch.journeys.checkout]
every = "5m"
owner = "shop"
runbook = "docs/runbook.md#checkout"
[watch.impact.checkout]
broken = "nobody can buy"
revenue_per_hour = 1200
"""


def test_a_journey_that_breaks_is_an_incident_with_its_evidence(suite: SuiteCopy) -> None:
    """Customers cannot check out: the journey is walked twice, opens, and names its screenshot; the runs carry the location."""
    config = suite.root / "footfall.toml"
    config.write_text(config.read_text() + WATCH)
    suite.edit("journeys/test_checkout.py", "timeout=15_000", "timeout=2_000")
    (suite.root / "docs").mkdir()
    (suite.root / "docs/runbook.md").write_text("# Runbook\n\n## Checkout\n\n- Ask the payment provider.\n")
    ended = suite.footfall("watch", "--once", "--location", "ams", "--fault", "payment-down")
    assert ended.code == 1, ended.err
    assert "customers cannot complete checkout" in ended.out
    listed = json.loads(suite.footfall("incidents", "list", "--json").out)["incidents"]
    (broken,) = [each for each in listed if each["subject"] == "journey:checkout"]
    assert broken["detail"]["steps"] == ["Ask the payment provider."]
    assert broken["detail"]["impact"]["broken"] == "nobody can buy"
    shots = [path for path in broken["detail"]["evidence"] if path.endswith(".png")]
    assert shots
    assert all((suite.root / path).is_file() for path in shots)
    assert len([path for path in broken["detail"]["evidence"] if path.endswith(".zip")]) == 1, "traced when it is walked again, not before"
    walked = [run for run in suite.history() if run["kind"] == "watch"]
    assert sorted(run["labels"].get("aside", "") for run in walked) == ["", "recheck"], "what is walked again is no part of any objective"
    assert {run["id"] for run in walked} >= {broken["detail"]["run"]}


BUDGETS = """
[journeys.checkout.steps.pay]
duration = { fail = "max <= 1ms", for = "0s", severity = "P0", owner = "payments" }
[journeys."*"]
duration = "p75 <= 1ms"
lcp = { warn = "p75 <= 1ms over 1h" }
success = "rate >= 99%"
"""


def test_a_step_is_held_by_what_was_measured_in_the_browser(suite: SuiteCopy) -> None:
    """The walk succeeds, and its payment took longer than promised; the budgets that are the gate's alone open nothing."""
    config = suite.root / "footfall.toml"
    config.write_text(config.read_text() + WATCH)
    (suite.root / "thresholds.toml").write_text(BUDGETS)
    ended = suite.footfall("watch", "--once", "--location", "ams")
    assert ended.code == 1, ended.err
    (broken,) = json.loads(suite.footfall("incidents", "list", "--json").out)["incidents"]
    assert (broken["subject"], broken["owner"]) == ("budget:journey:checkout#journeys.checkout.steps.pay.duration", "payments")
    assert broken["problem"].startswith("pay · duration: max is ")
    assert broken["detail"]["run"] in {run["id"] for run in suite.history()}


LOAD = """
[watch.load.ci]
every = "24h"
severity = "P1"
"""
ELSEWHERE = """
[targets.staging]
url = "{url}"
allow_load = 20
[watch.load.ci]
target = "staging"
"""


def test_a_load_test_goes_to_a_target_of_its_own(suite: SuiteCopy) -> None:
    """Beside the watch of another site: its run is kept with the target that was loaded, and one that is not there is an incident."""
    config = suite.root / "footfall.toml"
    before = config.read_text()
    staging = suite.start("demo", "--port", "0", "--payment-port", "0")
    try:
        assert staging.stdout is not None
        url = re.search(r"http://127\.0\.0\.1:\d+", staging.stdout.readline())
        assert url is not None
        config.write_text(before + ELSEWHERE.format(url=url[0]))
        suite.footfall("watch", "--once", "--location", "ams")
        assert {run["target"] for run in suite.history() if run["labels"].get("load") == "ci"} == {"staging"}
    finally:
        staging.terminate()
        staging.communicate()
    ended = suite.footfall("watch", "--once", "--location", "ams")
    assert ended.code == 1, ended.err
    assert "the load test ci fails on staging" in ended.out
    assert "does not answer" in ended.out


LIMIT = """
[load.ci]
errors = { fail = "rate <= 1%", severity = "P0" }
"""


@pytest.mark.alone  # a generator that is starved is not believed, and then its test neither opens nor ends anything
def test_a_load_test_that_breaks_its_budget_is_an_incident(suite: SuiteCopy) -> None:
    """The profile is run through the watch, as a run of its own, and judged by its own budgets."""
    config = suite.root / "footfall.toml"
    config.write_text(config.read_text() + LOAD)
    suite.edit("loadtests/ci.py", BRIEF, LASTING)
    (suite.root / "thresholds.toml").write_text(LIMIT)
    ended = suite.footfall("watch", "--once", "--location", "ams", "--fault", "errors=/:1")
    assert ended.code == 1, ended.err
    listed = json.loads(suite.footfall("incidents", "list", "--json").out)["incidents"]
    (broken,) = [each for each in listed if each["subject"] == "load:ci"]
    assert broken["title"] == "the load test ci fails"
    assert "load.ci.errors" in broken["problem"]
    (run,) = [run for run in suite.history() if run["kind"] == "watch"]
    assert run["id"] == broken["detail"]["run"]
