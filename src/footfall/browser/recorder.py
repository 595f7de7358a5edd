"""Playwright's own recorder: `playwright codegen` opens a browser and writes down what is done in it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from footfall.browser.find import VARIABLE, installed, is_absent
from footfall.errors import BrowserMissingError, UsageError


def record(url: str, environment: Mapping[str, str]) -> str:
    """Record a walk that begins at `url` until its window is closed; return the script. Raises UsageError, BrowserMissingError."""
    if sys.platform == "linux" and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        raise UsageError(
            "there is no screen here to record on",
            hint="record elsewhere with `playwright codegen --target python-pytest -o FILE URL`, and bring it with --from-script FILE",
        )
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "recorded.py"
        said = _recorded([sys.executable, "-m", "playwright", "codegen", "--target", "python-pytest", "-o", str(script), url], environment)
        text = script.read_text("utf-8") if script.is_file() else ""
    if not text.strip():
        raise UsageError(f"nothing was recorded: {said.strip().splitlines()[-1] if said.strip() else 'the window was closed'}")
    return text


def _recorded(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run the recorder with the browser that journeys would use; return what it said on stderr. Raises BrowserMissingError."""
    named = environment.get(VARIABLE, "")
    for browser in [named] if named else ["", *map(str, installed())]:
        # Only Playwright's own tests name the recorder's browser, by this variable; its options know channels alone, not Debian's Chromium.
        chosen = {"PWTEST_CLI_EXECUTABLE_PATH": browser} if browser else {}
        done = subprocess.run(command, env={**environment, **chosen}, stderr=subprocess.PIPE, text=True, check=False)
        if not is_absent(done.stderr):
            return done.stderr
    raise BrowserMissingError("the recorder found no browser", hint="type `playwright install chromium`")
