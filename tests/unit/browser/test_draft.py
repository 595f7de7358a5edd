"""A recorded script becomes a journey: navigations and buttons are steps, addresses are paths, passwords are secrets."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.browser.draft import draft
from footfall.errors import UsageError

PYTEST = """
import re
from playwright.sync_api import Page, expect


def test_example(page: Page) -> None:
    page.goto("https://shop.example/")
    page.get_by_role("link", name="Haircut é").click()
    page.get_by_role("radio", name="09:30").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading")).to_contain_text("Your details")
    page.get_by_label("Password").fill("hunter2 \\" 'quoted'")
    page.get_by_role("button", name="Continue").click()
    page.goto("https://elsewhere.example/x")
    with page.expect_popup() as page1_info:
        page.get_by_text("Map").click()
    page1 = page1_info.value
    page1.get_by_role("listitem").get_by_role("link", name=re.compile("Far")).click()
    page1.get_by_label("Search").press("Enter")
    page1.get_by_label("Rating").check()
"""
LIBRARY = """
from playwright.sync_api import sync_playwright

with sync_playwright() as p:
    browser = p.chromium.launch(headless=False)
    context = browser.new_context()
    tab = context.new_page()
    tab.goto("https://shop.example/book/haircut?day=2")
    tab.close()
    context.close()
    browser.close()
"""


def test_a_recording_for_pytest() -> None:
    """Steps end with what leads somewhere and have the checks that follow; names are unique; nothing is lost."""
    drafted = draft("visit", PYTEST)
    assert drafted.steps == ("home", "haircut é", "continue", "continue with password", "x", "open map", "far", "search", "rating")
    assert drafted.secrets == ("VISIT_PASSWORD",)
    assert 'page.goto("/")' in drafted.text
    assert 'page.goto("https://elsewhere.example/x")' in drafted.text
    assert 'page.get_by_label("Password").fill(journey.secret("VISIT_PASSWORD"))' in drafted.text
    assert "hunter2" not in drafted.text
    assert "import re\n" in drafted.text
    for line in PYTEST.splitlines():
        if line.startswith("    ") and "goto" not in line and "Password" not in line:
            assert line.strip() in drafted.text


def test_secrets_in_other_languages() -> None:
    """Each that was typed has a variable of its own, however often; what is typed into other fields stays."""
    script = """
def test_example(page):
    page.goto("https://shop.example/")
    page.get_by_role("textbox", name="Hasło").fill("TajneHaslo1")
    page.get_by_label("Powtórz hasło").fill("TajneHaslo1")
    page.get_by_placeholder("Código PIN").fill("4711")
    page.get_by_label("Passengers").fill("2")
"""
    drafted = draft("login", script)
    assert drafted.secrets == ("LOGIN_PASSWORD", "LOGIN_PASSWORD_2")
    assert drafted.text.count('journey.secret("LOGIN_PASSWORD")') == 2
    assert "TajneHaslo1" not in drafted.text
    assert '.fill("2")' in drafted.text


STEPS = """
def test_example(page):
    page.goto("https://shop.example/book")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    page.get_by_role("textbox", name="E-mail").fill("a@example.org")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="").click()
    page.get_by_role("button", name="Continue").click()
"""


def test_steps_of_one_name_are_told_apart_by_what_the_customer_did() -> None:
    """By what is seen then, by what was filled in, by the step before; where nothing tells them apart, by a number."""
    steps = draft("visit", STEPS).steps
    assert steps == (
        "book",
        "continue",
        "continue to your details",
        "continue with e mail",
        "continue 2",
        "link",
        "continue after link",
    )


def test_a_recording_of_the_library() -> None:
    """What opens and closes the browser is left out, and the page keeps its name."""
    drafted = draft("visit", LIBRARY)
    assert "    tab = journey.page\n" in drafted.text
    assert 'tab.goto("/book/haircut?day=2")' in drafted.text
    assert not any(word in drafted.text for word in ("launch", "close", "new_page", "sync_playwright", "expect,"))
    assert "What does the customer see now?" in drafted.text


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("def f(:\n", "line 1 of the script is not Python"),
        ("async def f(page):\n    await page.goto('/')\n", "asynchronous"),
        ("print('hello')\n", "opens no page"),
        ("", "opens no page"),
    ],
)
def test_what_is_no_recording_is_refused(script: str, said: str) -> None:
    """The error says why, and how to record."""
    with pytest.raises(UsageError, match=said) as raised:
        draft("visit", script)
    assert raised.value.hint


@given(st.lists(st.tuples(st.sampled_from(["link", "button", "radio"]), st.text(max_size=30)), max_size=8), st.text(max_size=20))
def test_any_recording_becomes_python(clicks: list[tuple[str, str]], typed: str) -> None:
    """Whatever names a page has, the draft is Python, holds each click once, and no two steps share a name."""
    lines = [f"    page.get_by_role({role!r}, name={name!r}).click()" for role, name in clicks]
    script = "def test_example(page):\n    page.goto('https://a.example/')\n" + "\n".join(lines)
    drafted = draft("visit", f"{script}\n    page.get_by_label('Password').fill({typed!r})\n")
    tree = ast.parse(drafted.text)
    assert sum(isinstance(node, ast.Attribute) and node.attr == "click" for node in ast.walk(tree)) == len(clicks)
    assert len(set(drafted.steps)) == len(drafted.steps)
