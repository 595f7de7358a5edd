"""What judging over time keeps: baselines, runs that are part of another, deployments, change points."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from footfall.gate.deployments import Deployment
from footfall.samples import HistogramWindow, Run, Sample, Series
from footfall.stats import Histogram
from footfall.store import reader
from footfall.store.baselines import Baseline, baseline, clear_baseline, set_baseline
from footfall.store.changes import find_changes, stored_changes
from footfall.store.commits import NOTHING, commits_between
from footfall.store.database import open_store
from footfall.store.deployments import FromCI, deployments, from_ci, job_deployment, record
from footfall.store.interchange import export, import_lines
from footfall.store.spool import begin_run
from footfall.store.windows import windows
from footfall.store.writer import Store, set_verdict, take_in
from tests.integration.store.test_store import BEGAN, LCP, RUN, means, measured, stored


def test_a_baseline_is_set_changed_and_cleared(store: Store) -> None:
    """The last word counts; other targets are not meant."""
    set_baseline(store, Baseline("corner", "develop", at=BEGAN))
    set_baseline(store, Baseline("corner", None, BEGAN, "01RUN", "new checkout", BEGAN))
    assert baseline(store, "corner") == Baseline("corner", None, BEGAN, "01RUN", "new checkout", BEGAN)
    assert baseline(store, "staging") is None
    assert (clear_baseline(store, "corner"), clear_baseline(store, "corner")) == (True, False)
    assert baseline(store, "corner") is None


def test_history_is_of_the_baseline_branch_and_from_the_chosen_run_on(store: Store, tmp_path: Path) -> None:
    """A feature branch's runs, and those before an accepted change, are not "as before"."""
    stored(store, tmp_path, 1, 2, 3, run=replace(RUN, branch="main"))
    stored(store, tmp_path, 50, run=replace(RUN, id="02", branch="feature", started=BEGAN + timedelta(minutes=1, seconds=30)))
    take_in(store, measured(tmp_path, replace(RUN, id="NOW", branch="feature", started=BEGAN + timedelta(hours=1)), 4))
    assert means(reader.history(store, "NOW", branches=("main",))[LCP]) == [1, 2, 3]
    assert means(reader.history(store, "NOW", branches=("main", "feature"))[LCP]) == [1, 2, 50, 3]
    assert means(reader.history(store, "NOW", branches=("main",), since=BEGAN + timedelta(minutes=1))[LCP]) == [2, 3]


def test_a_run_that_is_part_of_another_is_never_counted_by_itself(store: Store, tmp_path: Path) -> None:
    """A confirmation's rounds belong to the run that they confirm: not listed, not the latest, no history, no point of a trend."""
    take_in(store, measured(tmp_path, RUN, 900.0))
    for number, outcome in ((1, "finished"), (2, "finished"), (3, "aborted")):
        part = replace(RUN, id=f"PART{number}", kind="confirm", labels={"part_of": RUN.id, "iterations": "3"})
        take_in(store, measured(tmp_path, replace(part, started=BEGAN + timedelta(minutes=number)), 900.0 + number, outcome=outcome))
    take_in(store, measured(tmp_path, replace(RUN, id="NEXT", started=BEGAN + timedelta(hours=1)), 800.0))
    assert [row.id for row in reader.runs(store)] == ["NEXT", RUN.id]
    assert means(reader.history(store, "NEXT")[LCP]) == [900]
    assert [point.figures.mean for point in reader.trend(store, "NEXT")[LCP]] == [900, 800]
    assert [row.id for row in reader.parts(store, RUN.id, "confirm")] == ["PART1", "PART2"]
    assert reader.figures(store, "PART2")[LCP].mean == 902
    assert reader.run(store, "PART3").outcome == "aborted"


