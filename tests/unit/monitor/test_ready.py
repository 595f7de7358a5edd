"""What a watch says before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.cli import checkup
from footfall.cli.workplace import budgets_if_any
from footfall.monitor.plan import plan_of
from footfall.monitor.promises import with_budgets
from footfall.monitor.ready import only_channel, problems, untold
from tests.unit.config.test_watch import suite

WATCHED = """
[targets.corner]
demo = true
[probes.health]
url = "/api/health"
slo = "99.9%"
[probes.backup]
kind = "heartbeat"
severity = "info"
owner = "ops"
[watch]
control = "https://example.com"
health_below = 70
[watch.journeys.booking]
severity = "warning"
[alerts.channels.team]
kind = "slack"
url = "https://example.com/hook"
"""
BUDGETS = """
[probes."*"]
latency = { warn = "p95 <= 500ms over 5m", fail = "p95 <= 2s over 5m", severity = "warning" }
success = "rate >= 99%"
"""
ALL = ["P1 probe: health", "P3 probe: backup", "P2 journey: booking", "P2 slow: health, booking", "P1 slo: health"]
ALL += ["P2 budget: health", "P3 budget: health"]
OWN = ["P2 channel: team", "P2 location: any", "P2 blind: any", "P1 health: score"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('[probes.health]\nurl = "/"\ncron = "* * * * *"\ntimeout = "5m"', "a check may take 300 s (timeout) but comes every 60 s"),
        ('[probes.health]\nurl = "/"\ncron = "0,1 3 * * *"\ntimeout = "5m"', "a check may take 300 s (timeout) but comes every 60 s"),
        ('[probes.health]\nurl = "/"\ncron = "0 3 * * *"\ntime_zone = "Europe/Warsaw"\ntimeout = "5m"', ""),
        ('[watch.journeys.booking]\ncron = "* * * * *"', "if each takes its 120 s, 2.0 must run at once"),
        ('[watch.journeys.booking]\ncron = "0 3 29 2 *"', ""),
    ],
)
def test_a_cron_expression_is_held_against_what_a_check_may_take(tmp_path: Path, written: str, said: str) -> None:
    """By the least gap between its next times, as an interval is: every minute is too often for what may take five."""
    found = suite(tmp_path, f'[targets.corner]\ndemo = true\n[journeys]\ntimeout = "120s"\n{written}\n')
    wrong = problems(found, plan_of(found), found.target())
    assert [said in each for each in wrong] == ([True] if said else [])


ELSEWHERE = """
[suite]
default_target = "production"
[targets.production]
url = "https://www.example.com"
production = true
[targets.staging]
url = "https://staging.example.com"
{allowed}
[probes.health]
url = "/api/health"
[watch.load.heavy]
target = "staging"
"""


@pytest.mark.parametrize(("allowed", "wrong"), [("", ["watch.load.heavy: staging has no `allow_load`"]), ("allow_load = 500", [])])
def test_a_load_test_may_have_a_target_of_its_own(tmp_path: Path, allowed: str, wrong: list[str]) -> None:
    """It must allow load, and what is watched need not; only the watch that the suite describes runs it."""
    (tmp_path / "loadtests").mkdir()
    (tmp_path / "loadtests/heavy.py").write_text("")
    found = suite(tmp_path, ELSEWHERE.format(allowed=allowed))
    said = problems(found, plan_of(found), found.target())
    assert [line.partition(",")[0] for line in said] == wrong
    assert plan_of(found).subjects["load:heavy"].title == "the load test heavy fails on staging"
    assert "load:heavy" not in plan_of(found, "staging").subjects


def route(name: str, filters: str) -> str:
    """A route to the team."""
    return f'[alerts.routes.{name}]\nchannels = ["team"]\n{filters}\n'


@pytest.mark.parametrize(
    ("routes", "left"),
    [
        ("", []),  # the first channel hears of everything
        (route("all", ""), []),
        (route("critical", 'severities = ["critical"]') + route("rest", 'severities = ["warning", "info"]'), []),
        (route("grave", 'severities = ["P0"]'), ALL + OWN),
        (route("critical", 'severities = ["critical"]'), [each for each in ALL + OWN if not each.startswith("P1")]),
        (route("ops", 'owners = ["ops"]'), [each for each in ALL + OWN if "backup" not in each]),
        (route("own", 'sources = ["watch"]'), ALL),
    ],
)
def test_it_says_of_whose_incidents_nobody_would_hear(tmp_path: Path, routes: str, left: list[str]) -> None:
    """By severity, owner or source: what is watched, its slowness, budgets and error budget, and the watch's own affairs."""
    found = suite(tmp_path, WATCHED + routes)
    (tmp_path / "thresholds.toml").write_text(BUDGETS)
    assert untold(with_budgets(plan_of(found), budgets_if_any(found))) == left
    assert checkup.watch(found, None).state == ("warn" if left else "ok")


def test_a_suite_that_tells_nobody_at_all_means_it(tmp_path: Path) -> None:
    """Without a channel there is the dashboard, or `--once` and its exit code."""
    assert untold(plan_of(suite(tmp_path, WATCHED.partition("[alerts")[0]))) == []


def test_an_only_channel_is_named(tmp_path: Path) -> None:
    """Of its death nobody could be told; with a second one somebody can, whether or not it is a fallback."""
    assert only_channel(suite(tmp_path, WATCHED).alerts) == "team"
    assert not only_channel(suite(tmp_path, WATCHED + '[alerts.channels.b]\nkind = "slack"\nurl = "https://example.com/b"\n').alerts)
    assert not only_channel(suite(tmp_path, WATCHED.partition("[alerts")[0]).alerts)
