"""See to it that there is a browser: `python -m footfall.browser.provide`, which set-up and `footfall doctor --install` run.

In this order: one that is there already, `playwright install chromium`, the distribution's packages. Says which it uses, or
what to type.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from playwright.sync_api import sync_playwright

from footfall.browser.find import start
from footfall.errors import BrowserMissingError

_PATIENCE_S = 600.0
_APT_INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")
_PACKAGES: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    # Debian has one for walks besides (see find.py), Ubuntu has not; the whole one is for --headed and the recorder.
    ("apt-get", (("apt-get", "update", "-qq"), (*_APT_INSTALL, "chromium-headless-shell"), (*_APT_INSTALL, "chromium"))),
    ("dnf", (("dnf", "install", "-y", "-q", "chromium"),)),
    ("pacman", (("pacman", "-Sy", "--noconfirm", "chromium"),)),
    ("apk", (("apk", "add", "chromium"),)),
    ("brew", (("brew", "install", "--cask", "google-chrome"),)),
)

Say = Callable[[str], None]


def provide(say: Say) -> str:
    """Return which browser journeys will use, as words; install one if there is none. Raises BrowserMissingError."""
    attempts = (_with_playwright, _with_package_manager)
    try:
        return which_browser()
    except BrowserMissingError as error:
        missing = error
    for attempt in attempts:
        if attempt(say):
            try:
                return which_browser()
            except BrowserMissingError as error:
                missing = error
    raise missing


def which_browser() -> str:
    """Start the browser that journeys would use and say what it is. Raises BrowserMissingError."""
    with sync_playwright() as playwright:
        browser, name = start(playwright.chromium, {}, os.environ)
        version = browser.version
        browser.close()
    return f"{name} ({version})"


def _with_playwright(say: Say) -> bool:
    say("no browser found: trying `playwright install chromium`")
    return _succeeds((sys.executable, "-m", "playwright", "install", "chromium"))


def _with_package_manager(say: Say) -> bool:
    for manager, commands in _PACKAGES:
        if shutil.which(manager):
            rights = _rights(manager)
            if rights is None:
                return False
            say(f"that did not work: trying the distribution's packages ({manager})")
            succeeded = [_succeeds((*rights, *command)) for command in commands]  # all are tried: each may fail by itself
            return any(succeeded)
    return False


def _rights(manager: str) -> tuple[str, ...] | None:
    """Return what must stand before a package manager's command, or None without the right to use it."""
    if manager == "brew" or os.geteuid() == 0:
        return ()
    may = shutil.which("sudo") and _succeeds(("sudo", "-n", "true"))
    return ("sudo", "-n") if may else None


def _succeeds(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> int:
    """Say which browser there is; 0 when there is one, 3 with what to type when none can be had."""
    try:
        sys.stdout.write(f"browser: {provide(lambda line: print(f'browser: {line}', flush=True))}\n")  # noqa: T201  # an entry point
    except BrowserMissingError as error:
        sys.stderr.write(f"browser: {error.message}\n  → {error.hint}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
