"""The comment under a pull request: written once, rewritten by every later run, never a reason to fail. A server speaks for GitHub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.servers import serving

SCRIPT = Path(__file__).resolve().parents[3] / "deploy/ci/github/comment.py"
PULLS = "/repos/team/site/commits/c0ffee/pulls"
COMMENTS = "/repos/team/site/issues/7/comments"


@dataclass
class GitHub:
    """What the server holds: comments by id, pull requests, what was asked of it, and whether it refuses to write."""

    url: str = ""
    comments: dict[int, str] = field(default_factory=dict)
    pulls: list[Any] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuses: bool = False

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Answer one request."""
        self.asked.append(f"{method} {path}")
        plain, _, query = path.partition("?")
        if method == "GET" and plain == PULLS:
            return 200, self.pulls
        if method == "GET" and plain == COMMENTS:
            page = int(query.rpartition("=")[2])
            entries = [{"url": f"{self.url}{COMMENTS}/{number}", "body": text} for number, text in self.comments.items()]
            return 200, entries[100 * (page - 1) : 100 * page]
        if self.refuses:
            return 403, {"message": "Resource not accessible by integration"}
        number = int(plain.rpartition("/")[2]) if method == "PATCH" else len(self.comments) + 1
        self.comments[number] = body["body"]
        return 200, {}


@pytest.fixture
def github() -> Iterator[GitHub]:
    """A server on loopback."""
    held = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["Authorization"] == "Bearer t0ken"
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = held.answer(self.command, self.path, json.loads(content or b"null"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def do_PATCH(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with serving(Handler) as place:
        held.url = f"http://{place}"
        yield held


def comment(github: GitHub, place: Path, event: Any, said: str = "## ✓ Passed", *arguments: str) -> str:
    """Run the script as the action does; it never fails."""
    (place / "event.json").write_text(json.dumps(event))
    (place / "summary.md").write_text(said, "utf-8")
    environment = {
        **os.environ,
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": "team/site",
        "GITHUB_SHA": "c0ffee",
        "GITHUB_EVENT_PATH": str(place / "event.json"),
        "GITHUB_TOKEN": "t0ken",
    }
    command = [sys.executable, str(SCRIPT), *arguments, str(place / "summary.md")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=240).stdout


def test_one_comment_a_gate_however_often_it_runs(github: GitHub, tmp_path: Path) -> None:
    """The second run rewrites the first one's, even behind a hundred others; another gate has its own."""
    github.comments = dict.fromkeys(range(1, 121), "nice work")
    event = {"pull_request": {"number": 7}}
    assert "wrote the comment of pull request 7" in comment(github, tmp_path, event, "## ✓ Passed", "--link", "https://example.com/report")
    assert github.comments[121] == "<!-- footfall: gate -->\n## ✓ Passed\n[The whole report](https://example.com/report)"
    assert "rewrote" in comment(github, tmp_path, event, "## ✗ Failed")
    assert github.comments[121].endswith("## ✗ Failed")
    comment(github, tmp_path, event, "## ✓ Passed", "--name", "preview")
    assert len(github.comments) == 122


def test_a_deployment_is_about_the_pull_request_of_its_commit(github: GitHub, tmp_path: Path) -> None:
    """An open one whose head it is; a merge to the main branch, whose pull request is closed, gets no comment."""
    github.pulls = [
        {"number": 6, "state": "closed", "head": {"sha": "c0ffee"}},
        {"number": 5, "state": "open", "head": {"sha": "0ther"}},
        {"number": 7, "state": "open", "head": {"sha": "c0ffee"}},
    ]
    assert "wrote the comment of pull request 7" in comment(github, tmp_path, {"deployment_status": {}})
    del github.pulls[2]
    assert "no open pull request" in comment(github, tmp_path, {"deployment_status": {}})
    assert len(github.comments) == 1


def test_what_cannot_be_written_is_told_and_fails_nothing(github: GitHub, tmp_path: Path) -> None:
    """A fork's token may not write: a warning in the log, exit 0."""
    github.refuses = True
    said = comment(github, tmp_path, {"pull_request": {"number": 7}})
    assert said.startswith("::warning title=footfall::The comment could not be written. HTTP Error 403")
