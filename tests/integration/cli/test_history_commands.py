"""The commands that look at what is stored: compare, report, deployment, history baseline, budgets, and a gate that respects objectives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from footfall.cli.deployment import deployment_figures, note_deployment
from footfall.cli.workplace import Workplace
from footfall.clock import to_text
from footfall.config.suite import load_suite
from footfall.gate.deployments import Deployment
from footfall.samples import Run, RunEnd, Sample
from footfall.store import reader
from footfall.store.changes import find_changes
from footfall.store.deployments import deployments, record
from footfall.store.incidents import Incident, new_id, open_incident
from footfall.store.spool import begin_run
from footfall.store.writer import set_verdict, take_in
from tests.integration.cli.conftest import LABELS, Said, Stored

Footfall = Callable[..., Said]


def test_two_runs_are_shown_side_by_side(stored: Stored, footfall: Footfall) -> None:
    """The step that became slower is named with both figures, in words, as JSON and as a page; what is alike says so."""
    before, same, slow = (stored.run(timedelta(hours=h), ms, count=12) for h, ms in ((3, 600.0), (2, 600.0), (1, 900.0)))
    said = footfall("compare", before, slow)
    assert said.code == 0
    assert said.out.startswith("Beyond noise: 2 worse, of 3 figures.")
    [line] = [line for line in said.out.splitlines() if "checkout › pay" in line]
    assert "+5" in line
    assert line.endswith("✗ worse")
    page = stored.root / f"out/{slow}/compare-{before}.html"
    assert f"report   {page.relative_to(stored.root)}" in said.out
    assert "checkout › pay" in page.read_text()
    told = json.loads(footfall("compare", before, slow, "--json").out)
    assert (told["before"], told["after"]) == (before, slow)
    assert [each["series"]["part"] for each in told["differences"] if each["sure"] and each["worse"]] == ["pay", ""]
    assert footfall("compare", before, same).out.startswith("No difference stands out of the noise")


@pytest.mark.parametrize(("names", "said"), [(("R000", "R000"), "both names mean the same run"), (("R000", "Q"), "no run is called 'Q'")])
def test_a_comparison_of_nothing_is_told(stored: Stored, footfall: Footfall, names: tuple[str, ...], said: str) -> None:
    """Exit 2, with what would do."""
    stored.run(timedelta(hours=1))
    ended = footfall("compare", *names)
    assert ended.code == 2
    assert said in ended.err


def test_the_week_is_told_from_the_history(month: Stored, footfall: Footfall) -> None:
    """What moved since the week before, what was deployed, how objectives stand: from the store, without a measurement."""
    footfall("deployment", "record", "--version", "1.41", "--at", to_text(datetime.now(UTC) - timedelta(days=3)))
    said = footfall("report", "weekly", "executive", "trends")
    assert said.code == 0, said.err
    week, brief, trends = ((month.root / f"out/latest/{name}.html").read_text() for name in ("weekly", "executive", "trends"))
    assert "7 runs, 0 failed gates of 7 judged; 1 deployment" in week
    assert "deployed 1.41" in week
    assert "checkout › pay" in week[week.index("What moved") : week.index("as before")]
    for page in (week, brief):
        assert "1 deployment on record: 100 % succeeded, 0 % of those that arrived made things worse." in page
        assert "90 %" in page  # the objective
    assert '"deployments":[[' in trends
    assert "will cross" in trends
    index = (month.root / "out/latest/index.html").read_text()
    assert "; 1 deployment" in index


def test_other_forms_are_written_when_they_are_asked_for(month: Stored, footfall: Footfall) -> None:
    """CSV, OpenMetrics and GitLab's code quality; an unknown one names the nearest."""
    assert footfall("report", "-f", "csv", "-f", "openmetrics", "-f", "codequality").code == 0
    names = {path.name for path in (month.root / "out/latest").iterdir()}
    assert {"summaries.csv", "metrics.txt", "gl-code-quality-report.json"} <= names
    wrong = footfall("report", "-f", "cvs")
    assert (wrong.code, "did you mean 'csv'?" in wrong.err) == (2, True)


def test_a_history_that_is_empty_or_too_short_is_said(stored: Stored, footfall: Footfall) -> None:
    """No command fails on it, and none calls it a pass."""
    assert (footfall("gate", "--run", "latest").code, footfall("report").code) == (2, 2)
    assert "no run is stored yet" in footfall("report", "weekly").err
    assert "not seen yet" in footfall("budgets", "explain").out
    assert "nothing to propose" in footfall("budgets", "suggest").out
    assert "no deployment to shop is recorded yet" in footfall("deployment", "list").out
    assert "0 are stored" in footfall("history", "baseline", "show").out
    stored.run(timedelta(hours=1))
    assert footfall("report", "weekly", "trends").code == 0
    week = (stored.root / "out/latest/weekly.html").read_text()
    assert "There is no week before to compare with." in week
    assert "as before" not in week
    assert "there is nothing yet to compare" in (stored.root / "out/latest/trends.html").read_text()


