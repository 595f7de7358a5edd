"""The five platforms' examples: each is a suite that footfall accepts, and carries every figure of its plan where its README says."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer
from typer.exceptions import TyperException

from footfall.cli.main import application
from footfall.config.scripts import scan
from footfall.config.suite import Suite, load_suite
from footfall.config.thresholds import known_names, read_thresholds
from footfall.config.watch import Watched
from footfall.monitor.plan import plan_of
from footfall.monitor.promises import with_budgets
from footfall.monitor.ready import problems, untold
from tests.examples.figures import FIGURES
from tests.examples.suites import EXAMPLES, NAMES, alerts, at, commands, references, stands


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_suite_that_holds_together(name: str) -> None:
    """Both files are read without a fault, nothing is unknown, the watch could start as planned, and tells somebody of all."""
    suite = load_suite(EXAMPLES / name)
    read = read_thresholds(suite.root / "thresholds.toml", known_names(suite))
    assert [note for note in read.notes if not note.key.endswith(".fid")] == []
    assert scan(suite.root).faults == ()
    assert problems(suite, plan_of(suite), suite.target(suite.watch.target)) == []
    assert untold(plan_of(suite)) == []
    for file in ("footfall", "thresholds"):
        assert (suite.root / f"{file}.toml").read_text().startswith(f"#:schema ./.footfall/{file}.schema.json\n")


@pytest.mark.parametrize(("name", "place", "figure"), [(name, *line) for name in NAMES for line in FIGURES[name].items()])
def test_an_example_carries_each_figure_of_its_plan(name: str, place: str, figure: Any) -> None:
    """The line says what the plan says."""
    file, _, key = place.partition(":")
    assert at(name, file, key) == figure


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_leads_to_lines_that_stand(name: str) -> None:
    """Each `file:key` of the map is there, and no figure of the plan is missing from the map's files."""
    named = references(name)
    assert len(named) > 40
    assert [f"{file}:{key}" for file, key in named if not stands(name, file, key)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_maps_each_figure(name: str) -> None:
    """Whatever figure the plan has, its reader is led to the table that holds it."""
    led_to = tuple(f"{file}:{key}" for file, key in references(name))
    tables = {place.rpartition(".")[0] for place in FIGURES[name]}
    assert [table for table in tables if not any(f"{place}.".startswith(f"{table}.") or table.startswith(place) for place in led_to)] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_a_plan_calls_an_alert_is_held_by_the_watch(name: str) -> None:
    """Each figure is looked at all day: by a probe, or, of what only a walk sees, by a budget that says how long."""
    suite = load_suite(EXAMPLES / name)
    plan = with_budgets(plan_of(suite), read_thresholds(suite.root / "thresholds.toml", known_names(suite)).budgets)
    held = {level.subject.key.partition("#")[2] for promise in plan.promises.values() for level in promise.levels}
    rows = list(alerts(name))
    assert len(rows) > 4
    assert [statement for statement, lines in rows if not _tells(lines, held)] == []
    assert untold(plan) == []


def _tells(lines: list[tuple[str, str]], held: set[str]) -> bool:
    """Whether the watch looks at what lines of a README lead to. Each failed walk is told without a budget."""
    budgets = {_of_budgets(key) for file, key in lines if file == "thresholds.toml" and key.endswith((".warn", ".fail"))}
    of_walks = {key for key in budgets if key.startswith("journeys.") and ".success" not in key}
    of_checks = any(file == "footfall.toml" and ".measure" not in key for file, key in lines)
    return of_walks <= held and (of_checks or bool(budgets & held))


def _of_budgets(key: str) -> str:
    """A line of thresholds.toml as budgets are called: `errors.0.fail` is `errors[1]`, `errors.warn` what it was."""
    return re.sub(r"\.(\d+)(?=\.)", lambda place: f"[{int(place[1]) + 1}]", key).removesuffix(".fail")


@pytest.mark.parametrize("name", NAMES)
def test_a_ratio_of_rates_says_something_while_nobody_comes(name: str) -> None:
    """0 by 0 is no number, and a figure that was not measured is an incident: the divisor is left out at 0, and what is good stands in."""
    queries = [str(probe.options["query"]) for probe in load_suite(EXAMPLES / name).probes.values() if probe.kind == "promql"]
    ratios = [query for query in queries if re.search(r"rate\(.* / ", query)]
    assert [query for query in ratios if not re.search(r" / \(.+ > 0\) or vector\([01]\)$", query)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_of_a_readme_are_footfalls(name: str) -> None:
    """Each is one that footfall has, with options that it takes; journeys, profiles, probes and faults are the suite's and Corner's."""
    root, suite, wrong = typer.main.get_command(application()), load_suite(EXAMPLES / name), {}
    for line in commands(name):
        try:
            given = _understood(root, shlex.split(line)[1:])
        except (KeyError, TyperException) as error:
            wrong[line] = repr(error)
        else:
            assert {given.get(option) for option in ("target", "against")} - {None} <= suite.targets.keys(), line
    assert len(commands(name)) > 5
    assert wrong == {}


def _understood(command: Any, words: list[str]) -> dict[str, Any]:
    """Parse a command line as footfall would, and return its options. Raises KeyError or Typer's errors."""
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    try:
        return dict(command.make_context(command.name, words).params)
    except TyperException as error:
        if type(error).__name__ != "MissingParameter":  # a page may name a command without its words
            raise
        return {}


@pytest.mark.parametrize("name", NAMES)
def test_a_runbook_has_the_section_that_an_alert_names(name: str) -> None:
    """Each `runbook` leads to a heading, whose first steps then stand in the alert."""
    suite = load_suite(EXAMPLES / name)
    budgets = read_thresholds(suite.root / "thresholds.toml", known_names(suite)).budgets
    watched = [*(probe.watched for probe in suite.probes.values()), *suite.watch.journeys.values()]
    named = {budget.runbook for budget in budgets} | {each.runbook for each in watched}
    headings = re.findall(r"^## (.+)$", (suite.root / "runbook.md").read_text(), re.MULTILINE)
    assert named - {""} == {f"runbook.md#{heading.lower().replace(' ', '-')}" for heading in headings}


MEANT_TO_TAKE_LONGER = {"certificate", "error-rate"}
"""A certificate is asked about two weeks ahead; WedSync's rate of errors must stand for more than two minutes before it counts."""
FOUND_WITHIN_S = {"mariia-hub": 300, "driplo": 120, "wedsync": 120}


@pytest.mark.parametrize(("name", "most_s"), FOUND_WITHIN_S.items())
def test_what_is_critical_is_found_in_time(name: str, most_s: float) -> None:
    """At the worst moment: a whole interval, the rounds that an alert wants, and the rechecks of the last one."""
    suite = load_suite(EXAMPLES / name)
    late = {subject: found for subject, found in _found_after_s(suite).items() if found >= most_s and subject not in MEANT_TO_TAKE_LONGER}
    assert late == {}


def _found_after_s(suite: Suite) -> dict[str, float]:
    """Return how long each critical subject that is asked (not called) may be broken before its incident opens."""
    grave = {"P0", "critical"}
    probes = {probe.name: (probe.watched, sum(suite.watch.rechecks_s)) for probe in suite.probes.values() if probe.kind != "heartbeat"}
    journeys = {name: (watched, suite.watch.rechecks_s[0] + suite.journeys.timeout_s) for name, watched in suite.watch.journeys.items()}
    asked: dict[str, tuple[Watched, float]] = {**probes, **journeys}
    return {
        name: watched.every_s * watched.alert_after + rechecks_s
        for name, (watched, rechecks_s) in asked.items()
        if watched.severity in grave and not watched.cron
    }
