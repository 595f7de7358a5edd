"""The files that programs read: JSON, JUnit, Markdown, annotations, plain lines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from footfall.gate.verdict import Outcome, Verdict
from footfall.report.codequality import code_quality
from footfall.report.csv import COLUMNS, csv_report
from footfall.report.github import MOST, github
from footfall.report.json import json_report, schema
from footfall.report.junit import junit
from footfall.report.markdown import escaped, markdown
from footfall.report.openmetrics import openmetrics
from footfall.report.text import text
from footfall.report.view import ReportView, build_view
from footfall.samples import Artifact
from footfall.stats import Figures
from tests.unit.report import views

BUILDS = pytest.mark.parametrize("build", [views.healthy, views.failed, views.undecided, views.empty])
HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.sampled_from(
        [
            "</script><script>alert(1)</script>",
            "]]><x/>",
            "a|b`c``d\n# e",
            "::error::x\r\n::warning::y",
            "@everyone <img src=x onerror=alert(1)>",
            "x" * 5000,
            "\x1b[2J\x00\u202e",
            "__proto__",
        ]
    ),
)


CHECK = jsonschema.Draft202012Validator(schema())


def _many(number: int) -> ReportView:
    """A view with `number` failed budgets."""
    example = views.failed().verdicts[0]
    return build_view(views.RUN, verdicts=[replace(example, part=f"step {n}") for n in range(number)], exit_code=1)


@BUILDS
def test_verdicts_json_follows_its_schema(build: views.Build) -> None:
    """What programs are promised is what they get."""
    CHECK.validate(json.loads(json_report(build())))


def test_the_schema_is_one_and_demands_every_verdicts_fields() -> None:
    """The schema itself is valid, and a verdict without its outcome is not."""
    jsonschema.Draft202012Validator.check_schema(schema())
    document = json.loads(json_report(views.failed()))
    del document["verdicts"][0]["outcome"]
    with pytest.raises(jsonschema.ValidationError):
        CHECK.validate(document)


def test_figures_that_json_cannot_say_become_null() -> None:
    """NaN and infinities never reach a program as text that its parser refuses."""
    seen = views.healthy().observations[0]
    figures = Figures(**{**vars(seen.figures), "mean": float("nan"), "max": float("inf")})
    document = json.loads(json_report(build_view(views.RUN, observations=[replace(seen, figures=figures)])))
    assert document["observations"][0]["figures"]["mean"] is None
    CHECK.validate(document)


@settings(max_examples=25, deadline=None)
@given(HOSTILE)
def test_no_text_breaks_a_file(evil: str) -> None:
    """Whatever a site says, JSON and XML parse, annotations keep to their lines, the terminal gets no control characters."""
    view = views.hostile(evil)
    CHECK.validate(json.loads(json_report(view)))
    root = ET.fromstring(junit(view))  # noqa: S314  # our own output
    assert len(root.findall(".//testcase")) == 4
    commands = github(view).decode().splitlines()
    assert len(commands) == 4
    assert all(re.match(r"::(error|warning) ", command) for command in commands)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", "".join(text(view)))


@settings(max_examples=25, deadline=None)
@given(HOSTILE)
def test_no_text_breaks_a_table_or_mentions_a_person_in_markdown(evil: str) -> None:
    """Every row keeps its five cells, nothing becomes markup, nobody is called."""
    written = markdown(views.hostile(evil)).decode()
    rows = [line for line in written.splitlines() if line.startswith("|")]
    assert rows
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
    outside_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", written)
    assert not re.search(r"(?<!\\)<(?!br>)", outside_code)
    assert not re.search(r"@\w", outside_code)


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def _metrics(content: bytes) -> dict[str, list[tuple[dict[str, str], float]]]:
    """What Prometheus' own parser reads."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(content.decode()):  # type: ignore[no-untyped-call]
        found[family.name] = [(sample.labels, sample.value) for sample in family.samples]
    return found


@settings(max_examples=25, deadline=None)
@given(HOSTILE)
def test_no_text_breaks_a_table_of_figures(evil: str) -> None:
    """Every CSV row keeps its columns and no cell is a formula; Prometheus reads every line; GitLab gets one entry per fingerprint."""
    view = views.hostile(evil)
    rows = _rows(csv_report(view))
    assert [len(row) for row in rows] == [len(COLUMNS)] * (1 + len(view.observations))
    assert not any(cell.startswith(("=", "+", "@", "\t")) for row in rows for cell in row[:12])
    _metrics(openmetrics(view))
    entries = json.loads(code_quality(view))
    assert entries
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


def test_ten_megabytes_of_anything_stay_a_small_file() -> None:
    """A page that answers with megabytes, NULs and marks that reorder text makes no form large or unreadable."""
    view = views.hostile("\x00\u202e\x1b[2J<script>" + "A" * 10_000_000)
    written = [form(view) for form in (json_report, junit, github, markdown, csv_report, openmetrics, code_quality)]
    assert max(map(len, written)) < 1_000_000
    assert not any(re.search(rb"\x00|\x1b|\xe2\x80\xae", form) for form in written)
    assert max(map(len, text(view))) < 20_000


