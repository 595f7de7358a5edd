"""`footfall new journey` drafts from what somebody does in Playwright's own recorder: here a hand that reaches in by the browser's port."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Playwright
from websockets.sync.client import ClientConnection, connect

from footfall.browser.find import installed
from tests.integration.browser.walks import PAGES, clean_environment
from tests.ports import quiet_port

PATIENCE_S = 90
UNDER_TEST = {"PWTEST_CLI_HEADLESS": "1", "PWTEST_CLI_IS_UNDER_TEST": "1", "DISPLAY": ":0"}
"""The recorder without a screen, ended by the word `exit`: how Playwright tests it."""


class Hand:
    """Looks for things in a page, and touches them as a mouse and keys do."""

    def __init__(self, page: ClientConnection) -> None:
        self._page, self._asked = page, 0

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._asked += 1
        self._page.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while (answer := json.loads(self._page.recv(timeout=PATIENCE_S))).get("id") != self._asked:
            pass
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def look(self, expression: str) -> Any:
        """Return what an expression is in the page."""
        return self._call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def click(self, selector: str) -> None:
        """Point at something as soon as it is drawn, give the recorder the time to see it, and click."""
        box = f"document.querySelector({selector!r})?.getBoundingClientRect()"
        place = eventually(lambda: self.look(f"(box => box?.width && {{x: box.x + box.width / 2, y: box.y + box.height / 2}})({box})"))
        self._call("Input.dispatchMouseEvent", type="mouseMoved", **place)
        eventually(lambda: self.look("!!document.querySelector('x-pw-glass')"))
        time.sleep(0.5)
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def type(self, text: str) -> None:
        """Type into what was clicked."""
        self._call("Input.insertText", text=text)


def eventually(look: Callable[[], Any]) -> Any:
    """Return what is seen as soon as something is."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            if seen := look():
                return seen
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("nothing was seen")


@pytest.fixture
def reachable(playwright: Playwright, tmp_path: Path) -> tuple[Path, int]:
    """Return a browser that also listens at a port, and the port."""
    own = Path(playwright.chromium.executable_path)
    browser = own if own.exists() else next(iter(installed()))
    port = quiet_port()
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nexec "{browser}" --remote-debugging-port={port} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return script, port


@contextmanager
def recording(folder: Path, site: str, browser: Path) -> Iterator[subprocess.Popen[str]]:
    """Begin to record in a suite for a site; nothing that was started outlives the block."""
    (folder / "footfall.toml").write_text(f'[suite]\nname = "Recorded"\n[targets.site]\nurl = "{site}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "footfall", "new", "journey", "booking"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=clean_environment(**UNDER_TEST, FOOTFALL_BROWSER=str(browser)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_walk_in_the_recorder_becomes_a_draft(site: str, reachable: tuple[Path, int], tmp_path: Path) -> None:
    """What is clicked and typed stands in steps, addressed as a customer sees it; the recorder's window closed, the draft is written."""
    browser, port = reachable
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PAGES, "/", "<h1>Home</h1><a href='/form'>Book</a>")
        patch.setitem(PAGES, "/form", "<h1>Form</h1><label>Name <input></label><button onclick=\"document.title='sent'\">Send</button>")
        with recording(tmp_path, site, browser) as process:
            pages = eventually(
                lambda: [page for page in httpx.get(f"http://127.0.0.1:{port}/json/list").json() if page["url"].startswith(site)]
            )
            with connect(pages[0]["webSocketDebuggerUrl"], open_timeout=PATIENCE_S) as page:
                hand = Hand(page)
                hand.click("a")
                eventually(lambda: hand.look("!!document.querySelector('input')"))
                hand.click("input")
                eventually(lambda: hand.look("document.activeElement.matches('input')"))
                hand.type("Ada")
                hand.click("button")
                eventually(lambda: hand.look("document.title === 'sent'"))
            said, _ = process.communicate("exit\n", timeout=PATIENCE_S)
    assert process.returncode == 0, said
    assert "journeys/test_booking.py: 3 steps (home, book, send)" in said
    draft = (tmp_path / "journeys/test_booking.py").read_text(encoding="utf-8")
    assert 'page.get_by_role("link", name="Book").click()' in draft
    assert 'page.get_by_role("textbox", name="Name").fill("Ada")' in draft
