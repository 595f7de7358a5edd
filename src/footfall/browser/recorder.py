"""Playwright's own recorder: `playwright codegen` opens a browser and writes down what is done in it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

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
        command = [sys.executable, "-m", "playwright", "codegen", "--target", "python-pytest", "-o", str(script), url]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        if "Executable doesn't exist" in done.stderr:
            raise BrowserMissingError("the recorder needs Playwright's own browser", hint="type `playwright install chromium`")
        text = script.read_text("utf-8") if script.is_file() else ""
    if not text.strip():
        raise UsageError(
            f"nothing was recorded: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'the window was closed'}"
        )
    return text