def test_prometheus_reads_figures_in_base_units() -> None:
    """Seconds and ratios, one statistic a sample, labels without run ids; budgets say how much of their limit they used."""
    found = _metrics(openmetrics(views.failed()))
    pay = {labels["stat"]: value for labels, value in found["footfall_journey_duration_seconds"]
           if (labels["subject"], labels["part"]) == ("checkout", "pay")}  # fmt: skip
    verdict = views.failed().verdicts[0]
    assert verdict.figure is not None
    assert pay["p75"] == pytest.approx(verdict.figure / 1000)
    used = [value for labels, value in found["footfall_budget_used_ratio"] if labels["budget"] == verdict.key]
    assert max(used) == pytest.approx(1.36, abs=0.01)
    assert views.RUN.id not in openmetrics(views.failed()).decode()


def test_a_spreadsheet_gets_every_figure() -> None:
    """One row a series, its figures as they are."""
    header, *rows = _rows(csv_report(views.failed()))
    told = dict(zip(header, next(row for row in rows if row[6:9] == ["checkout", "pay", "duration"]), strict=True))
    assert float(told["p75"]) == views.failed().verdicts[0].figure
    assert told["labels"] == "browser=chromium;device=desktop"


def test_gitlab_sees_a_broken_budget_at_its_line() -> None:
    """Merge requests show the budget's line, as severe as the budget says."""
    entry = json.loads(code_quality(views.failed()))[0]
    assert entry["location"] == {"path": "thresholds.toml", "lines": {"begin": 18}}
    assert entry["severity"] == "blocker"
    assert "3.39 s > 2.5 s" in entry["description"]


def test_gitlab_links_a_broken_journey_to_its_script() -> None:
    """The path is a file of the project's, also where the suite is a folder in it; a script that is gone links to the suite's file."""
    view = views.hostile("checkout")
    told = json.loads(code_quality(view, {"checkout": "journeys/test_checkout.py"}, "shop/checks"))
    assert {entry["location"]["path"] for entry in told} == {"shop/checks/journeys/test_checkout.py", "shop/checks/checkout"}
    assert "footfall.toml" in {entry["location"]["path"] for entry in json.loads(code_quality(view))}


def test_junit_attaches_the_files_of_a_broken_step() -> None:
    """A budget's own case links the step's screenshot and trace, each on a line of its own."""
    root = ET.fromstring(junit(views.failed(), folder="out/x"))  # noqa: S314
    (broken,) = (case for case in root.iter("testcase") if case.find("failure") is not None)
    lines = (broken.findtext("system-out") or "").splitlines()
    assert "[[ATTACHMENT|out/x/artifacts/checkout/trace-3.zip]]" in lines
    assert "[[ATTACHMENT|out/x/artifacts/checkout/pay-3.png]]" in lines


def test_junit_names_each_case_once_and_tallies_them() -> None:
    """GitLab drops a case whose class and name it has seen; the counts must agree with the cases."""
    example = views.failed().verdicts[0]
    root = ET.fromstring(junit(build_view(views.RUN, verdicts=[example] * 3, exit_code=1)))  # noqa: S314
    cases = root.findall(".//testcase")
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == 3
    assert (root.get("tests"), root.get("failures")) == ("3", "3")


def test_junit_tells_broken_undecided_and_learning_apart() -> None:
    """Failure for what is broken, error for what could not be decided, skipped for what is still learning."""
    root = ET.fromstring(junit(views.undecided()))  # noqa: S314
    kinds = Counter(child.tag for case in root.iter("testcase") for child in case if child.tag != "system-out")
    assert kinds == {"failure": 3, "error": 1, "skipped": 1}
    failure = next(root.iter("failure"))
    assert failure.text is not None
    assert "journeys/test_fulfillment.py:31" in failure.text


def test_junit_never_shows_an_unjudged_run_as_green() -> None:
    """A run without verdicts is one case in error."""
    root = ET.fromstring(junit(views.empty()))  # noqa: S314
    (error,) = root.iter("error")
    assert "connection refused" in (error.text or "")


def test_an_allowed_undecided_budget_is_skipped_in_junit() -> None:
    """With --allow-inconclusive the command exits 0, so its JUnit file may not fail the job."""
    example = replace(views.failed().verdicts[0], outcome=Outcome.INCONCLUSIVE)
    root = ET.fromstring(junit(build_view(views.RUN, verdicts=[example], exit_code=0)))  # noqa: S314
    assert [child.tag for child in root.iter() if child.tag in {"error", "skipped"}] == ["skipped"]


def test_junit_attaches_files_where_the_ci_finds_them() -> None:
    """Attachments are named from the CI's project folder."""
    base = views.undecided()
    shot = Artifact(views.RUN.id, views.STARTED, "screenshot", "artifacts/a b.png", "fulfillment", "offer", 3)
    written = junit(build_view(views.RUN, observations=base.observations, artifacts=[shot], exit_code=1), folder="out/latest/")
    assert b"[[ATTACHMENT|out/latest/artifacts/a b.png]]" in written


