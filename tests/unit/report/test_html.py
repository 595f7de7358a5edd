"""`index.html`: one file, the answer first, nothing that a site says can run."""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import replace
from functools import cache, partial
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from footfall.errors import ConfigError, UsageError
from footfall.gate.evidence import Observation
from footfall.gate.verdict import Outcome
from footfall.metrics import Kind
from footfall.report.html import context, html
from footfall.report.templates import TemplateSource
from footfall.report.trends import MOST_COLUMNS, movers, trend_tables
from footfall.report.view import ReportView, build_view
from footfall.samples import Artifact
from footfall.stats import Figures
from tests.unit.report import views

STARTER = Path(__file__).parents[3] / "reports"
TEMPLATES = TemplateSource(None, STARTER)
NAMES = ("executive", "finance", "index", "operations", "product", "trends", "weekly")
REPORTS = pytest.mark.parametrize("report", NAMES)
BUILDS = pytest.mark.parametrize("build", [views.healthy, views.failed, views.undecided, views.empty])
HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.sampled_from(
        ["</style><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "javascript:alert(1)", "x" * 5000, "*"]
    ),
)
VOID = {"meta", "img", "br", "link", "input"}


class _Page(HTMLParser):
    """What a browser would make of a page, as far as these tests ask."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _screenshot(width: int = 1280, height: int = 720) -> bytes:
    written = io.BytesIO()
    Image.effect_noise((width, height), 80).save(written, "PNG")
    return written.getvalue()


@REPORTS
@BUILDS
def test_the_page_is_whole_and_needs_nothing_else(build: views.Build, report: str) -> None:
    """Every element is closed, nothing is fetched, the file is small; nothing runs, but for the trends page's own script."""
    page = html(build(), TEMPLATES, report)
    parsed = _Page(page)
    assert parsed.open == []
    assert len(page) < 1_000_000
    names = {tag for tag, _ in parsed.tags}
    allowed = {"script"} if report == "trends" else set()
    assert not names & ({"script", "link", "iframe", "object", "embed", "form", "base"} - allowed)
    for _, attributes in parsed.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not re.match(r"(?i)\s*(https?:)?//", attributes.get("src") or "")


@cache
def _tags_of(report: str) -> set[str]:
    return {tag for tag, _ in _Page(html(views.hostile("plain"), TEMPLATES, report)).tags}


@settings(max_examples=10, deadline=None)
@given(HOSTILE)
def test_no_text_of_a_site_becomes_markup(evil: str) -> None:
    """The same elements with the same attributes stand in the page, whatever the site is called."""
    for report in ("index", "operations"):
        parsed = _Page(html(views.hostile(evil), TEMPLATES, report))
        assert parsed.open == []
        assert {tag for tag, _ in parsed.tags} <= _tags_of(report) | {"img"}
        for _, attributes in parsed.tags:
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
            assert not re.match(r"(?i)\s*(javascript|vbscript|data:text)", attributes.get("href") or "")


@pytest.mark.parametrize("report", sorted(set(NAMES) - {"index", "operations"}))
def test_no_page_runs_what_a_site_is_called(report: str) -> None:
    """Markup, a script's end and a template's braces stay text on every page, in its data too."""
    page = html(views.hostile('</script><script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7 * 7 }}'), TEMPLATES, report)
    parsed = _Page(page)
    assert parsed.open == []
    assert {tag for tag, _ in parsed.tags} <= _tags_of(report) | {"img"}
    assert b"alert(1)</script>" not in page
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on") or name == "style"]