def test_budgets_are_explained_and_suggested_from_history(month: Stored, footfall: Footfall) -> None:
    """In words with the last figures; a limit that guards nothing is proposed anew with the reason; nothing is written unless told."""
    file = month.root / "thresholds.toml"
    explained = footfall("budgets", "explain").out
    assert "Journey checkout, step pay: 75 % of duration samples must be at most 10 s and should be at most 1 s" in explained
    assert "last: ✓ checkout › pay" in explained
    assert "slo.checkout\n    Journey checkout: 90 % of all must succeed, over 30 d.\n    last: 100 % good" in explained
    told = json.loads(footfall("budgets", "explain", "--json").out)
    assert [row["key"] for row in told["budgets"]] == ["journeys.checkout.success", "journeys.checkout.steps.pay.duration", "slo.checkout"]

    before = file.read_text()
    suggested = footfall("budgets", "suggest").out
    assert "-duration = " in suggested
    assert "+duration = " in suggested
    assert "in 29 runs p75 of checkout › pay" in suggested
    assert "nothing was written" in suggested
    assert file.read_text() == before
    assert "thresholds.toml is changed" in footfall("budgets", "suggest", "--write").out
    assert file.read_text() != before
    assert 'severity = "P0", owner = "payments"' in file.read_text()
    assert footfall("budgets", "check").code == 0


def test_what_is_proposed_rests_on_the_newest_gate_that_has_history(month: Stored, footfall: Footfall) -> None:
    """A gate that was compared with another deployment compares with no earlier one, and hides nothing."""
    month.run(timedelta(minutes=5), iterations="ABBA")
    assert "+duration = " in footfall("budgets", "suggest").out


def test_what_is_proposed_rests_on_the_level_of_now(stored: Stored, footfall: Footfall) -> None:
    """What a step took before it changed for good would draw its limit too tight."""
    for number in range(90, 0, -1):
        run = stored.run(timedelta(hours=8 * number), 600.0 if number > 30 else 900.0)
    assert find_changes(stored.store, run, closely=True)
    suggested = footfall("budgets", "suggest", "--last", "60").out
    assert re.search(r"in 29 runs p75 of checkout › pay .* was usually 9\d\d ms", suggested)


def test_changes_of_level_are_listed(stored: Stored, footfall: Footfall) -> None:
    """Newest first, for people and for programs; where there is none, that is said."""
    assert "no change of level is on record" in footfall("history", "changes").out
    for number in range(90, 0, -1):
        run = stored.run(timedelta(hours=8 * number), 600.0 if number > 30 else 900.0)
    assert find_changes(stored.store, run, closely=True)
    assert re.search(r"checkout › pay: duration \+50 %: 600 ms → (8|9)\d\d ms \(by chance .*, between", footfall("history", "changes").out)
    _, told = json.loads(footfall("history", "changes", "--json").out)
    assert (told["kind"], told["until"], told["commits"], told["series"]["part"], told["worse"]) == ("step", None, [], "pay", True)


def test_that_history_is_short_is_no_praise_of_the_limits(stored: Stored, footfall: Footfall) -> None:
    """It is said how many runs there are, and how many it takes."""
    for hours in (3, 2, 1):
        stored.run(timedelta(hours=hours))
    said = footfall("budgets", "suggest").out
    assert "it takes 20 comparable runs before one of the newest 10 gates, and there are 2" in said


@pytest.mark.usefixtures("month")
def test_a_baseline_is_set_shown_and_cleared(footfall: Footfall) -> None:
    """For a branch or from a run on; a wrong run or nothing at all is told."""
    assert "30 are stored" in footfall("history", "baseline", "show").out
    assert "1 are stored" in footfall("history", "baseline", "set", "--since", "latest", "--note", "new till").out
    told = json.loads(footfall("history", "baseline", "show", "--json").out)
    assert (told["runs"], told["note"], told["set"]) == (1, "new till", True)
    assert "of develop" in footfall("history", "baseline", "set", "--branch", "develop").out
    assert footfall("history", "baseline", "set").code == 2
    assert "cleared" in footfall("history", "baseline", "clear").out
    assert "nothing was set" in footfall("history", "baseline", "clear").out


