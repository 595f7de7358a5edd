"""Pages with known vitals give these vitals, each to the step that it belongs to."""

from __future__ import annotations

import pytest

from tests.integration.browser.walks import Walk, Walked

TRUTH = """
    import re
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    BUSY = '''() => {
        const busy = () => { const end = performance.now() + 30; while (performance.now() < end); };
        document.body.append(document.createElement('textarea'));
        for (const [place, kind] of [['textarea', 'keydown'], ['h1', 'click']]) document.querySelector(place).addEventListener(kind, busy);
    }'''
    SHOWN = "document.querySelector('h2')"  # looked for in each frame
    PAINTED = "() => new Promise(done => new PerformanceObserver(done).observe({ type: 'largest-contentful-paint', buffered: true }))"

    def test_truth(journey, new_context):
        page = journey.page
        with journey.step("plain"):
            page.goto("/plain")
        with journey.step("shift"):
            page.goto("/shift")
            expect(page).to_have_title("shifted")
        with journey.step("strict shift"):
            page.goto("/shift?strict")
            expect(page).to_have_title("shifted")
        with journey.step("framed"):
            page.goto("/framed")
            page.wait_for_timeout(400)
        with journey.step("late image"):
            page.goto("/late-image")
        with journey.step("slow"):
            page.goto("/slow")
        with journey.step("click page"):
            page.goto("/click")
        with journey.step("click"):
            page.get_by_role("button").click()
            expect(page.get_by_role("button")).to_have_text("done")
        with journey.step("again"):
            page.locator("h1").click()
        page.goto("/click")
        page.evaluate(BUSY)
        with journey.step("typing"):
            page.locator("textarea").press_sequentially("so long a text as anybody types into a field in one step of a journey")
        with journey.step("slow click"):
            page.get_by_role("button").click()
        with journey.step("quick click"):
            page.locator("h1").click()
        with journey.step("leave page"):
            page.goto("/leave")
        with journey.step("leave"):
            page.get_by_role("link").click()
            expect(page.get_by_role("heading")).to_have_text("Plain")
        with journey.step("far page"):
            page.goto("/leave-far")
        with journey.step("leave far"):
            page.get_by_role("link").click()
            expect(page.get_by_role("heading")).to_have_text("Plain")
        page.goto("/leave-pressed")
        for attempt in range(2):
            with journey.step(f"leave pressed {attempt}"):
                page.mouse.move(300, 200)
                page.mouse.down()
                page.wait_for_timeout(6)
                page.mouse.up()
                expect(page.get_by_role("heading")).to_have_text("Plain")
            page.goto("/leave-pressed")
        page.goto("/app")
        with journey.step("route is left"):
            page.get_by_role("button").click()
            page.wait_for_function(SHOWN)
            page.goto("/plain")
        with journey.step("parts"):
            page.goto("/parts")
            page.evaluate("document.fonts.load('16px F').catch(() => 0)")
        with journey.step("open"):
            page.goto("/open")
        with journey.step("fetches page"):
            page.goto("/fetches")
            page.get_by_role("heading").wait_for()
        with journey.step("fetches"):
            page.get_by_role("button").click()
            expect(page.get_by_role("button")).to_have_text("done")
        with journey.step("broken"):
            page.goto("/broken")
        with journey.step("pop-up"):
            page.goto("/popup")
            with page.expect_popup() as opening:
                page.get_by_role("link").click()
            with journey.step("opened"):
                opening.value.get_by_role("heading").wait_for()
                opening.value.goto("/slow")
            opening.value.close()
        with journey.step("opens"):
            page.goto("/opens")
            with page.expect_popup() as opening:
                page.get_by_role("button").click()
            window = opening.value
            window.get_by_role("heading").wait_for()
            window.evaluate(PAINTED)
            window.wait_for_timeout(300)
        with journey.step("closes"):
            with window.expect_event("close"):
                window.get_by_role("button").click(no_wait_after=True)
        with journey.step("refused"):
            page.goto("/refused", wait_until="networkidle")
        with journey.step("hurried"):
            page.goto("/plain")
            page.goto("/click")
            page.reload()
            page.go_back()
        with journey.step("other context"):
            other = new_context()
            other.new_page().goto("/slow")
            other.close()
        app = new_context().new_page()
        app.goto("/app")
        with journey.step("route is closed"):
            app.get_by_role("button").click()
            app.wait_for_function(SHOWN)
            app.context.close()
        journey.measure("basket", 1.5, unit="KB")
"""