def test_the_answer_stands_before_the_reason_before_the_evidence() -> None:
    """Verdict, what broke, journeys, load, probes, trends, budgets, environment: in this order."""
    text = _Page(html(views.failed(), TEMPLATES)).text
    order = ("Failed 1 of 28 budgets is broken.", "What broke, and why", "Journeys, step by step", "Load over time", "Probes Figures",
             "The last runs", "All budgets", "What happened", "Environment Machine")  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_the_last_runs_show_no_more_figures_than_can_be_read() -> None:
    """What customers feel, a script's own, and what has a budget, of a step's forty figures; never more than fit beside each other."""
    of = partial(views.series, "journey", "checkout", "pay", labels=views.DESKTOP)
    more = [views.observe(of(metric), [3.0] * 5) for metric in ("image_bytes", "script_bytes", "requests", "js_errors")]
    own = [Observation(of(f"own_{n}"), Kind.TREND, "count", Figures.of_values([3.0] * 5)) for n in range(12)]
    judged = views.judge(more[2], "journeys.checkout.steps.pay.requests", "p75 <= 9")
    given = views.view()
    observations = (*given.observations, *more, *own)
    seen = replace(given, observations=observations, verdicts=(*given.verdicts, judged), trends=views.trends_of(observations))
    table = next(table for table in trend_tables(seen) if table.name == "checkout")
    assert table.columns[0] == "Duration"
    assert "Requests" in table.columns
    assert not {"Image bytes", "Script bytes", "Js errors"} & set(table.columns)
    assert len(table.columns) == 8
    assert {len(row.trends) for row in table.rows} == {8}


def test_an_objective_with_few_events_is_not_called_unset() -> None:
    """Until there are events enough the page says how many there are."""
    seen = views.judge(views.view().observations[0], "slo.checkout", "p75 <= 9s", reason="3 of 20 events that it takes to say anything")
    few = replace(views.view(), verdicts=(replace(seen, outcome=Outcome.LEARNING),), service_levels=())
    text = _Page(html(few, TEMPLATES, "executive")).text
    assert "checkout: 3 of 20 events that it takes to say anything." in text
    assert "No objective is set" not in text
    assert "No objective is set" in _Page(html(replace(few, verdicts=()), TEMPLATES, "executive")).text


def test_a_broken_budget_tells_everything() -> None:
    """The step, the budget as written and where, figure, limit, samples, owner and runbook."""
    text = _Page(html(views.failed(), TEMPLATES)).text
    for words in (
        "checkout › pay duration",
        "p75 <= 2.5s",
        "thresholds.toml:18",
        "3.39 s",
        "890 ms over the limit (+36 %)",
        "payments",
        "P0",
        "docs/runbook.md#pay",
    ):
        assert words in text


@REPORTS
@pytest.mark.parametrize("build", [views.undecided, views.empty])
def test_headings_stand_in_order_and_every_picture_has_words(build: views.Build, report: str) -> None:
    """One h1, no level skipped; every chart and image is told to whoever cannot see it."""
    parsed = _Page(html(build(), TEMPLATES, report))
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(following - level <= 1 for level, following in itertools.pairwise(levels))
    for tag, attributes in parsed.tags:
        if tag == "img" or attributes.get("role") == "img":
            assert attributes.get("alt") or attributes.get("aria-label")
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {(attributes.get("href") or "#")[1:] for _, attributes in parsed.tags if (attributes.get("href") or "").startswith("#")} <= set(
        ids
    )


def test_screenshots_travel_inside_scaled_down() -> None:
    """A large noisy screenshot neither bloats the file nor is left behind; what is no picture is left out."""
    view = replace(views.failed(), pictures=dict.fromkeys(views.PICTURES, _screenshot()))
    page = html(view, TEMPLATES)
    assert b"data:image/jpeg;base64," in page
    assert len(page) < 1_000_000
    assert b"data:image" not in html(replace(views.failed(), pictures=dict.fromkeys(views.PICTURES, b"not a picture")), TEMPLATES)


def test_a_run_with_very_many_budgets_stays_readable() -> None:
    """Three hundred broken budgets are told in a table; a dozen with their pictures."""
    example = views.failed()
    verdicts = [replace(example.verdicts[0], key=f"k{n}") for n in range(300)]
    page = html(build_view(views.RUN, verdicts=verdicts, observations=example.observations, exit_code=1), TEMPLATES)
    text = _Page(page).text
    assert "288 more are broken" in text
    assert len(page) < 2_000_000


