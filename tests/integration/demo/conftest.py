"""A real Corner in a process of its own, and a real browser, for the tests in this folder."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from footfall.browser.find import start as start_browser

expect.set_options(timeout=30_000)


class Corner(NamedTuple):
    """A Corner that runs."""

    url: str
    payment_url: str
    token: str
    process: subprocess.Popen[str]

    def client(self, **headers: str) -> httpx.Client:
        """An HTTP client of the shop."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def faults(self, *texts: str) -> None:
        """Have exactly these faults."""
        with self.client(Authorization=f"Bearer {self.token}") as client:
            client.delete("/_faults").raise_for_status()
            for text in texts:
                client.post("/_faults", json={"fault": text}).raise_for_status()


StartCorner = Callable[..., Corner]


def start(*options: str) -> Corner:
    """Start Corner on free ports and wait until it announces itself."""
    command = [sys.executable, "-m", "footfall.demo", "--port", "0", "--payment-port", "0", "--announce", "--die-with-parent", *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = json.loads(process.stdout.readline())
    return Corner(said["url"], said["payment_url"], said["token"], process)


def stop(corner: Corner) -> int:
    """End a Corner by closing its stdin; returns its exit code."""
    process = corner.process
    assert process.stdin
    assert process.stdout
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    code = process.wait(60)
    process.stdout.close()
    return code


@pytest.fixture(scope="session")
def shared_corner() -> Iterator[Corner]:
    """One Corner for the tests that leave it as they found it."""
    corner = start()
    yield corner
    stop(corner)


@pytest.fixture
def corner(shared_corner: Corner) -> Iterator[Corner]:
    """The shared Corner, without any fault before and after."""
    yield shared_corner
    shared_corner.faults()


@pytest.fixture
def start_corner() -> Iterator[StartCorner]:
    """Start Corners of one's own; whatever still runs is stopped at the end."""
    started: list[Corner] = []

    def begin(*options: str) -> Corner:
        started.append(start(*options))
        return started[-1]

    yield begin
    for corner in started:
        stop(corner)


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The browser that journeys use; without one these tests fail rather than pass unseen."""
    browser, _ = start_browser(playwright.chromium, {}, os.environ)
    yield browser
    browser.close()


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    """A page of a fresh visitor, 1280 × 720."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def tiny_pdf(tmp_path: Path) -> Path:
    """A PDF of two pages."""
    file = tmp_path / "plan.pdf"
    file.write_bytes(b"%PDF-1.4\n1 0 obj<</Type /Pages /Count 2>>\n2 0 obj<</Type /Page>>\n3 0 obj<</Type/Page>>\n%%EOF\n")
    return file