LATE = """
    import time

    def test_late(journey):
        with journey.step("faults"):
            journey.page.goto("/late-faults")
            journey.page.get_by_role("button").click()
            time.sleep(0.5)
        with journey.step("next"):
            journey.page.goto("/plain")
"""


@pytest.fixture(scope="module")
def truth(walk: Walk) -> Walked:
    """Walk once through all the pages."""
    walked = walk({"test_truth.py": TRUTH}, "--iterations", "1", "--warm-up", "0", "--no-repeat", "--journey-timeout", "400")
    assert walked.code == 0, walked.output
    return walked


@pytest.mark.parametrize("step", ["shift", "strict shift"])
def test_a_shift_of_a_quarter_is_a_quarter(truth: Walked, step: str) -> None:
    """A block that fills the window and moves by a quarter of its width gives CLS 0.25, under a strict CSP too."""
    assert truth.values(step, "cls") == [pytest.approx(0.25, abs=0.002)]


def test_no_shift_is_zero(truth: Walked) -> None:
    """A page that was loaded and did not move has CLS 0: that is an observation."""
    assert truth.values("plain", "cls") == [0]


def test_a_page_that_the_script_leaves_at_once_was_painted(truth: Walked) -> None:
    """However soon `goto`, `reload` or `go_back` follows, each page in between has its largest paint."""
    (seen,) = [sample for sample in truth.samples if (sample.part, sample.metric) == ("hurried", "lcp")]
    assert [page["url"].rpartition("/")[2] for page in seen.detail["pages"]] == ["plain", "click", "click", "plain"]


@pytest.mark.parametrize("step", ["route is left", "route is closed"])
def test_what_a_route_shows_late_is_its_largest_paint(truth: Walked, step: str) -> None:
    """Though the page is left, or the walk is over, as soon as it is seen."""
    (paint,) = [sample for sample in truth.samples if (sample.part, sample.metric) == (step, "lcp")]
    assert paint.value >= 200
    assert "/app/route" in paint.detail["url"]


def test_frames_of_other_sites_are_left_out(truth: Walked) -> None:
    """A shift inside a cross-site frame is not the page's."""
    assert truth.values("framed", "cls") == [0]
    assert len(truth.values("framed", "ttfb")) == 1


def test_a_late_image_is_the_largest_paint(truth: Walked) -> None:
    """An image that arrives after 700 ms gives an LCP of at least that, with the element and its address."""
    (sample,) = [sample for sample in truth.samples if (sample.part, sample.metric) == ("late image", "lcp")]
    assert sample.value >= 700
    assert "hero" in sample.detail["element"]
    assert "image.svg" in sample.detail["resource"]


def test_a_slow_server_is_a_late_first_byte(truth: Walked) -> None:
    """A server that takes 400 ms gives a TTFB of at least that."""
    assert truth.values("slow", "ttfb")[0] >= 400


@pytest.mark.parametrize("step", ["click", "leave", "leave far", *(f"leave pressed {attempt}" for attempt in range(2))])
def test_a_slow_handler_is_a_slow_interaction(truth: Walked, step: str) -> None:
    """A handler of 300 ms gives an INP of at least that, also when its click leaves for another page or another site."""
    assert truth.values(step, "inp")[0] >= 296  # the browser rounds to 8 ms


