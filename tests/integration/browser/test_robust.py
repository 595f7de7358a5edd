"""Whatever a site or a script does with clocks, cookies and dialogs: the vitals are true, and the site is left as it would be."""

from __future__ import annotations

import pytest

from tests.integration.browser.walks import Walk, Walked

MODULES = {
    "test_clock.py": """
        def test_clock(journey):
            page = journey.page
            page.clock.install(time="2026-01-01T08:00:00")
            with journey.step("plain"):
                page.goto("/plain")
            with journey.step("slow"):
                page.goto("/slow")
            page.clock.pause_at("2026-01-01T09:00:00")
            with journey.step("paused"):
                page.goto("/slow")
            page.goto("/plain")
    """,
    "test_cookies.py": """
        def test_cookies(journey):
            page = journey.page
            with journey.step("cleared"):
                page.goto("/slow")
            page.goto("/plain")
            page.context.clear_cookies()
            with journey.step("consent"):
                page.goto("/consent?delay=0.4")
            page.goto("/plain")
    """,
    "test_many.py": """
        def test_many(journey):
            page = journey.page
            with journey.step("first"):
                page.goto("/slow")
                page.evaluate("document.cookie = 'cart=7'")
            for part in range(3):
                with journey.step(f"part {part}"):
                    for _ in range(30):
                        page.goto("/plain")
            names = [cookie["name"] for cookie in page.context.cookies()]
            journey.measure("cookies_of_pages", sum(name.startswith("footfall-page-") for name in names), unit="count")
            assert "cart" in names
    """,
    "test_heirs.py": """
        def test_heirs(journey):
            page = journey.page
            with journey.step("first"):
                page.goto("/slow")
            with journey.step("clears"):
                page.goto("/clears?delay=0.4")
            with journey.step("looks"):
                page.goto("/clears")
                journey.measure("stored", int(page.locator("#seen").inner_text()), unit="count")
                names = [cookie["name"] for cookie in page.context.cookies()]
                journey.measure("cookies_of_pages", sum(name.startswith("footfall-page-") for name in names), unit="count")
            with journey.step("far"):
                page.goto("/leave-far")
                page.locator("#go").click()
                page.get_by_role("heading", name="Plain").wait_for()
    """,
    "test_strange.py": """
        def test_strange(journey):
            page = journey.page
            with journey.step("written over"):
                page.goto("/written?delay=0.4")
                page.locator("#go").click()
                page.locator("#next").click()
                page.get_by_role("heading", name="Plain").wait_for()
            with journey.step("emptied"):
                page.goto("/emptied?delay=0.4")
                page.locator("#go").click()
                page.wait_for_url("about:blank")
            with journey.step("travelled"):
                page.goto("/leave-far")
                page.locator("#go").click()
                page.get_by_role("heading", name="Plain").wait_for()
                page.goto("/travels?delay=0.4")
                page.locator("#go").click()
                page.wait_for_url("**/leave-far")
            with journey.step("stalled"):
                page.goto("/slow")
                for _ in range(15):
                    page.goto("/plain")
                page.goto("/stalls")
                page.locator("#go").click()
                page.wait_for_timeout(100)
            page.wait_for_timeout(4000)
            page.goto("/plain")
            with journey.step("hurried"):
                page.goto("/hurries?delay=0.4", wait_until="commit")
    """,
    "test_greedy.py": """
        ASK = '''some => Promise.all(Array.from({ length: 80 }, async (_, one) => (await fetch(`/plain?${some}-${one}`)).text()))'''

        def test_greedy(journey):
            page = journey.page
            with journey.step("greedy"):
                page.goto("/plain")
                page.evaluate("performance.onresourcetimingbufferfull = () => performance.clearResourceTimings()")
                for some in range(5):
                    page.evaluate(ASK, some)
                    page.evaluate("some => { if (some % 3 === 1) performance.clearResourceTimings(); }", some)
    """,
    "test_dialog.py": """
        def test_dialog(journey):
            page, open_dialogs = journey.page, []
            page.on("dialog", lambda dialog: open_dialogs.append(dialog))
            with journey.step("ask"):
                page.goto("/ask")
                page.get_by_role("button").evaluate("button => setTimeout(() => button.click())")
                while not open_dialogs:
                    page.wait_for_timeout(50)
            with journey.step("answer"):
                open_dialogs[0].accept()
                page.get_by_role("heading").wait_for()
    """,
}