def test_a_text_from_outside_attaches_nothing() -> None:
    """Jenkins copies any file of its machine that a case names: only the run's own files are named, whatever a site calls its pages."""
    evil = "[[ATTACHMENT|/etc/passwd]]"
    paths = ("artifacts/own.zip", "/etc/passwd", "../../secret", "artifacts/a]] [[ATTACHMENT|/etc/passwd]]")
    hurt = views.hostile(evil)
    artifacts = [Artifact(views.RUN.id, views.STARTED, "trace", path, evil, evil) for path in paths]
    root = ET.fromstring(junit(replace(hurt, artifacts=tuple(artifacts)), folder="out/x"))  # noqa: S314
    told = "\n".join(case.text or "" for case in root.iter("system-out"))
    assert set(re.findall(r"\[\[ATTACHMENT\|.+?\]\]", told)) == {"[[ATTACHMENT|out/x/artifacts/own.zip]]"}


def test_what_passed_only_on_a_retry_is_said() -> None:
    """A pass that took two attempts is told in the terminal, the pull request and JUnit; where none did there is not a word."""
    shaky = views.observe(views.series("journey", "booking", "", "flaky", (("device", "desktop"),)), [0.0, 1.0, 0.0])
    sound = views.observe(views.series("journey", "checkout", "", "flaky", (("device", "desktop"),)), [0.0] * 3)
    view = views.view(observations=[shaky, sound])
    said = "booking (desktop): 1 of 3 iterations passed only on a retry"
    assert [line for line in text(view) if "retry" in line] == [f"  note: {said}"]
    assert f"> {escaped(said)}\n" in markdown(view).decode()
    properties = [element for element in ET.fromstring(junit(view)).iter("property") if element.get("name") == "flaky"]  # noqa: S314  # our own
    assert {element.get("value") for element in properties} == {said}


def test_markdown_keeps_within_its_limit_and_counts_what_it_left_out() -> None:
    """A pull request's comment is never refused for its length; whole rows are left out, and told."""
    written = markdown(_many(1000), limit=20_000).decode()
    assert len(written.encode()) <= 20_000
    kept = written.count("**checkout › step ")
    assert f"and {1000 - kept:,} more" in written
    assert written.rstrip().endswith("✗ 1,000 fail")


def test_a_warning_that_fails_a_strict_gate_is_a_failure_in_junit() -> None:
    """What exits 1 is not green; beside a broken budget, and where the gate passes, a warning stays one."""
    warned, passed = (replace(views.failed().verdicts[0], outcome=outcome) for outcome in (Outcome.WARN, Outcome.PASS))
    broken = replace(warned, outcome=Outcome.FAIL)

    def failures(*verdicts: Verdict, code: int) -> str | None:
        return ET.fromstring(junit(build_view(views.RUN, verdicts=verdicts, exit_code=code))).get("failures")  # noqa: S314

    assert (failures(warned, passed, code=1), failures(warned, passed, code=0), failures(warned, broken, code=1)) == ("1", "0", "1")


def test_annotations_of_a_suite_in_a_subfolder_sit_on_its_file() -> None:
    """In a monorepo GitHub knows files by their path from the repository's folder."""
    (error, *_) = github(views.failed(), "shop/checks").decode().splitlines()
    assert error.startswith("::error file=shop/checks/thresholds.toml,line=18,")


def test_annotations_are_aggregated_to_what_github_shows() -> None:
    """Ten of a kind are shown; the tenth tells how many there are besides."""
    lines = github(_many(30)).decode().splitlines()
    assert len(lines) == MOST
    assert lines[-1].startswith("::error title=and 21 more broken::")


def test_annotations_point_at_the_budgets_line_and_escape_percent() -> None:
    """GitHub finds the line; its command syntax is not broken by % or new lines."""
    (error, *_) = github(views.failed()).decode().splitlines()
    assert error.startswith("::error file=thresholds.toml,line=18,title=checkout › pay%3A duration (fail)::p75 <= 2.5s: 3.39 s > 2.5 s%0A")


def test_the_terminal_says_the_verdict_first_then_step_budget_figure_and_why() -> None:
    """The first line is the answer; each broken budget tells all that one needs."""
    lines = text(views.failed())
    assert lines[0] == "✗ Failed: 1 of 28 budgets is broken."
    told = "\n".join(lines)
    for part in ("checkout › pay · duration", "p75 <= 2.5s  (thresholds.toml:18)", "3.39 s > 2.5 s", "5 samples", "docs/runbook.md#pay"):
        assert part in told
    assert lines[-1] == "  ✗ 1 fail · ! 1 warn · ✓ 26 pass"


def test_the_documented_schema_is_the_shipped_one() -> None:
    """The docs point at the file that the package carries."""
    docs = Path(__file__).parents[3].joinpath("docs", "reports.md").read_text(encoding="utf-8")
    assert "src/footfall/report/verdicts.schema.json" in docs