def test_deployments_are_kept_once_and_listed_by_time(store: Store) -> None:
    """A deployment that is told of again is changed: it may have been rolled back since."""
    first = Deployment("01A", BEGAN, "corner", "succeeded", "3f2a", "main", "1.2", "https://ci/7", "github")
    assert record(store, first)
    assert record(store, replace(first, id="01B", at=BEGAN + timedelta(days=1)))
    assert record(store, replace(first, id="01C", target="staging"))
    assert not record(store, replace(first, outcome="rolled_back"))
    assert [(found.id, found.outcome) for found in deployments(store, target="corner")] == [("01A", "rolled_back"), ("01B", "succeeded")]
    assert [found.id for found in deployments(store, target="corner", since=BEGAN + timedelta(hours=1))] == ["01B"]
    assert [found.id for found in deployments(store, limit=1)] == ["01B"]
    assert deployments(store, target="staging") == [replace(first, id="01C", target="staging")]


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        (
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_SHA": "3f2a",
                "GITHUB_REF_NAME": "v1.2",
                "GITHUB_REF_TYPE": "tag",
                "GITHUB_SERVER_URL": "https://git.example.com",
                "GITHUB_REPOSITORY": "shop/web",
                "GITHUB_RUN_ID": "7",
            },
            FromCI("github", "3f2a", "v1.2", "https://git.example.com/shop/web/actions/runs/7", "", "v1.2"),
        ),
        (
            {"GITLAB_CI": "true", "CI_COMMIT_SHA": "3f2a", "CI_COMMIT_REF_NAME": "main", "CI_PIPELINE_URL": "u", "CI_JOB_STATUS": "failed"},
            FromCI("gitlab", "3f2a", "main", "u", "failed"),
        ),
        ({"JENKINS_URL": "j", "GIT_COMMIT": "3f2a", "GIT_BRANCH": "origin/main", "BUILD_URL": "u"}, FromCI("jenkins", "3f2a", "main", "u")),
        ({"PATH": "/bin"}, FromCI()),
    ],
)
def test_what_ci_says_of_a_deployment(environment: Mapping[str, str], found: FromCI) -> None:
    """GitHub, GitLab and Jenkins each name commit, branch and where to look."""
    assert from_ci(environment) == found


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"GITLAB_CI": "true", "CI_ENVIRONMENT_NAME": "prod", "CI_PIPELINE_ID": "7"}, "gitlab-7-prod"),
        ({"GITLAB_CI": "true", "CI_ENVIRONMENT_NAME": "prod", "CI_PIPELINE_ID": "7", "CI_ENVIRONMENT_ACTION": "stop"}, ""),
        ({"GITLAB_CI": "true", "CI_PIPELINE_ID": "7"}, ""),
        ({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "deployment_status", "GITHUB_RUN_ID": "8"}, "github-8"),
        ({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_RUN_ID": "8"}, ""),
        ({"CI_ENVIRONMENT_NAME": "prod"}, ""),
    ],
)
def test_a_job_that_deploys_is_told_from_one_that_does_not(environment: Mapping[str, str], name: str) -> None:
    """A deployment is known by its pipeline, so that several gates of it are about one."""
    assert job_deployment(environment) == name


@pytest.mark.parametrize(
    ("state", "name", "outcome"),
    [
        ("success", "github-deployment-42", "succeeded"),
        ("failure", "github-deployment-42", "failed"),
        ("error", "github-deployment-42", "failed"),
    ]
    + [(state, "", "") for state in ("queued", "pending", "in_progress", "inactive")],
)
def test_the_statuses_of_a_deployment_on_github_are_one_deployment(tmp_path: Path, state: str, name: str, outcome: str) -> None:
    """It is known by its own number, not by the workflow's; it ended as its status says, and one under way is none yet."""
    told = tmp_path / "event.json"
    told.write_text(f'{{"deployment": {{"id": 42}}, "deployment_status": {{"state": "{state}"}}}}')
    job = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "deployment_status", "GITHUB_RUN_ID": "8", "GITHUB_EVENT_PATH": str(told)}
    assert (job_deployment(job), from_ci(job).outcome) == (name, outcome)


@pytest.mark.parametrize("event", ["", "[]", '{"deployment": null}'])
def test_an_event_that_cannot_be_read_leaves_the_workflow_s_number(tmp_path: Path, event: str) -> None:
    """Whatever stands there, a gate does not end by it."""
    told = tmp_path / "event.json"
    told.write_text(event)
    job = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "deployment", "GITHUB_RUN_ID": "8", "GITHUB_EVENT_PATH": str(told)}
    assert (job_deployment(job), from_ci(job).outcome) == ("github-8", "")


def nightly(number: int, branch: str = "") -> Run:
    """Return the run of one night, with a commit of its own."""
    return replace(
        RUN, id=f"N{number:03}", started=datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=number), commit=f"c{number}", branch=branch
    )


def test_a_change_is_found_when_the_runs_that_show_it_are_taken_in(store: Store, tmp_path: Path) -> None:
    """With when, how much, how sure, and the commits between which it lies; taking in more keeps it, and forgetting its run forgets it."""
    rng = random.Random(1)
    for number in range(40):
        take_in(store, measured(tmp_path, nightly(number), (800.0 if number < 28 else 960.0) * rng.lognormvariate(0, 0.03)))
        if number == 30:
            assert stored_changes(store) == []
    (change,) = stored_changes(store)
    assert (change.series, change.unit, change.run_id, change.last_commit, change.first_commit) == (LCP, "ms", "N028", "c27", "c28")
    assert change.at == nightly(28).started
    assert change.after / change.before == pytest.approx(1.2, rel=0.05)
    assert change.chance < 1e-4
    assert 6 <= change.points <= 12
    assert stored_changes(store, target="corner", since=change.at) == [change]
    assert stored_changes(store, target="staging") == stored_changes(store, since=change.at + timedelta(days=1)) == []
    set_verdict(store, "N039", "pass", 0)
    take_in(store, measured(tmp_path, nightly(40), 960.0))
    assert [(again.run_id, again.found) for again in stored_changes(store)] == [(change.run_id, change.found)]


