"""Set-up finds a browser by itself, in the promised order, and says which it uses or what to type."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from footfall.browser.find import start

Provide = Callable[[], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def real(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A command that starts the browser that this machine has."""
    browser, name = start(playwright.chromium, {}, os.environ)
    browser.close()
    found = playwright.chromium.executable_path if name.startswith("Playwright") else name
    return script(tmp_path_factory.mktemp("real") / "browser", f'exec "{found}" "$@"')


def script(path: Path, text: str) -> Path:
    """Write a command."""
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """The only folder in which commands are found: without a browser, with the right to install one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script(folder / "sudo", 'shift; exec "$@"')
    for name in ("sh", "cp", "true"):
        (folder / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    return folder


@pytest.fixture
def provide(commands: Path) -> Provide:
    """Run set-up's last step where Playwright has no browser of its own and nothing can be fetched."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "FOOTFALL_BROWSER"},
        "PATH": str(commands),
        "PLAYWRIGHT_BROWSERS_PATH": str(commands / "none"),
        "PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "footfall.browser.provide"]
    return lambda: subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="macOS has its browsers in /Applications, which no test can empty")


def test_an_installed_browser_is_taken_chrome_first(real: Path, commands: Path, provide: Provide) -> None:
    """Nothing is fetched where there is one."""
    for name in ("chromium", "google-chrome"):
        shutil.copy(real, commands / name)
    done = provide()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"browser: {commands}/google-chrome (")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("packages", "used"),
    [
        ("chromium", "chromium"),
        ("chromium|chromium-headless-shell", "chromium-headless-shell"),
        ("chromium-headless-shell", "chromium-headless-shell"),
    ],
)
def test_else_playwright_s_own_is_fetched_else_the_distribution_s_packages(
    real: Path, commands: Path, provide: Provide, packages: str, used: str
) -> None:
    """Each attempt is said; what the package manager installed is what is used: the one without a window where there is one."""
    script(commands / "apt-get", f'for name; do :; done; case "$name" in {packages}) cp "{real}" "{commands}/$name";; *) exit 100;; esac')
    done = provide()
    assert done.returncode == 0, done.stdout + done.stderr
    first, second, last = done.stdout.splitlines()
    assert "no browser found: trying `playwright install chromium`" in first
    assert "trying the distribution's packages (apt-get)" in second
    assert last.startswith(f"browser: {commands}/{used} (")
    assert {path.name for path in commands.glob("chromium*")} == set(packages.split("|"))


def test_where_none_can_be_had_it_says_what_to_type(commands: Path, provide: Provide) -> None:
    """Exit 3, no traceback."""
    script(commands / "apt-get", "exit 100")
    done = provide()
    assert done.returncode == 3
    assert "type `playwright install chromium`" in done.stderr
    assert "Traceback" not in done.stderr