def test_links_to_artifacts_are_relative() -> None:
    """Files that the run left are linked from the report's own folder."""
    view = build_view(
        views.RUN, verdicts=views.failed().verdicts, exit_code=1,
        artifacts=[Artifact(views.RUN.id, views.STARTED, "trace", "artifacts/checkout/trace 3.zip", "checkout", "pay")],
    )  # fmt: skip
    assert b'href="artifacts/checkout/trace%203.zip"' in html(view, TEMPLATES)


def _evidence(name: str, iteration: int) -> list[Artifact]:
    """What is kept of a failed walk, in the order in which it is written: the walk's own first, then its repetition's."""
    kinds = {
        "screenshot": "page-1.png", "dom": "page-1.html", "network": "network-1.txt", "console": "console.log",
        **({"trace": "trace-1.zip", "har": "network-1.har"} if iteration == 1 else {}),
    }  # fmt: skip
    folder = f"artifacts/failures/{name}-{iteration}"
    return [Artifact(views.RUN.id, views.STARTED, kind, f"{folder}/{file}", "checkout", "pay", iteration) for kind, file in kinds.items()]


def test_the_most_telling_evidence_of_the_cards_own_device_is_linked_first() -> None:
    """Twelve walks failed on each of two devices: the trace is not cut off, and a phone's card shows none of the desktop's files."""
    names = {"desktop": "checkout-desktop", "iPhone 15": "checkout-iphone-15"}
    labels = {device: (("device", device),) for device in names}
    seen = [views.observe(views.series("journey", "checkout", "", "success", labels[device]), [0.0] * 12) for device in names]
    kept = [artifact for name in names.values() for iteration in range(1, 13) for artifact in _evidence(name, iteration)]
    for card in context(build_view(views.RUN, observations=seen, artifacts=kept))["failed_journeys"]:
        name = names[card.journey.series.label_map["device"]]
        assert {PurePosixPath(link.href).parts[2].rpartition("-")[0] for link in card.links} == {name}
        told = [link.kind.partition(" ")[0] for link in card.links]
        assert told[:6] == ["trace", "har", "screenshot", "dom", "network", "console"]
        assert len(told) == 16


def test_a_filmstrip_shows_the_device_it_stands_with() -> None:
    """A journey that was walked on a desktop and a phone has two; where no file's name tells whose it is, both show it."""
    names = {"desktop": "checkout-desktop", "iPhone 15": "checkout-iphone-15"}
    seen = [views.observe(views.series("journey", "checkout", "pay", "duration", (("device", device),)), [900.0] * 5) for device in names]
    for paths in ([f"artifacts/steps/{name}-01.jpg" for name in names.values()], ["artifacts/steps/checkout-01.jpg"]):
        kept = [Artifact(views.RUN.id, views.STARTED, "screenshot", path, "checkout", "pay", 1) for path in paths]
        pictures = {path: _drawn(width) for path, width in zip(paths, (40, 20), strict=False)}
        strips = context(build_view(views.RUN, observations=seen, artifacts=kept, pictures=pictures))["filmstrips"]
        [[desktop], [phone]] = strips["checkout", ("desktop",)], strips["checkout", ("iPhone 15",)]
        assert (desktop.picture == phone.picture) == (len(paths) == 1)