def test_a_history_that_is_imported_has_its_changes(store: Store, tmp_path: Path) -> None:
    """Also one that happened long before its last run, and one that was known already among runs that are newer than the imported ones."""
    rng = random.Random(1)
    for number in range(90):
        level = 800.0 if number < 25 else 960.0 if number < 70 else 1200.0
        take_in(store, measured(tmp_path, nightly(number), level * rng.lognormvariate(0, 0.03)))
    assert [change.run_id for change in stored_changes(store)] == ["N070", "N025"]
    lines = list(export(store))
    other = open_store(tmp_path / "other")
    try:
        assert len(import_lines(other, lines).taken) == 90
        assert [change.run_id for change in stored_changes(other)] == ["N070", "N025"]
        early = [line.replace('"N0', '"M0').replace("2026-06", "2025-06") for line in lines if '"N00' in line or '"N01' in line]
        assert len(import_lines(other, early).taken) == 20
        assert [change.run_id for change in stored_changes(other)] == ["N070", "N025"]
    finally:
        other.close()


def test_changes_of_other_settings_and_other_branches_stay(store: Store, tmp_path: Path) -> None:
    """Two ways of measuring and a branch have a trend each: none forgets what was found in another."""
    rng = random.Random(1)
    ways = [("A", nightly(0)), ("B", replace(nightly(0), labels={"iterations": "9"})), ("C", nightly(0, branch="feature"))]
    for number in range(28):
        for place, (name, run) in enumerate(ways):
            begun = replace(run, id=f"{name}{number:03}", started=run.started + timedelta(days=number, minutes=place))
            level = 960.0 if number >= 14 + 2 * place else 800.0
            take_in(store, measured(tmp_path, begun, level * rng.lognormvariate(0, 0.03)))
    assert [change.run_id for change in stored_changes(store)] == ["C018", "B016", "A014"]


