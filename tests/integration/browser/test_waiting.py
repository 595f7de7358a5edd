"""A step that waits for something ends when it is there, not when Playwright looks the next time."""

from __future__ import annotations

from tests.integration.browser.walks import Walk

LOOKS = """
    import pytest
    from playwright.sync_api import expect

    # What it asks for is there when it was asked for twenty times; within four seconds Playwright by itself looks fourteen times.
    ENGINE = '''{
        queryAll(root, name) {
            const looks = globalThis.looks ??= {};
            looks[name] = (looks[name] ?? 0) + 1;
            return looks[name] < 20 ? [] : [root.querySelector("h1")];
        },
        query(root, name) { return this.queryAll(root, name)[0] ?? null; },
    }'''

    @pytest.fixture(autouse=True, scope="session")
    def engine(playwright):
        playwright.selectors.register("asked", ENGINE)
"""
PATIENT = """
    from playwright.sync_api import expect

    def test_patient(journey):
        page = journey.page
        page.set_default_timeout(4000)
        page.goto("/")
        with journey.step("expected"):
            expect(page.locator("asked=expected")).to_be_visible(timeout=4000)
        with journey.step("not"):
            expect(page.locator("asked=not")).not_to_be_hidden(timeout=4000)
        with journey.step("text"):
            expect(page.locator("asked=text")).to_have_text(" Home", timeout=4000)
        with journey.step("awaited"):
            page.locator("asked=awaited").wait_for()
"""
IMPATIENT = """
    import pytest
    from playwright.sync_api import TimeoutError, expect

    def test_impatient(journey):
        page = journey.page
        page.goto("/")
        with pytest.raises(AssertionError) as raised:
            expect(page.locator("#none")).to_have_text("here", timeout=2600)
        journey.note(str(raised.value))
        with pytest.raises(TimeoutError) as raised:
            page.locator("#none").wait_for(timeout=2600)
        journey.note(str(raised.value))
        with pytest.raises(AssertionError) as raised:
            expect(page.locator("##")).to_be_visible(timeout=600_000)
        journey.note(str(raised.value))
"""


def test_what_a_step_waits_for_is_looked_for_ten_times_a_second(walk: Walk) -> None:
    """Playwright by itself would give up here: it looks twice a second."""
    walked = walk({"conftest.py": LOOKS, "test_patient.py": PATIENT})
    assert walked.code == 0, walked.output
    assert [sample.part for sample in walked.samples if sample.metric == "duration" and sample.part] == [
        "expected",
        "not",
        "text",
        "awaited",
    ]


def test_what_never_comes_is_told_as_playwright_tells_it(walk: Walk) -> None:
    """The time-out is the script's own, though it was waited for in parts; what cannot be asked for fails at once."""
    walked = walk({"test_impatient.py": IMPATIENT})
    assert walked.code == 0, walked.output
    text, awaited, wrong = (event.text for event in walked.events)
    assert "Locator expected to have text 'here'" in text
    assert 'Expect "to_have_text" locator("#none") with timeout 2600ms' in text
    assert "Timeout 2600ms exceeded" in awaited
    assert 'waiting for locator("#none") to be visible' in awaited
    assert "while parsing css selector" in wrong
    assert "timeout 600000ms" in wrong