def _drawn(width: int) -> bytes:
    """Return a picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", (width, 40), "white").save(written, "PNG")
    return written.getvalue()


def test_the_last_runs_are_followed_by_what_customers_feel() -> None:
    """Thirty metrics beside each other cannot be read: of bytes and requests those with a budget alone, and first where that broke."""
    felt = ("duration", "lcp", "inp", "cls", "fcp", "ttfb", "ux_score")
    names = (*felt, "data_bytes", "font_bytes", "script_bytes", "image_bytes", "requests", "js_errors")
    seen = [views.observe(views.series("journey", "checkout", "pay", name, views.DESKTOP), [5.0] * 5) for name in names]
    verdicts = [views.judge(each, f"k.{each.series.metric}", "p75 <= 9B") for each in seen[7:10]]
    verdicts.append(views.judge(seen[10], "k.image_bytes", "p75 <= 2B"))
    [table] = context(build_view(views.RUN, verdicts=verdicts, observations=seen, trends=views.trends_of(seen)))["trends"]
    assert len(table.columns) == MOST_COLUMNS
    assert table.columns[0] == "Duration"
    assert "Image bytes" in table.columns
    assert not {"Requests", "JS errors"} & set(table.columns)


@pytest.mark.parametrize(
    ("flaky", "told"), [([0, 1, 0], "3 of 3 iterations reached the end, 1 only on a retry"), ([0, 0, 0], "on a retry")]
)
def test_a_pass_on_retry_is_told_beside_the_passes(flaky: list[float], told: str) -> None:
    """A journey that needs its retries did not simply hold; one that did not need them says nothing of them."""
    seen = [
        views.observe(views.series("journey", "checkout", "", metric, views.DESKTOP), values)
        for metric, values in (("success", [1.0] * 3), ("flaky", flaky))
    ]
    page = html(build_view(views.RUN, observations=seen), TEMPLATES).decode()
    assert (told in page) == any(flaky)


def test_operations_see_what_left_its_range_and_what_is_slowest() -> None:
    """The slow step comes first in both lists; a hint is called a hint."""
    text = _Page(html(views.failed(), TEMPLATES, "operations")).text
    assert "checkout › pay duration p75 3.39 s, usually 1.27 s in the 19 runs before worse +167 %" in text
    assert text.index("Steps, p75 checkout › pay 3.39 s") < text.index("Requests under load, p95 POST /api/payments")
    assert "A hint, not a verdict" in text


def test_what_got_better_is_not_called_worse() -> None:
    """A figure below all runs before it is good news for a duration."""
    quick = movers(views.view(slow_pay=0.4))[0]
    assert (quick.place, quick.worse) == ("checkout › pay", False)


def _with(tmp_path: Path, name: str, text: str) -> TemplateSource:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return TemplateSource(tmp_path, STARTER)


def test_a_suites_template_wins_and_may_use_the_starters_parts(tmp_path: Path) -> None:
    """A team edits one template and keeps the rest; what it inserts is escaped."""
    source = _with(tmp_path, "index.html", '{% extends "_page.html" %}{% block main %}<p>{{ view.suite }} {{ word }}</p>{% endblock %}')
    page = html(replace(views.failed(), suite="<Ours>"), source).decode()
    assert "<p>&lt;Ours&gt; Failed</p>" in page
    assert "<style>" in page


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("<p>\n{% if %}", 2, "Expected an expression"),
        ("\n\n{{ nothing_of_that_name }}", 3, "nothing_of_that_name"),
        ("{{ view.run.nope.deeper }}", 1, "nope"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(tmp_path: Path, text: str, line: int, problem: str) -> None:
    """A fault in a team's template is a clear message with file and line, not a traceback."""
    with pytest.raises(ConfigError, match=problem) as caught:
        html(views.failed(), _with(tmp_path, "index.html", text))
    (fault,) = caught.value.faults
    assert (fault.file, fault.line) == ("reports/index.html", line)


def test_an_unknown_report_names_the_nearest() -> None:
    """A typo in a report's name is answered with the right one."""
    with pytest.raises(UsageError) as caught:
        html(views.failed(), TEMPLATES, "indx")
    assert caught.value.hint == "did you mean 'index.html'?"


def test_reports_are_the_templates_that_are_not_parts() -> None:
    """Names with an underscore are parts of reports."""
    assert TEMPLATES.names() == NAMES


def test_the_page_allows_its_own_style_alone(tmp_path: Path) -> None:
    """The policy in the page names the hash of its style sheet, whichever that is."""
    plain = html(views.empty(), TEMPLATES).decode()
    other = html(views.empty(), _with(tmp_path, "_style.css", "body { margin: 0 }")).decode()
    hashes = [re.findall(r"style-src '(sha256-[^']+)'", page) for page in (plain, other)]
    assert hashes[0] != hashes[1]
    assert all(len(found) == 1 for found in hashes)


def test_views_are_never_changed_by_rendering() -> None:
    """A renderer is a function: the same view gives the same bytes twice."""
    view: ReportView = views.failed()
    assert html(view, TEMPLATES) == html(view, TEMPLATES)