def git(root: Path, *arguments: str, message: bytes | None = None) -> str:
    """Run git as nobody in particular."""
    known = ("-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "commit.gpgsign=false")
    return (
        subprocess.run(("git", *known, "-C", str(root), *arguments), check=True, capture_output=True, input=message).stdout.decode().strip()
    )


def committed(root: Path, message: bytes) -> str:
    """Commit nothing, with a message, and return the commit."""
    git(root, "commit", "--allow-empty", "--quiet", "-F", "-", message=message)
    return git(root, "rev-parse", "HEAD")


HOSTILE = "fix <script>alert(1)</script> \x1b[31m\u202e\rred".encode()


def test_the_commits_between_are_kept_with_a_change(store: Store, tmp_path: Path) -> None:
    """Newest first, at most twenty and how many more, cut where one is endless; they stay when a checkout without them looks again."""
    git(tmp_path, "init", "--quiet")
    first = committed(tmp_path, b"the beginning")
    for number in range(22):
        committed(tmp_path, b"step %d\n\nand why" % number)
    committed(tmp_path, b"x" * 10_000_000)
    last = committed(tmp_path, HOSTILE)
    rng = random.Random(1)
    for number in range(40):
        run = replace(nightly(number), commit=first if number < 28 else last)
        take_in(store, measured(tmp_path, run, (800.0 if number < 28 else 960.0) * rng.lognormvariate(0, 0.03)))
    (change,) = stored_changes(store)
    assert (len(change.commits.listed), change.commits.more, change.drift) == (20, 4, False)
    assert change.commits.listed[0][0] == git(tmp_path, "rev-parse", "--short", "HEAD")
    assert change.commits.listed[0][1].startswith("fix <script>alert(1)</script>")  # whoever shows it cleans it
    assert change.commits.listed[1][1].startswith("xxx")
    assert max(len(line) for _, line in change.commits.listed) <= 200
    assert change.commits.listed[2][1] == "step 21"
    find_changes(store, "N039", closely=True)
    assert stored_changes(store) == [change]


def test_without_the_whole_history_only_the_ends_are_told(tmp_path: Path) -> None:
    """No repository, another one's commits, a shallow clone, the wrong way round, one and the same, and what is no commit at all."""
    whole, shallow = tmp_path / "whole", tmp_path / "shallow"
    assert commits_between(tmp_path, "a" * 40, "b" * 40) == NOTHING
    whole.mkdir()
    git(whole, "init", "--quiet")
    names = [committed(whole, f"step {number}".encode()) for number in range(4)]
    assert [line for _, line in commits_between(whole, names[0], names[3]).listed] == ["step 3", "step 2", "step 1"]
    git(tmp_path, "clone", "--quiet", "--depth", "2", whole.as_uri(), str(shallow))
    for root, last, first in (
        (whole, names[0], "b" * 40),
        (whole, "b" * 40, names[0]),
        (whole, names[3], names[0]),
        (whole, names[3], names[3]),
        (whole, f"--output={tmp_path}/x", names[3]),
        (whole, "", names[3]),
        (shallow, names[2], names[3]),
        (tmp_path / "nowhere", names[0], names[3]),
    ):
        assert commits_between(root, last, first) == NOTHING


def test_a_drift_is_kept_with_its_two_ends(store: Store, tmp_path: Path) -> None:
    """From its first run to its last, with the commits before and at its end; it keeps the moment it was first told as it goes on."""
    rng = random.Random(1)
    told = []
    for number in range(70):
        take_in(store, measured(tmp_path, nightly(number), 800.0 * (1 + 0.012 * max(0, number - 20)) * rng.lognormvariate(0, 0.03)))
        if number in {63, 69}:
            told += stored_changes(store)
    before, change = told
    assert (before.drift, change.drift, change.found) == (True, True, before.found)
    assert change.until == nightly(int(change.last_run[1:])).started
    assert change.last_run >= "N063"
    assert (change.last_commit, change.first_commit) == (f"c{int(change.run_id[1:]) - 1}", f"c{int(change.last_run[1:])}")
    assert change.after / change.before == pytest.approx(1.6, rel=0.08)
    assert stored_changes(store, since=change.until) == [change]


def test_bad_runs_other_branches_and_faults_make_no_change(store: Store, tmp_path: Path) -> None:
    """Two slow nights, and any number of slow runs of a feature branch or with a fault on, leave the trend alone."""
    rng = random.Random(2)
    for number in range(30):
        take_in(store, measured(tmp_path, nightly(number), (1600.0 if number > 27 else 800.0) * rng.lognormvariate(0, 0.03)))
    for number in range(30, 42):
        odd = nightly(number, branch="feature") if number % 2 else replace(nightly(number), labels={"fault": "slow-payment"})
        take_in(store, measured(tmp_path, odd, 1600.0))
    assert stored_changes(store) == []


def month(store: Store, tmp_path: Path, run: Run, *successes: float) -> None:
    """Store a run of one journey's successes and durations."""
    with begin_run(tmp_path, run) as begun:
        for number, success in enumerate(successes):
            at = run.started + timedelta(seconds=number)
            begun.recorder.write(Sample(run.id, at, "journey", "checkout", "", "success", success, number))
            begun.recorder.write(Sample(run.id, at, "journey", "checkout", "", "duration", 1000.0 + number, number))
            histogram = Histogram()
            histogram.record(100.0 + number)
            begun.recorder.write(HistogramWindow(run.id, at, 1.0, "load", "ci", "", "latency", histogram.encode()))
        begun.end("finished")
    take_in(store, begun.directory)


def test_a_window_holds_every_run_that_began_within_it(store: Store, tmp_path: Path) -> None:
    """Rates are counted together, values joined, histograms merged; older runs, faulted ones and parts of others are left out."""
    day = timedelta(days=1)
    now = BEGAN + 40 * day
    month(store, tmp_path, replace(RUN, id="OLD", started=BEGAN), 0.0)
    month(store, tmp_path, replace(RUN, id="IN", started=now - 3 * day), 1.0, 0.0)
    month(store, tmp_path, replace(RUN, id="BAD", started=now - 2 * day, labels={"fault": "x"}), 0.0)
    month(store, tmp_path, replace(RUN, id="PART", started=now - 2 * day, labels={"part_of": "IN"}), 0.0)
    month(store, tmp_path, replace(RUN, id="NOW", started=now), 1.0, 1.0)
    success, duration = (Series("corner", "journey", "checkout", "", name) for name in ("success", "duration"))
    latency = Series("corner", "load", "ci", "", "latency")
    span = 30 * 86.4e6
    found = windows(store, "NOW", [(success, span), (duration, span), (latency, span), (success, 1000.0), (latency, 1000.0)])
    assert (found[success, span].figures.count, found[success, span].figures.mean) == (4, 0.75)
    assert found[duration, span].values == (1000.0, 1001.0, 1000.0, 1001.0)
    assert (found[latency, span].figures.count, [run.count for run in found[latency, span].runs]) == (4, [2, 2])
    assert found[success, 1000.0].figures.count == 2
    assert (latency, 1000.0) not in found  # this run alone is judged by its own seconds
    assert windows(store, "NOW", []) == {}