def test_interactions_belong_to_their_own_step(truth: Walked) -> None:
    """A quick click in the next step of the same page does not inherit the slow one, and loading a page is no interaction."""
    touched = {
        part: {sample.detail["element"] for sample in truth.samples if (sample.part, sample.metric) == (part, "inp")}
        for part in ("click", "again")
    }
    assert touched["click"]
    assert not touched["click"] & touched["again"]
    assert truth.values("plain", "inp") == []
    assert truth.values("click page", "inp") == []


@pytest.mark.parametrize(("step", "element"), [("typing", "textarea"), ("slow click", "#stay"), ("quick click", "h1")])
def test_each_step_on_one_page_has_its_own_interaction(truth: Walked, step: str, element: str) -> None:
    """The page's slowest click hides no other step's, nor do more keys than a page keeps; each names its element and its phases."""
    (seen,) = [sample for sample in truth.samples if (sample.part, sample.metric) == (step, "inp")]
    assert seen.detail["element"].endswith(element)
    assert {"kind", "input_delay", "processing", "presentation"} <= set(seen.detail)
    assert "pages" not in seen.detail


def test_a_step_without_a_load_has_no_load_vitals(truth: Walked) -> None:
    """What was not observed is absent, never 0."""
    assert [truth.values("click", metric) for metric in ("lcp", "cls", "fcp", "ttfb", "page_load")] == [[], [], [], [], []]


def test_pop_ups_are_measured(truth: Walked) -> None:
    """A page in a pop-up belongs to the innermost step in which it was loaded, though it was closed since."""
    assert truth.values("pop-up/opened", "ttfb")[0] >= 400
    assert truth.values("pop-up", "duration")[0] >= truth.values("pop-up/opened", "duration")[0]


def test_a_pop_up_that_closes_itself_is_measured(truth: Walked) -> None:
    """What it showed belongs to the step that opened it, and the click by which it closed to its own step, painted or not."""
    (seen,) = [sample for sample in truth.samples if (sample.part, sample.metric) == ("opens", "lcp")]
    assert {page["url"].rpartition("/")[2] for page in seen.detail["pages"]} == {"opens", "closing"}
    assert truth.values("closes", "inp")[0] >= 296


def test_refusals_of_other_origins_are_counted(truth: Walked) -> None:
    """What another origin answers with 404, or the site's own to a frame, has failed too, though the page may not know the answer."""
    assert truth.values("refused", "failed_requests") == [4]


def test_further_contexts_are_measured(truth: Walked) -> None:
    """A context of the journey's own making is watched too, though it was closed since."""
    assert truth.values("other context", "ttfb")[0] >= 400


def test_errors_of_a_page_are_counted(truth: Walked) -> None:
    """A console error, an uncaught exception and a missing picture count for the step in which they happened, and for no other."""
    assert truth.values("broken", "js_errors") == [1]
    assert truth.values("broken", "console_errors")[0] >= 1
    assert truth.values("broken", "failed_requests") == [1]
    assert truth.values("plain", "js_errors") == truth.values("plain", "failed_requests") == [0]


def test_errors_that_are_heard_of_late_are_counted_where_they_happened(walk: Walk) -> None:
    """A script that asks no page while its click goes wrong leaves nothing to the step behind it."""
    walked = walk({"test_late.py": LATE}, "--iterations", "2", "--warm-up", "0")  # of the first, pictures are taken: it hears in time
    assert walked.code == 0, walked.output
    told = {metric: walked.values("faults", metric) for metric in ("js_errors", "console_errors", "failed_requests")}
    assert told == {"js_errors": [3, 3], "console_errors": [1, 1], "failed_requests": [1, 1]}
    for metric in told:
        assert walked.values("next", metric) == [0, 0]


