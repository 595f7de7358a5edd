"""`footfall watch` as a user runs it: a site that breaks and heals, a watch that is killed and started again, a real receiver."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.conftest import PATIENCE_S, SuiteCopy
from tests.integration.monitor.receivers import Receiver

CONFIG = """
[suite]
name = "tried"
[targets.site]
url = "{site}"
[probes.health]
url = "/"
every = "5s"
timeout = "5s"
severity = "P0"
[watch]
rechecks = ["200ms", "200ms"]
control = "{site}/control"
call = "{site}/alive"
[watch.impact.health]
broken = "nobody gets in"
[alerts.channels.team]
kind = "webhook"
url = "{receiver}/team"
secret = "env:HOOK_SECRET"
[alerts.channels.boss]
kind = "webhook"
url = "{receiver}/boss"
secret = "env:HOOK_SECRET"
[alerts.routes.all]
channels = ["team"]
escalate = {{ "24h" = ["boss"] }}
"""


class Site:
    """A site that can be broken."""

    def __init__(self) -> None:
        self.broken = False
        self.asked: set[str] = set()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.add(self.path)
                self.send_response(500 if site.broken else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that is well."""
    found = Site()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Hears of alerts."""
    found = Receiver()
    server = found.start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def watched(tmp_path: Path, site: Site, receiver: Receiver) -> SuiteCopy:
    """A small suite that watches the site."""
    (tmp_path / "footfall.toml").write_text(CONFIG.format(site=site.url, receiver=receiver.url))
    return SuiteCopy(tmp_path, {"HOOK_SECRET": "s3cret"})


def until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait for something to come true while the watch lives."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def owed(suite: SuiteCopy) -> int:
    """How many messages are not marked as sent."""
    with closing(sqlite3.connect(f"file:{suite.root}/.footfall/history.db?mode=ro", uri=True)) as store:
        return int(store.execute("SELECT count(*) FROM outbox WHERE sent IS NULL").fetchone()[0])


def test_an_outage_is_told_once_although_the_watch_is_killed(watched: SuiteCopy, site: Site, receiver: Receiver) -> None:
    """It opens, the watch is killed with -9, somebody acknowledges, the site heals, another watch tells the end; SIGTERM ends it."""
    first = watched.start("watch")
    try:
        site.broken = True
        until(lambda: receiver.kinds("/team") == ["opened"] and not owed(watched), first)  # test_kill.py dies in between, too
    finally:
        first.kill()
        first.communicate()
    assert watched.footfall("incidents", "ack", "1", "I look", "--as", "ada").out == "#1 is acknowledged by ada\n"
    again = watched.footfall("incidents", "ack", "1")
    assert (again.code, again.err.splitlines()[0]) == (2, "footfall: incident #1 was acknowledged by ada already")
    site.broken = False
    second = watched.start("watch", "--verbose")
    try:
        until(lambda: len(receiver.posts) == 3, second)
        second.send_signal(signal.SIGTERM)
        _, said = second.communicate(timeout=PATIENCE_S)
    finally:
        second.kill()
    assert second.returncode == 143
    assert "/alive" in site.asked  # the dead man's switch elsewhere was called
    assert "finishing what runs" in said
    assert receiver.kinds("/team") == ["opened", "acknowledged", "resolved"]
    assert receiver.posts[0].json["alert"]["impact"]["broken"] == "nobody gets in"
    listed = json.loads(watched.footfall("incidents", "list", "--all", "--json").out)
    assert [each["title"] for each in listed["incidents"]] == ["health is down"]
    assert listed["mttd_s"] <= listed["mttr_s"]
    assert watched.footfall("incidents", "note", "latest", "it was a cable", "--as", "bob").code == 0
    shown = watched.footfall("incidents", "show").out
    for entry in ("opened: status 500, expected 200", "acknowledged ada: I look", "resolved: it is well again", "note bob: it was a cable"):
        assert entry in shown
    draft = watched.footfall("incidents", "postmortem").out
    assert draft.startswith("# Post-mortem: #1 health is down")
    assert "by ada" in draft
    assert "ada  acknowledge" in watched.footfall("incidents", "audit").out


def test_once_checks_everything_and_says_what_is_down(watched: SuiteCopy, site: Site, receiver: Receiver) -> None:
    """For cron: 0 when all is well, 1 when something is down, told all the same."""
    well = watched.footfall("watch", "--once")
    assert (well.code, well.out) == (0, "✓ nothing is broken\n")
    site.broken = True
    down = watched.footfall("watch", "--once")
    assert (down.code, down.out) == (1, "✗ #1 P0 health is down: status 500, expected 200\n")
    assert receiver.kinds("/team") == ["opened"]
    assert watched.footfall("incidents", "resolve", "1", "--as", "ada").code == 0


def test_alerts_test_goes_through_every_channel_of_every_route(watched: SuiteCopy, receiver: Receiver) -> None:
    """One of each message, those of escalations too; what is not taken makes it exit 1 and names the reason."""
    tested = watched.footfall("alerts", "test")
    taken = "✓ all → team: opened, acknowledged, resolved\n"
    assert (tested.code, tested.out) == (0, f"{taken}✓ all → boss: escalated, acknowledged, resolved\n")
    assert receiver.kinds("/boss") == ["escalated", "acknowledged", "resolved"]
    receiver.answer = lambda post: 202 if post.path == "/team" or post.json["kind"] != "escalated" else 404
    failed = watched.footfall("alerts", "test", "--route", "all")
    rest = "✗ all → boss: escalated: it answered 404\n✓ all → boss: acknowledged, resolved\n"
    assert (failed.code, failed.out) == (1, taken + rest)
    assert watched.footfall("alerts", "test", "--kind", "opened").out == "✓ all → team: opened\n"
    assert "all: no message of the kind digest is ever sent there" in watched.footfall("alerts", "test", "--kind", "digest").err
    assert "did you mean 'all'" in watched.footfall("alerts", "test", "--route", "al").err
    assert "did you mean 'opened'" in watched.footfall("alerts", "test", "--kind", "open").err


def test_what_cannot_work_is_said_at_the_start_all_at_once(watched: SuiteCopy) -> None:
    """A variable that is not set, a schedule that cannot be met; and of a file, every fault with its line."""
    watched.edit("footfall.toml", 'timeout = "5s"', 'timeout = "9s"')
    refused = watched.footfall("watch", HOOK_SECRET="")
    assert refused.code == 2
    for part in ("alerts.channels.team.secret needs the environment variable HOOK_SECRET", "probes.health: a check may take 9 s (timeout)"):
        assert part in refused.err
    watched.edit("footfall.toml", 'every = "5s"', 'cron = "61 * * * *"\ntime_zone = "Europe/Atlantis"')
    wrong = watched.footfall("watch")
    assert wrong.code == 2
    assert "is no cron expression" in wrong.err
    assert "'Europe/Atlantis' is no time zone" in wrong.err


def test_budgets_are_held_and_their_faults_said_at_the_start(watched: SuiteCopy, receiver: Receiver) -> None:
    """Every fault of thresholds.toml at once; then one budget is held and broken, and one that cannot be held is named."""
    thresholds = watched.root / "thresholds.toml"
    thresholds.write_text('[probes.helth]\nlatency = "p95 <= 500ms"\n[probes.health]\nlatency = "p95 <= 5MB over 5m"\n')
    refused = watched.footfall("watch")
    assert refused.code == 2
    for part in ("no probe is called 'helth'", "thresholds.toml:4"):
        assert part in refused.err
    thresholds.write_text(
        '[probes.health]\nlatency = { fail = "max < 0.001ms", for = "0s", severity = "P1" }\nsuccess = "rate >= 99% over 30d"\n'
    )
    broken = watched.footfall("watch", "--once")
    assert "1 thing, 1 budget, 2 channels" in broken.err
    assert "note: the gate alone holds probes.health.success (the watch looks back 24 h at most; an objective holds more)" in broken.err
    assert broken.code == 1
    assert broken.out.startswith("✗ #1 P1 health breaks its budget of latency: latency: max is ")
    assert receiver.kinds("/team") == ["opened"]
