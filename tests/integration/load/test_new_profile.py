"""`footfall new profile --from-har`: what a browser did on Corner once, a crowd can do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from footfall.browser.find import start
from footfall.config.suite import Target
from footfall.target import open_target
from tests.e2e.conftest import clean_environment


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite with Corner as its target, and what a browser asked of Corner: a walk to the shop, a product put into the cart."""
    (tmp_path / "footfall.toml").write_text('[suite]\nname = "Corner"\n[targets.corner]\ndemo = true\n', encoding="utf-8")
    (tmp_path / "thresholds.toml").write_text('[load.shopping]\nerrors = "rate <= 0%"\n', encoding="utf-8")
    return tmp_path


def recorded(playwright: Playwright, har: Path) -> None:
    """Walk through Corner with a browser that writes down what it asks."""
    with open_target(Target("corner", demo=True)) as live:
        browser, _ = start(playwright.chromium, {}, {})
        context = browser.new_context(base_url=live.url, record_har_path=har)
        page = context.new_page()
        page.goto("/shop")
        page.locator("main a[href^='/shop/'], main a[href^='/product']").first.click()
        page.get_by_role("button", name="Add to cart").first.click()
        page.wait_for_load_state()
        context.close()
        browser.close()


def footfall(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "footfall", *arguments], cwd=folder, env=dict(clean_environment()), capture_output=True, text=True,
        timeout=180, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_walk_becomes_a_crowd(suite: Path, playwright: Playwright) -> None:
    """The draft needs no change to run: the token of each user's own page is sent on, and no request fails."""
    recorded(playwright, suite / "walk.har")
    code, out, err = footfall(suite, "new", "profile", "shopping", "--from-har", "walk.har")
    assert code == 0, err
    assert "loadtests/shopping.py: " in out
    text = (suite / "loadtests/shopping.py").read_text("utf-8")
    assert ".find(r'" in text
    code, out, err = footfall(suite, "load", "shopping", "--users", "3", "--run-time", "6s", "--json")
    assert code == 0, out + err
    errors = [series for series in json.loads(out)["series"] if series["metric"] == "errors" and series["part"].startswith("POST")]
    assert errors
    assert all(series["mean"] == 0 for series in errors)
    again = footfall(suite, "new", "profile", "shopping", "--from-har", "walk.har")
    assert again[0] == 2
    assert "is there already" in again[2]


def test_without_a_recording_the_first_page(suite: Path) -> None:
    """A profile to begin with; names that Python keeps for itself are refused."""
    code, out, err = footfall(suite, "new", "profile", "visitors")
    assert code == 0, err
    assert 'self.client.get("/")' in (suite / "loadtests/visitors.py").read_text("utf-8")
    assert "footfall load visitors --users 1" in out
    code, _, err = footfall(suite, "new", "profile", "class")
    assert (code, "as in class_" in err) == (2, True)
