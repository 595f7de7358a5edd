"""`footfall new journey` drafts a module that runs, and overwrites nothing; the command line's mistakes are told at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.browser.walks import clean_environment

RECORDED = """
from playwright.sync_api import Page, expect


def test_example(page: Page) -> None:
    page.goto("http://localhost:8300/")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Email").fill("customer@corner.example")
    page.get_by_label("Password").fill("corner-customer")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite with Corner as its target, and a recording beside it."""
    (tmp_path / "footfall.toml").write_text('[suite]\nname = "Corner"\n[targets.corner]\ndemo = true\n', encoding="utf-8")
    (tmp_path / "recorded.py").write_text(RECORDED, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command as a user would; return its code and what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_a_draft_runs_under_plain_pytest(suite: Path) -> None:
    """The draft of a recording has steps, takes its password from the environment, and walks through Corner as it is."""
    new = ("footfall", "new", "journey", "account", "--from-script", "recorded.py")
    code, output = run(suite, *new)
    assert code == 0, output
    assert "journeys/test_account.py: 3 steps (home, sign in, sign in to your account)" in output
    assert "set the environment variable ACCOUNT_PASSWORD" in output
    patience = "from playwright.sync_api import expect\n\nexpect.set_options(timeout=30_000)\n"
    (suite / "journeys/conftest.py").write_text(patience, encoding="utf-8")
    code, output = run(suite, "pytest", "journeys", "-p", "no:cacheprovider", ACCOUNT_PASSWORD="corner-customer")
    assert code == 0, output
    assert "1 passed" in output

    draft = suite / "journeys/test_account.py"
    draft.write_text("# mine\n", encoding="utf-8")
    code, output = run(suite, *new)
    assert (code, draft.read_text(encoding="utf-8")) == (2, "# mine\n")
    assert "is there already" in output
    assert run(suite, *new, "--force")[0] == 0
    assert "journey.step" in draft.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "journey", "my-shop", "--from-script", "recorded.py"], "as in my_shop"),
        (["new", "journey", "2checkout", "--from-script", "recorded.py"], "as in checkout"),
        (["new", "journey", "shop", "--from-script", "nowhere.py"], "nowhere.py cannot be read: No such file"),
        (["new", "journey", "shop"], "there is no screen here to record on"),
        (["journey", "acount", "--device", "desktop"], "did you mean 'account'?"),
        (["journey", "account", "--devices", "desktop,iPhone 51"], "no device is called 'iPhone 51'"),
        (["journey", "account", "--network", "slow4g"], "did you mean 'slow-4g'?"),
        (["journey", "account", "--", "--warm-up", "2"], "invalid choice: 2"),  # what stands after -- goes to pytest
    ],
)
def test_mistakes_on_the_command_line(suite: Path, arguments: list[str], said: str) -> None:
    """Code 2, one message with the nearest name, no traceback, and nothing is measured."""
    (suite / "journeys").mkdir()
    (suite / "journeys/test_account.py").write_text("def test_account(journey):\n    pass\n", encoding="utf-8")
    code, output = run(suite, "footfall", *arguments, DISPLAY="", WAYLAND_DISPLAY="")
    assert code == 2, output
    assert said in output
    assert "Traceback" not in output
    assert not list(suite.glob(".footfall/spool/0*"))


def test_a_device_of_the_gate_that_nobody_knows(suite: Path) -> None:
    """The file's line is named, with the nearest device, before anything is measured."""
    with (suite / "footfall.toml").open("a", encoding="utf-8") as file:
        file.write('[gate]\ndevices = ["desktop", "iPhone 15x"]\n')
    (suite / "thresholds.toml").touch()
    code, output = run(suite, "footfall", "gate")
    assert code == 2, output
    assert "footfall.toml:6: gate.devices" in output
    assert "no device is called 'iPhone 15x' (did you mean 'iPhone 15" in output
