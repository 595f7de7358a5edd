"""Verdicts that rest on more than one run: another deployment, history, objectives, deployments."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from footfall.clock import to_text
from tests.e2e.conftest import SuiteCopy

HOME = '''"""One page."""

from __future__ import annotations

from footfall.browser.journey import Journey


def test_home(journey: Journey) -> None:
    """Open the shop."""
    with journey.step("open"):
        journey.page.goto("/")
'''
BUDGETS = """[journeys.home.steps.open]
duration = "p50 <= baseline + 10% or baseline + 5ms"

[slo.home]
journey = "home"
objective = "90%"
"""


@pytest.fixture
def home(suite: SuiteCopy) -> SuiteCopy:
    """A suite with one quick journey, and the budgets of this module."""
    (suite.root / "journeys/test_home.py").write_text(HOME)
    (suite.root / "thresholds.toml").write_text(BUDGETS)
    return suite


def gate(suite: SuiteCopy, *arguments: str, code: int) -> list[dict[str, Any]]:
    """Run a gate over the one journey and return its verdicts."""
    ended = suite.footfall("gate", *arguments)
    assert ended.code == code, ended.out + ended.err
    return list(suite.verdicts()["verdicts"])


ONLY_HOME = ("--journey", "home", "--profile", "none", "--iterations", "2")


def test_a_slower_deployment_is_found_by_comparing(home: SuiteCopy) -> None:
    """A page that takes 400 ms longer is suspected after ten pairs or a few more, and twenty fresh ones confirm it; so says the stored run.

    Neither its other half nor the walk that was made for a trace is listed.
    """
    home.edit("journeys/test_home.py", 'goto("/")', 'goto("/api/health")')  # an answer that takes the browser no time: sixty walks
    ended = home.footfall("gate", "--journey", "home", "--against", "corner", "--fault", "slow=/api:400ms")
    assert ended.code == 1, ended.out + ended.err
    assert "in turn (ABBA), until it is clear: looks after 10 / 20 / 40 / 80 pairs, ends within 45 min" in ended.err
    assert "10 pairs: " in ended.err
    assert "perhaps slower: home; measured again, 20 fresh pairs" in ended.err
    assert "at most 1 in 100 such gates fails by chance" in ended.out
    failed = {verdict["key"] for verdict in home.verdicts()["verdicts"] if verdict["outcome"] == "fail"}
    assert "against.journeys.home.steps.open.duration" in failed
    told = (home.root / "out/latest/index.html").read_text()
    assert re.search(r"\d0 pairs; too much for chance, and 20 fresh pairs confirm it", told)
    assert home.footfall("gate", "--run", "latest").code == 1
    [run] = home.history()
    assert (run["kind"], run["labels"]["against"]) == ("gate", "corner")


def test_a_comparison_that_runs_out_of_time_says_so(home: SuiteCopy) -> None:
    """Exit 3: the cap was announced, and nothing is called a pass. A target cannot be held against itself."""
    ended = home.footfall("gate", "--journey", "home", "--against", "corner", "--time-cap", "1s")
    assert ended.code == 3, ended.out + ended.err
    assert "ends within 1 s" in ended.err
    assert home.footfall("gate", "--against", "nowhere").code == 2
    assert home.footfall("gate", "--time-cap", "soon").code == 2


def grown(suite: SuiteCopy, count: int, times: float) -> str:
    """Return `count` runs like the stored one as an export, a day apart and before it, with durations `times` as long."""
    lines = [json.loads(line) for line in suite.footfall("history", "export").out.splitlines()]
    began = datetime.now(UTC) - timedelta(days=count + 1)
    found = []
    for number in range(count):
        moment = to_text(began + timedelta(days=number))
        for line in lines:
            copy = {**line, "id" if line["type"] == "run" else "run": f"OLD{number:03}"}
            copy["started" if line["type"] == "run" else "at"] = moment
            if line["type"] == "sample" and line["metric"] == "duration":
                copy["value"] = line["value"] * times * (1 + 0.02 * (number % 3))
            found.append(json.dumps(copy))
    return "\n".join(found)


def test_what_is_worse_than_usual_is_measured_again_before_it_fails(home: SuiteCopy) -> None:
    """Learning first; with history, three more rounds confirm it; and after an accepted change it is learning again."""
    [verdict, objective] = gate(home, *ONLY_HOME, code=0)
    assert (verdict["outcome"], objective["outcome"]) == ("learning", "learning")
    (home.root / "old.jsonl").write_text(grown(home, 24, 0.01))
    assert "imported 24 runs" in home.footfall("history", "import", "old.jsonl").out

    ended = home.footfall("gate", *ONLY_HOME)
    assert ended.code == 1, ended.out + ended.err
    assert "measured again, 3 of 3" in ended.err
    [broken, kept] = home.verdicts()["verdicts"]
    assert broken["outcome"] == "fail"
    assert "measured again 3 times, usually" in broken["reason"]
    assert broken["reason"].endswith("and confirmed")
    assert (kept["key"], kept["outcome"]) == ("slo.home", "pass")
    assert len([run for run in home.history() if run["kind"] == "gate"]) == 20  # the list's length: rounds are no runs of their own

    assert "from run" in home.footfall("history", "baseline", "set", "--since", "latest", "--note", "new shop").out
    assert {verdict["outcome"] for verdict in gate(home, "--run", "latest", code=0)} == {"learning", "pass"}
    assert "cleared" in home.footfall("history", "baseline", "clear").out
    shown = json.loads(home.footfall("history", "baseline", "show", "--json").out)
    assert (shown["branches"], shown["set"]) == (["main", "master", ""], False)

    assert "100 % good" in home.footfall("budgets", "explain").out
    (home.root / "thresholds.toml").write_text('[journeys.home.steps.open]\nduration = "p75 <= 30s"  # a guess\n')
    assert "nothing was written" in home.footfall("budgets", "suggest").out
    assert "30s" in (home.root / "thresholds.toml").read_text()
    assert home.footfall("budgets", "suggest", "--write").code == 0
    assert "30s" not in (home.root / "thresholds.toml").read_text()
    assert "# a guess" in (home.root / "thresholds.toml").read_text()
    assert home.footfall("budgets", "check").code == 0


def test_a_spent_error_budget_refuses_and_deployments_are_counted(home: SuiteCopy) -> None:
    """One journey in four failed this month: a warning as a rule, a failure with --respect-slo. The deployment is told of by CI."""
    (home.root / "thresholds.toml").write_text('[slo.home]\njourney = "home"\nobjective = "90%"\n')
    gate(home, *ONLY_HOME, code=0)
    lines = [json.loads(line) for line in grown(home, 12, 1.0).splitlines()]
    for line in lines:
        if line["type"] == "sample" and line["metric"] == "success" and int(line["run"][3:]) % 4 == 0:
            line["value"] = 0
    (home.root / "old.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert home.footfall("history", "import", "old.jsonl").code == 0
    assert [verdict["outcome"] for verdict in gate(home, "--run", "latest", code=0)] == ["warn"]
    [verdict] = gate(home, "--run", "latest", "--respect-slo", code=1)
    assert (verdict["key"], verdict["outcome"]) == ("slo.home", "fail")
    assert "the error budget is spent" in verdict["reason"]

    ci = {"GITLAB_CI": "true", "CI_COMMIT_SHA": "3f2a91c0d", "CI_COMMIT_REF_NAME": "main", "CI_PIPELINE_URL": "https://ci/7"}
    assert home.footfall("deployment", "record", "--id", "D1", **ci).code == 0
    assert home.footfall("deployment", "record", "--id", "D1", "--outcome", "rolled-back", **ci).out.startswith("changed deployment D1")
    assert home.footfall("deployment", "record", "--outcome", "rolled").code == 2
    told = json.loads(home.footfall("deployment", "list", "--json").out)
    assert [(made["commit"], made["source"], made["outcome"]) for made in told["deployments"]] == [("3f2a91c0d", "gitlab", "rolled_back")]
    assert (told["figures"]["success_rate"], told["figures"]["change_failure_rate"]) == (0.0, 1.0)
