"""What a journey leaves on the site is cleaned up, whatever becomes of the journey."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest

from tests.integration.browser.walks import clean_environment, command, read_walked, write_suite
from tests.servers import serving

MODULES = {
    "conftest.py": """
        from footfall.browser.cleanup import cleanup

        @cleanup
        def cancel(site, id):
            site.delete(f"/bookings/{id}")
    """,
    "test_books.py": """
        def test_books(journey):
            journey.page.goto("/")
            journey.cleanup("cancel", id=1)
            journey.cleanup("cancel", id=2)
            assert False
    """,
    "test_dies.py": """
        from pathlib import Path

        def test_dies(journey):
            journey.page.goto("/")
            journey.cleanup("cancel", id=7)
            Path("planned").touch()
            journey.page.wait_for_timeout(60_000)
    """,
    "test_locked.py": """
        def test_locked(journey):
            journey.cleanup("cancel", id=503)
    """,
    "test_unknown.py": """
        def test_unknown(journey):
            journey.cleanup("cancle", id=1)
    """,
}


class Bookings(BaseHTTPRequestHandler):
    """A page, and bookings that can be removed; `refused` ones answer 503."""

    removed: ClassVar[list[str]] = []
    refused: ClassVar[set[str]] = set()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        """Say nothing."""

    def do_GET(self) -> None:
        """Serve the page."""
        self._answer(200)

    def do_DELETE(self) -> None:
        """Remove a booking."""
        number = self.path.rpartition("/")[2]
        if number not in self.refused:
            self.removed.append(number)
        self._answer(503 if number in self.refused else 200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"<h1>")


@pytest.fixture
def bookings() -> Iterator[str]:
    """Serve the bookings; return their address."""
    Bookings.removed.clear()
    Bookings.refused.clear()
    with serving(Bookings) as place:
        yield f"http://{place}"


def session(folder: Path, site: str, *arguments: str) -> tuple[int, str]:
    """Run pytest in a suite to its end; return its code and what it said."""
    options = [argument for argument in command(folder, site, arguments) if argument != "journeys" or "--clean-up" in arguments]
    done = subprocess.run(options, cwd=folder, env=clean_environment(), capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def test_clean_ups_are_done_however_the_walk_ends(bookings: str, tmp_path: Path) -> None:
    """After a failed walk its clean-ups are done, the last first; nothing is left in the ledger."""
    folder = write_suite(tmp_path / "suite", MODULES)
    code, output = session(folder, bookings, "journeys/test_books.py", "--no-repeat")
    assert code == 1, output
    assert Bookings.removed == ["2", "1"]
    assert list((folder / ".footfall/ledger").iterdir()) == []


def test_what_a_killed_walk_left_is_cleaned_up_at_the_next_start(bookings: str, tmp_path: Path) -> None:
    """Killed in the middle of a step, a session cleans nothing up; the next one does so before its first walk, and says it."""
    folder = write_suite(tmp_path / "suite", MODULES)
    arguments = [argument for argument in command(folder, bookings, ["journeys/test_dies.py"]) if argument != "journeys"]
    with subprocess.Popen(arguments, cwd=folder, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and not (folder / "planned").exists():
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    assert Bookings.removed == []
    first = next((folder / ".footfall/spool").iterdir()).name
    session(folder, bookings, "journeys/test_books.py", "--no-repeat")
    assert Bookings.removed == ["7", "2", "1"]
    later = max((folder / ".footfall/spool").iterdir())
    walked = read_walked(folder, 0, "", later)
    assert [event.text for event in walked.events if event.kind == "note"] == [
        f"cancel(id=7), left by run {first} on {bookings.removeprefix('http://')}, is cleaned up"
    ]


def test_what_fails_is_tried_again_by_a_command(bookings: str, tmp_path: Path) -> None:
    """A clean-up that fails fails the walk's end with its reason, and stays until `--clean-up` succeeds."""
    folder = write_suite(tmp_path / "suite", MODULES)
    Bookings.refused.add("503")
    code, output = session(folder, bookings, "journeys/test_locked.py", "journeys/test_unknown.py")
    assert code == 2
    assert "cancel(id=503): HTTPStatusError: Server error '503" in output
    assert "no clean-up is called 'cancle'" in output
    assert "did you mean 'cancel'?" in output
    code, output = session(folder, bookings, "--clean-up")
    assert (code, "1 clean-ups, 1 left to do" in output) == (1, True), output
    Bookings.refused.clear()
    code, output = session(folder, bookings, "--clean-up")
    assert (code, Bookings.removed) == (0, ["503"]), output
    code, output = session(folder, bookings, "--clean-up")
    assert (code, "nothing to clean up" in output) == (0, True), output