def test_bytes_and_requests_are_counted(truth: Walked) -> None:
    """The page itself and its picture are two requests."""
    assert truth.values("late image", "requests") == [2]
    assert truth.values("late image", "image_bytes")[0] > 100
    assert truth.values("late image", "image_time")[0] >= 700


def test_requests_and_bytes_are_sorted(truth: Walked) -> None:
    """Each kind is counted apart, and what other sites sent."""
    kinds = ("", "document_", "style_", "script_", "image_", "font_", "data_", "third_party_")
    assert [truth.values("parts", f"{kind}requests") for kind in kinds] == [[6], [1], [1], [1], [2], [1], [0], [1]]
    assert truth.values("parts", "script_bytes")[0] > 300
    assert 70 < truth.values("parts", "style_bytes")[0] < 1000
    assert 7 <= truth.values("parts", "font_bytes")[0] < 1000


def test_sizes_that_another_site_hides(truth: Walked) -> None:
    """They are no zeros: the sum over all names how many are missing, and there is none of the other site's alone."""
    assert truth.values("parts", "third_party_bytes") == []
    (whole,) = [sample for sample in truth.samples if (sample.part, sample.metric) == ("parts", "transfer_bytes")]
    assert whole.detail["hidden"] == 1
    assert truth.values("open", "third_party_bytes")[0] > 0


def test_a_request_belongs_to_the_step_that_made_it(truth: Walked) -> None:
    """What a click fetches later on the same page is the click's, not the page's; so is the time that it blocks the page."""
    assert truth.values("fetches page", "requests") == [1]
    assert (truth.values("fetches", "requests"), truth.values("fetches", "data_requests")) == ([1], [1])
    assert truth.values("fetches", "tbt")[0] >= 240
    assert len(truth.values("plain", "tbt")) == 1


def test_caches_on_the_way(truth: Walked) -> None:
    """Of the answers that say whether a cache gave them, how many it gave; nothing where none says."""
    told = {sample.part: (sample.value, sample.detail["of"]) for sample in truth.samples if sample.metric == "cache_hits"}
    assert told == {"parts": (1, 1), "fetches": (0, 1)}


def test_a_score_of_what_was_loaded(truth: Walked) -> None:
    """A page that moves by a quarter has half of CLS' part, which weighs 25 of 90; steps that load nothing have none."""
    (moved,) = truth.values("shift", "ux_score")
    assert 0 < moved <= 100 - 12.5 / 0.9 + 0.5
    assert 0 < truth.values("", "ux_score")[0] <= 100
    assert truth.values("click", "ux_score") == truth.values("fetches", "ux_score") == []


def test_own_measurements_are_kept_in_base_units(truth: Walked) -> None:
    """1.5 KB are 1500 bytes."""
    (sample,) = [sample for sample in truth.samples if sample.metric == "basket"]
    assert (sample.value, sample.unit, sample.part) == (1500, "bytes", "")


def test_the_journey_as_a_whole(truth: Walked) -> None:
    """It succeeded, took at least as long as its steps, and says on what it was walked."""
    (duration,) = truth.values("", "duration")
    steps = [sample.value for sample in truth.samples if sample.metric == "duration" and sample.part and "/" not in sample.part]
    assert duration >= sum(steps)
    assert truth.values("", "success") == [1]
    assert {(sample.subject, sample.iteration, *sorted(sample.labels.items())) for sample in truth.samples} == {
        ("truth", 1, ("browser", "chromium"), ("device", "desktop"))
    }
    assert truth.run is not None
    assert truth.run.kind == "journey"
    assert truth.outcome == "finished"


def test_each_step_has_a_picture(truth: Walked) -> None:
    """The first counted walk leaves one picture of each step when there is no warm-up."""
    pictures = [artifact for artifact in truth.artifacts if artifact.kind == "screenshot"]
    assert {artifact.part for artifact in pictures} >= {"plain", "click", "pop-up/opened"}
    assert all((truth.spool / artifact.path).stat().st_size > 500 for artifact in pictures)
