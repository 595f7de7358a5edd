"""From nothing to a gated site: `footfall init` in an empty folder, on a site that it knows nothing about."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.e2e.conftest import SuiteCopy, processes_of
from tests.servers import serving

LAID_OUT = {"footfall.toml", "thresholds.toml", "journeys", "loadtests", "reports", ".gitignore"}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[SuiteCopy]:
    """An empty folder."""
    root = tmp_path / "my first suite"
    root.mkdir()
    yield SuiteCopy(root)
    assert not processes_of(root)


def test_a_site_gets_a_suite_that_passes(empty: SuiteCopy) -> None:
    """Its links become a journey, its health a probe, what the steps took their budgets; what is there is kept the second time."""
    shop = empty.start("demo", "--port", "0", "--payment-port", "0")
    try:
        assert shop.stdout is not None
        url = re.search(r"http://127\.0\.0\.1:\d+", shop.stdout.readline())
        assert url is not None
        ended = empty.footfall("init", "--url", url[0].removeprefix("http://"), "--open", BROWSER="echo opened %s")
        assert ended.code in {0, 3}, ended.out + ended.err  # a busy machine may leave a budget undecided
        assert "→ Book: Book a service" in ended.out
        assert {path.name for path in empty.root.iterdir()} >= LAID_OUT
        assert [path.name for path in (empty.root / "reports").iterdir()] == ["README.md"], "templates that are copied no longer keep up"
        assert "/api/health says how it is" in ended.out
        assert f"opened {(empty.root / 'out/latest/index.html').as_uri()}" in ended.out
        grade = re.search(r"security headers are worth ([A-F]\+?)", ended.out)
        assert grade is not None
        assert f'expect = {{ grade = "{grade[1]}" }}' in (empty.root / "footfall.toml").read_text()
        steps = re.findall(r"^\[journeys\.visit\.steps\.(\w+)\]$", (empty.root / "thresholds.toml").read_text(), re.MULTILINE)
        assert steps == ["home", "book", "shop", "market"]
        assert (empty.root / "out/latest/index.html").is_file()
        checked = empty.footfall("budgets", "check")
        assert "are right:" in checked.out, checked.err
        (empty.root / "loadtests/visitors.py").unlink()
        (empty.root / "journeys/test_visit.py").write_text("# mine\n")
        again = empty.footfall("init")
        assert again.code == 0, again.err
        assert "written  loadtests/visitors.py" in again.out
        assert "kept     journeys/test_visit.py" in again.out
        assert (empty.root / "journeys/test_visit.py").read_text() == "# mine\n"
    finally:
        shop.terminate()
        shop.communicate()


SECRET = "let-me-in-7341"


class _Closed(BaseHTTPRequestHandler):
    """Two pages for the owner, and of these only the first for what is no browser."""

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == f"Basic {base64.b64encode(f'owner:{SECRET}'.encode()).decode()}"
        filtered = self.path == "/home" and "Mozilla" not in self.headers["User-Agent"]
        self.send_response((403 if filtered else 200) if known else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="staging"')
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b'<title>Books</title><h1>Books</h1><a href="/emma">Emma</a>')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def closed() -> Iterator[str]:
    """The host and port of a site that asks for a user."""
    with serving(_Closed) as place:
        yield place


def test_a_closed_site_is_walked_and_its_password_written_nowhere(empty: SuiteCopy, closed: str) -> None:
    """Probes, and the journey by its conftest.py, come in by one variable of the environment; no file of suite, results or store has it."""
    ended = empty.footfall("init", "--url", f"http://owner:{SECRET}@{closed}", "--no-open")
    assert ended.code in {0, 3}, ended.out + ended.err  # a busy machine may leave a budget undecided
    assert "export SITE_AUTHORIZATION=" in ended.out
    assert 'headers = { Authorization = "env:SITE_AUTHORIZATION" }' in (empty.root / "footfall.toml").read_text()
    assert "[journeys.visit.steps.emma]" in (empty.root / "thresholds.toml").read_text()
    told = [SECRET.encode(), base64.b64encode(f"owner:{SECRET}".encode())]
    assert not [path for path in empty.root.rglob("*") if path.is_file() and any(word in path.read_bytes() for word in told)]
    assert SECRET not in ended.out + ended.err


def test_a_site_that_refuses_what_is_no_browser_begins_green(empty: SuiteCopy, closed: str) -> None:
    """Its first page gets no probe that could only fail, and no load; the draft says why."""
    ended = empty.footfall("init", "--url", f"http://owner:{SECRET}@{closed}/home", "--allow-load", "3", "--no-open")
    assert ended.code in {0, 3}, ended.out + ended.err  # a busy machine may leave a budget undecided
    text = (empty.root / "footfall.toml").read_text()
    assert '"it answers 403"' in text
    assert '\n# profile = "visitors"' in text
    assert "[load." not in (empty.root / "thresholds.toml").read_text()


def test_the_shops_suite_is_laid_out_to_learn_from(empty: SuiteCopy) -> None:
    """All that the repository's own suite has, right as it stands; the reports' templates only for who wants to change them."""
    ended = empty.footfall("init", "corner", "--demo", "--reports", "--no-run")
    assert ended.code == 0, ended.err
    there = SuiteCopy(empty.root / "corner")
    assert there.footfall("budgets", "check").code == 0
    assert {path.name for path in there.root.iterdir()} >= LAID_OUT
    assert (there.root / "reports/weekly.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("init",), 2, "which site?"),
        (("init", "--demo", "--url", "http://127.0.0.1"), 2, "choose one"),
        (("init", "--url", "127.0.0.1:9"), 3, "does not open"),
        (("init", "--url", "htp://shop.example"), 2, "htp://shop.example is no address of a site"),
        (("init", "--url", "http://owner:secret@[shop"), 2, "http://***@[shop is no address of a site"),
    ],
)
def test_a_start_that_cannot_be_made_writes_nothing(empty: SuiteCopy, arguments: tuple[str, ...], code: int, said: str) -> None:
    """No address, two of them, or one where nobody is."""
    ended = empty.footfall(*arguments)
    assert ended.code == code, ended.out + ended.err
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert list(empty.root.iterdir()) == []