def test_deployments_are_recorded_listed_and_blamed(month: Stored, footfall: Footfall, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand or from CI's variables; the same id again changes it; a failed gate soon after one counts against it."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_SHA", "3f2a91c07d5b")
    monkeypatch.setenv("GITHUB_REF_NAME", "v1.42")
    monkeypatch.setenv("GITHUB_REF_TYPE", "tag")
    early, late = (to_text(datetime.now(UTC) - timedelta(hours=h)) for h in (12, 2))
    assert "recorded deployment A: v1.42 3f2a91c07 to shop, succeeded" in footfall("deployment", "record", "--id", "A", "--at", early).out
    assert "recorded deployment B" in footfall("deployment", "record", "--id", "B", "--at", late).out
    assert "changed deployment B" in footfall("deployment", "record", "--id", "B", "--at", late, "--outcome", "failed").out
    month.run(timedelta(hours=6), success=0.0)
    listed = footfall("deployment", "list").out
    assert "✗ followed by trouble" in listed.splitlines()[0]
    assert "2 deployments to shop: 50 % succeeded; 100 % of those that arrived made things worse" in listed
    assert footfall("deployment", "record", "--outcome", "lost").code == 2
    assert "with its zone" in footfall("deployment", "record", "--at", "yesterday").err


def test_an_outage_and_a_gate_without_samples_follow_a_deployment_and_a_drill_does_not(stored: Stored) -> None:
    """Five deployments: after them an incident, a gate that found nothing, trouble of the watch itself, a drill, and nothing."""
    workplace, now = Workplace(load_suite(stored.root), stored.store), datetime.now(UTC)
    for hours in (10, 8, 6, 4, 2):
        record(stored.store, Deployment(str(hours), now - timedelta(hours=hours), "shop"))
    for hours, source in ((9, "probe"), (5, "watch")):
        began = now - timedelta(hours=hours)
        opened = Incident(new_id(), f"{source}:x", "P1", "", source, "x", "", began, began, target="shop")
        with stored.store.writing() as connection:
            open_incident(connection, opened)
    set_verdict(stored.store, stored.run(timedelta(hours=7)), "missing", 1)
    stored.run(timedelta(hours=3), success=0.0, labels={"fault": "slow-payment"})
    assert deployment_figures(workplace, "shop", deployments(stored.store)).blamed == ("10", "8")


def test_a_gate_in_a_job_that_deploys_records_it_once(stored: Stored) -> None:
    """Two gates of one pipeline are about one deployment; outside of CI nothing is recorded."""
    job = {"GITLAB_CI": "true", "CI_ENVIRONMENT_NAME": "shop", "CI_PIPELINE_ID": "7", "CI_COMMIT_SHA": "3f2a91c0"}
    workplace = Workplace(load_suite(stored.root), stored.store)
    first, second = (reader.run(stored.store, stored.run(timedelta(hours=hours))) for hours in (2, 1))
    assert note_deployment(workplace, first, {}) == ""
    assert note_deployment(workplace, first, job) == "gitlab-7-shop"
    assert note_deployment(workplace, second, job) == ""
    [made] = deployments(stored.store)
    assert (made.at, made.target, made.commit, made.source) == (first.run.started, "shop", "3f2a91c0", "gitlab")


def test_a_spent_error_budget_refuses_only_where_it_is_respected(stored: Stored, footfall: Footfall) -> None:
    """A warning and exit 0 as a rule; exit 1 with --respect-slo, and the report says what is left."""
    for hours, success in ((5, 0.0), (4, 1.0), (3, 1.0), (2, 1.0), (1, 1.0)):
        stored.run(timedelta(hours=hours), success=success)
    assert footfall("gate", "--run", "latest").code == 0
    refused = footfall("gate", "--run", "latest", "--respect-slo")
    assert refused.code == 1
    assert "the error budget is spent, 2 times over" in refused.out
    assert footfall("gate", "--run", "latest").code == 0


def test_what_a_site_named_drives_no_terminal(stored: Stored, footfall: Footfall) -> None:
    """Escape sequences and marks that reorder a line come out of no command, on either stream."""
    evil = "pay\x1b]0;owned\x07\x1b[2J\u202e\x9b31m"
    started = datetime.now(UTC)
    run = Run("EVIL", "shop", started, kind="gate", commit=evil)
    with begin_run(stored.root, run) as begun:
        begun.recorder.write(Sample(run.id, started, "journey", evil, evil, "duration", 3.0, 1, labels={"device": evil}))
        begun.recorder.event("error", evil)
        begun.recorder.write(RunEnd(run.id, started, "failed"))
    take_in(stored.store, begun.directory)
    stored.run(timedelta(hours=-1))
    commands = (
        ("history", "list"),
        ("history", "show", "EVIL"),
        ("gate", "--run", "EVIL"),
        ("compare", "EVIL", "latest"),
        ("report", "--run", evil),
    )
    for said in (footfall(*command) for command in commands):
        assert not set("\x1b\x07\x9b\u202e") & set(said.out + said.err)


def test_a_drill_is_no_part_of_what_was_before(stored: Stored) -> None:
    """A run with a fault switched on stays out of the trends and of the baseline's distribution of later ones."""
    stored.run(timedelta(hours=5))
    started = datetime.now(UTC) - timedelta(hours=3)
    drill = Run("DRILL", "shop", started, kind="gate", labels={"fault": "slow-payment"})
    with begin_run(stored.root, drill) as begun:
        begun.recorder.write(Sample(drill.id, started, "journey", "checkout", "pay", "duration", 3000.0, 1, labels=LABELS))
        begun.recorder.write(RunEnd(drill.id, started, "finished"))
    take_in(stored.store, begun.directory)
    last = stored.run(timedelta(hours=1))
    seen = {point.run_id for points in reader.trend(stored.store, last).values() for point in points}
    assert seen == {"R000", last}
    assert {point.run_id for points in reader.trend(stored.store, "DRILL").values() for point in points} == {"R000", "DRILL"}