@pytest.fixture(scope="module")
def walked(walk: Walk) -> Walked:
    """Walk them all."""
    found = walk(MODULES, "--no-repeat", "--journey-timeout", "300")
    assert found.code == 0, found.output
    return found


def test_vitals_are_true_under_another_clock(walked: Walked) -> None:
    """A script that sets the page's clock, or stops it, sets the site's and not the measuring's."""
    assert 0 < walked.values("plain", "ttfb")[0] <= walked.values("plain", "duration")[0]
    assert walked.values("slow", "ttfb")[0] >= 400
    assert walked.values("paused", "ttfb")[0] >= 400
    assert walked.values("slow", "lcp")[0] >= 400


def test_pages_that_lose_their_cookies_have_told(walked: Walked) -> None:
    """A script that clears them, and a page that takes `document.cookie` for itself, lose no vitals."""
    assert walked.values("cleared", "ttfb")[0] >= 400
    assert walked.values("consent", "ttfb")[0] >= 400


def test_many_pages_push_out_no_cookie_of_the_site(walked: Walked) -> None:
    """Of one site in one tab pages write none; the site's own cookies and the first page's vitals are still there."""
    assert walked.values("", "cookies_of_pages") == [0]
    assert walked.values("first", "ttfb")[0] >= 400
    assert walked.values("part 2", "requests") == [30]


def test_what_a_page_knows_is_handed_on_unseen(walked: Walked) -> None:
    """It goes to the next page of its site, also where the site clears its storage, and from there to another site; no script sees it."""
    assert [walked.values(step, "ttfb")[0] >= 400 for step in ("first", "clears", "looks")] == [True, True, False]
    assert walked.values("far", "inp")[0] >= 300
    assert walked.values("looks", "stored") == walked.values("looks", "cookies_of_pages") == [0]


@pytest.mark.parametrize("step", ["written over", "emptied", "travelled", "stalled", "hurried"])
def test_however_a_page_is_left_it_has_told(walked: Walked, step: str) -> None:
    """When a script writes it anew, empties it or goes back over another site, while it stands still, and while it is asked."""
    assert walked.values(step, "ttfb")[0] >= 400


def test_no_page_is_missed(walked: Walked) -> None:
    """Of all these walks none notes that a page told nothing."""
    assert [event.text for event in walked.events if "told nothing" in event.text] == []


def test_requests_are_counted_beyond_what_a_browser_keeps_by_itself(walked: Walked) -> None:
    """It keeps 250 of a page, unless it is told to keep more once they are full; and a script may clear them, then or at any time."""
    assert walked.values("greedy", "data_requests") == [400]


def test_a_dialog_that_stays_open_holds_up_no_step(walked: Walked) -> None:
    """The step ends, the next one answers it."""
    assert [sample.part for sample in walked.samples if (sample.subject, sample.metric) == ("dialog", "duration")] == ["ask", "answer", ""]


BUSY = {
    "test_busy.py": """
        import pytest

        @pytest.mark.parametrize("turn", range(3))
        def test_busy(journey, turn):
            journey.page.on("response", lambda response: response.headers)
            with journey.step("busy"):
                journey.page.goto("/busy")
                journey.page.wait_for_timeout(60_000)

        def test_sound(journey):
            with journey.step("home"):
                journey.page.goto("/")
    """
}


def test_a_deadline_costs_one_walk_and_not_the_browsers_connection(walk: Walk) -> None:
    """Walks of a page that never stops asking are ended in the midst of its answers; the walks behind them are whole."""
    ended = walk(BUSY, "--journey-timeout", "10", "--no-repeat")
    assert ended.code == 1, ended.output
    assert {event.text for event in ended.events if event.kind == "error"} == {"the journey took longer than 10 s and was ended"}
    assert [(sample.subject, sample.value) for sample in ended.samples if sample.metric == "success"] == [
        ("busy", 0), ("busy", 0), ("busy", 0), ("busy-sound", 1),
    ]  # fmt: skip
