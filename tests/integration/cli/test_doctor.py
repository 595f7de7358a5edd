"""`footfall doctor`: what is wrong, why it matters, the line that mends it; and how far an exit code goes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from footfall.cli import checkup
from footfall.cli.main import main
from tests.servers import serving

SUITE = """[suite]
name = "Bakery"
default_target = "shop"
[targets.shop]
url = "SITE"
headers = { Authorization = "Bearer env:SHOP_TOKEN" }
[targets.preview]
url = "env:PREVIEW_URL"
[probes.health]
url = "/api/health"
timeout = "2m"
every = "1m"
[alerts.channels.team]
kind = "slack"
url = "env:SLACK_WEBHOOK"
"""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A site whose clock is a minute slow."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(200)
            self.send_header("Date", formatdate(time.time() - 60, usegmt=True))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with serving(Handler) as place:
        yield f"http://{place}"


@pytest.fixture
def suite(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite in the working directory with much to find fault with."""
    (tmp_path / "footfall.toml").write_text(SUITE.replace("SITE", site))
    (tmp_path / "thresholds.toml").write_text('[probes.health]\nsuccess = "rate >= 99%"\n')
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys/test_login.py").write_text('def test_login(journey):\n    journey.secret("SHOP_PASSWORD")\n')
    (tmp_path / "loadtests").mkdir()
    (tmp_path / "loadtests/checkout.py").write_text('import os\n\nPASSWORD = os.environ["CHECKOUT_PASSWORD"]\n')
    monkeypatch.chdir(tmp_path)
    for name in ("SHOP_TOKEN", "PREVIEW_URL", "SLACK_WEBHOOK", "SHOP_PASSWORD", "CHECKOUT_PASSWORD", "FOOTFALL_STORE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def looked(capsys: pytest.CaptureFixture[str], *names: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run `footfall doctor NAMES --json`; return the exit code and the findings by name."""
    with ThreadPoolExecutor(1) as elsewhere:  # the browser is looked at by Playwright's sync API, which another test may have open here
        code = elsewhere.submit(main, ["doctor", *names, "--json"]).result()
    return code, {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}


@pytest.mark.usefixtures("suite")
def test_each_finding_says_what_why_and_how(capsys: pytest.CaptureFixture[str]) -> None:
    """A secret that the target needs fails; channels, schedules, clocks and what other targets need are warnings."""
    code, found = looked(capsys, "secrets", "channels", "watch", "clock", "store", "budgets")
    assert code == 2
    assert {name: finding["state"] for name, finding in found.items()} == {
        "budgets": "ok", "secrets": "fail", "channels": "warn", "watch": "warn", "store": "ok", "clock": "warn",
    }  # fmt: skip
    for variable, where in {
        "SHOP_TOKEN": "targets.shop.headers.Authorization", "PREVIEW_URL": "targets.preview.url",
        "SLACK_WEBHOOK": "alerts.channels.team.url", "SHOP_PASSWORD": "journeys/test_login.py",
        "CHECKOUT_PASSWORD": "loadtests/checkout.py",
    }.items():  # fmt: skip
        assert f"{variable} is not set ({where})" in found["secrets"]["found"]
    assert "SLACK_WEBHOOK" in found["channels"]["found"]
    assert "a check may take 120 s (timeout) but comes every 60 s" in found["watch"]["found"]
    assert found["clock"]["found"].endswith(" s ahead of target shop")
    assert all(finding["why"] and finding["mend"] for finding in found.values() if finding["state"] != "ok")


def test_what_is_mended_is_well(suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With all variables set and the schedule mended the same checks find nothing."""
    for name in ("SHOP_TOKEN", "SHOP_PASSWORD", "CHECKOUT_PASSWORD"):
        monkeypatch.setenv(name, "s3cret-s3cret")
    for name in ("PREVIEW_URL", "SLACK_WEBHOOK"):
        monkeypatch.setenv(name, "https://hooks.example.com/services/T/B/x")
    text = (suite / "footfall.toml").read_text()
    (suite / "footfall.toml").write_text(text.replace('timeout = "2m"', 'timeout = "5s"'))
    code, found = looked(capsys, "secrets", "channels", "watch", "target")
    assert code == 0
    assert {finding["state"] for finding in found.values()} == {"ok"}, found
    assert "s3cret" not in str(found)
    assert "it is the only one: when it is dead, nobody can be told of that" in found["channels"]["found"]


@pytest.mark.parametrize(
    ("name", "variables", "change", "code", "said"),
    [
        ("target", {}, ("http://127.0.0.1", "http://127.0.0.1:9/#"), 3, "does not answer"),
        ("browser", {"FOOTFALL_BROWSER": "/nowhere/chromium"}, ("", ""), 3, "/nowhere/chromium"),
        ("store", {"FOOTFALL_STORE": "mysql://there"}, ("", ""), 2, "cannot be a mysql database"),
        ("budgets", {}, ("[probes.health]", "[probes.helth]"), 2, "health"),
        ("suite", {}, ("[targets.shop]", "[target.shop]"), 2, "footfall.toml:4"),
    ],
)
def test_the_exit_code_is_what_a_gate_would_say(
    suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    name: str, variables: dict[str, str], change: tuple[str, str], code: int, said: str,
) -> None:  # fmt: skip
    """3 where only the target or the browser is missing, 2 where something is written or set up wrong."""
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    text = (suite / "footfall.toml").read_text()
    (suite / "footfall.toml").write_text(text.replace(*change) if change[0] else text)
    ended, found = looked(capsys, name)
    assert ended == code
    assert said in found[name]["found"]


@pytest.mark.usefixtures("suite")
def test_no_check_of_that_name(capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest name is told."""
    assert main(["doctor", "brouser"]) == 2
    assert "did you mean 'browser'?" in capsys.readouterr().err


@pytest.mark.usefixtures("suite")
def test_in_words_the_reason_and_the_line_stand_below(capsys: pytest.CaptureFixture[str]) -> None:
    """Glyph, name, what; then why; then the line after an arrow."""
    main(["doctor", "channels"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("! channels ")
    assert lines[1].strip() == "the watch does not start while one cannot work"
    assert lines[2].strip().startswith("→ ")


def test_packages_of_other_versions_are_named() -> None:
    """With the line that brings the right ones; extras that were not asked for do not count."""
    wrong, shown = checkup.unfit(["locust<1", "httpx>=0.1", "no-such-package>=2", "psycopg>=99; extra == 'postgresql'"])
    assert list(wrong.values()) == ["locust<1", "no-such-package>=2"]
    assert [text.split()[0] for text in shown] == ["locust", "httpx"]


@pytest.mark.parametrize(
    ("load", "stolen", "state", "said"),
    [
        (0.5, 0.0, "ok", ""),
        (1.5, 0.0, "warn", "what else runs here"),
        (0.5, 0.1, "warn", "other guests"),
        (1.5, 0.1, "warn", "other guests"),
    ],
)
def test_a_machine_that_is_not_ones_own(load: float, stolen: float, state: str, said: str) -> None:
    """Load is one's own to end; what other guests take is not."""
    found = checkup.judged("2 cores", load, stolen)
    assert found.state == state
    assert said in found.why
