"""`footfall new profile --from-har`: what a browser did on Corner once, a crowd can do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from footfall.browser.find import start
from footfall.cli.main import main
from footfall.config.suite import Target
from footfall.target import open_target
from tests.e2e.conftest import clean_environment


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite with Corner as its target, in the working directory."""
    (tmp_path / "footfall.toml").write_text('[suite]\nname = "Corner"\n[targets.corner]\ndemo = true\n', encoding="utf-8")
    (tmp_path / "thresholds.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record_a_walk(playwright: Playwright, har: Path) -> None:
    """Put a product into Corner's cart with a browser that writes down what it asks."""
    with open_target(Target("corner", demo=True)) as live:
        browser, _ = start(playwright.chromium, {}, {})
        context = browser.new_context(base_url=live.url, record_har_path=har)
        page = context.new_page()
        page.goto("/shop/sourdough-loaf")
        page.get_by_role("button", name="Add to cart").click()
        page.wait_for_url("**/cart")
        context.close()
        browser.close()


def test_a_walk_becomes_a_crowd(suite: Path, playwright: Playwright, capsys: pytest.CaptureFixture[str]) -> None:
    """The draft needs no change to run: each user sends on the token of its own page, and no request fails."""
    record_a_walk(playwright, suite / "walk.har")
    assert main(["new", "profile", "shopping", "--from-har", "walk.har"]) == 0
    assert "loadtests/shopping.py: 2 requests; left out " in capsys.readouterr().out
    text = (suite / "loadtests/shopping.py").read_text("utf-8")
    assert """csrf = self.client.get("/shop/sourdough-loaf").find(r'""" in text
    assert 'form={"csrf": csrf, ' in text
    command = [sys.executable, "-m", "footfall", "load", "shopping", "--users", "2", "--run-time", "12s", "--json"]
    done = subprocess.run(command, env=dict(clean_environment()), capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    errors = {each["part"]: each["figures"] for each in json.loads(done.stdout)["series"] if each["metric"] == "errors"}
    assert errors["POST /cart"]["count"] > 0
    assert errors["POST /cart"]["total"] == 0


def test_a_profile_that_is_there_is_kept(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a recording a draft opens the first page; it is not overwritten unawares, and names that Python needs are refused."""
    new = ["new", "profile", "visitors"]
    assert main(new) == 0
    draft = suite / "loadtests/visitors.py"
    assert 'self.client.get("/")' in draft.read_text("utf-8")
    draft.write_text("# mine\n")
    assert main(new) == 2
    assert draft.read_text() == "# mine\n"
    assert main([*new, "--force"]) == 0
    assert main(["new", "profile", "class"]) == 2
    assert "as in class_" in capsys.readouterr().err


def test_no_more_users_than_the_site_may_get(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The target's `allow_load` holds for drafts too; where there is none, that is told."""
    sites = '[suite]\ndefault_target = "small"\n[targets.small]\nurl = "https://s.example"\nallow_load = 5\n[targets.none]\nurl = "https://n.example"\n'
    (suite / "footfall.toml").write_text(sites)
    assert main(["new", "profile", "few"]) == 0
    assert "ramp(to=5, " in (suite / "loadtests/few.py").read_text("utf-8")
    assert "allow_load" not in capsys.readouterr().out
    assert main(["new", "profile", "others", "--target", "none"]) == 0
    assert "none has no `allow_load`" in capsys.readouterr().out
