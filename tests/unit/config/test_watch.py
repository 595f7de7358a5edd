"""`[watch]` and `[alerts]`: read as typed values, every fault at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from footfall.config.alerts import Hours, Step
from footfall.config.suite import Suite, load_suite
from footfall.errors import ConfigError

GOOD = """
[targets.corner]
demo = true

[probes.database]
url = "/api/health/database"
every = "30s"
severity = "critical"

[probes.health]
url = "/api/health"
alert_after = 2
depends_on = ["database"]
slo = "99.9%"
expect = { figures = { latency = "<= 80" } }

[watch]
control = "https://example.com/"
rechecks = ["5s", "10s"]
[watch.journeys.booking]
cron = "*/5 8-18 * * mon-fri"
time_zone = "Europe/Warsaw"
[watch.maintenance.upgrade]
from = 2026-11-22T03:00:00Z
until = 2026-11-22T04:00:00Z
[watch.impact.booking]
broken = "Nobody can book"
revenue_per_hour = 1800

[alerts]
quiet_hours = { from = "22:00", until = "07:00", time_zone = "Pacific/Auckland" }
[alerts.channels.team]
kind = "slack"
url = "env:SLACK_URL"
fallback = "mail"
[alerts.channels.mail]
kind = "email"
server = "smtp://127.0.0.1:2525"
sender = "footfall@example.org"
to = ["team@example.org"]
[alerts.routes.grave]
channels = ["team"]
severities = ["P0", "P1"]
escalate = { "15m" = "mail", "5m" = ["mail", "team"] }
"""


def suite(root: Path, text: str = GOOD) -> Suite:
    """A suite with one journey and this footfall.toml."""
    (root / "journeys").mkdir(exist_ok=True)
    (root / "journeys" / "test_booking.py").write_text("def test_booking(journey): ...\n")
    (root / "footfall.toml").write_text(text)
    return load_suite(root)


def test_the_watch_and_its_alerts_are_read(tmp_path: Path) -> None:
    """Probes say how they are watched; windows, impact, channels, routes and their chain are typed values."""
    found = suite(tmp_path)
    assert (found.probes["health"].watched.alert_after, found.probes["health"].watched.depends_on) == (2, ("database",))
    assert found.probes["health"].watched.slo == 0.999
    assert found.probes["health"].figures["latency"].holds(80)
    assert not found.probes["health"].figures["latency"].holds(80.5)
    assert found.probes["database"].every_s == 30
    assert found.watch.journeys["booking"].zone == "Europe/Warsaw"
    assert found.watch.maintenance[0].start == datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert found.watch.impact["booking"].revenue_per_hour == 1800
    assert found.alerts.quiet_hours == Hours(start=22 * 60, until=7 * 60, zone="Pacific/Auckland")
    assert found.alerts.routes[0].escalate == (Step(300, ("mail", "team")), Step(900, ("mail",)))


MARKED = """
import pytest


def test_pay(journey): ...


@pytest.mark.journey(every="90s", owner="payments", safe_in_production=True)
def test_refund(journey): ...


@pytest.mark.journey(every="often")
def test_odd(journey): ...
"""


def test_a_journeys_marker_says_how_it_is_watched(tmp_path: Path) -> None:
    """Where the file says nothing its marker does; where that cannot be read, or there is none, it is every five minutes."""
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "test_pay.py").write_text(MARKED)
    (tmp_path / "footfall.toml").write_text(
        "[targets.corner]\ndemo = true\n[watch.journeys.pay-refund]\n[watch.journeys.pay-odd]\n[watch.journeys.pay]\nowner = 'shop'\n"
    )
    watched = load_suite(tmp_path).watch.journeys
    assert {name: (each.every_s, each.owner) for name, each in watched.items()} == {
        "pay-refund": (90, "payments"),
        "pay-odd": (300, ""),
        "pay": (300, "shop"),
    }


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("Europe/Warsaw", "Europe/Warszawa", "is no time zone"),
        ("*/5 8-18 * * mon-fri", "61 * * * *", "is no cron expression"),
        ("*/5 8-18 * * mon-fri", "0 0 30 2 *", "never comes"),
        ('depends_on = ["database"]', 'depends_on = ["databse"]', "did you mean 'database'?"),
        ('kind = "slack"', 'kind = "slak"', "did you mean 'slack'?"),
        ('fallback = "mail"', 'fallback = "post"', "is no channel"),
        ("smtp://127.0.0.1:2525", "http://127.0.0.1", "this is no address for email"),
        ('url = "env:SLACK_URL"', "", "a channel of kind slack needs it"),
        ('channels = ["team"]', 'channels = ["tem"]', "did you mean 'team'?"),
        ('"15m" = "mail"', '"soon" = "mail"', "is not a duration"),
        ('slo = "99.9%"', 'slo = "200%"', "is no objective"),
        ("until = 2026-11-22T04:00:00Z", "until = 2026-11-22T02:00:00Z", "the window has no span"),
        ('from = "22:00"', 'from = "25:00"', "is no time of day"),
        ('severity = "critical"', 'severity = "P9"', "is not one of P0, P1, P2, P3, critical, warning, info"),
        ('latency = "<= 80"', 'latency = "about 80"', "is no limit"),
        ('severity = "critical"', 'kind = "heartbeat"\ngrace = "soon"', "is not a duration"),
        ('url = "/api/health/database"', 'kind = "webhook"', "a probe of kind webhook needs it"),
        ('control = "https://example.com/"', "health_below = 101", "101 is no health score"),
        ('control = "https://example.com/"', 'url = "watch.example.com"', "is not a web address"),
        ("https://example.com/", "1.1.1.1", "watch.control: '1.1.1.1' is not a web address (expected a place known to be up"),
        ("https://example.com/", "htps://example.com/", "is not a web address"),
        ("https://example.com/", "https://", "is not a web address"),
        ('control = "https://example.com/"', 'call = "switch.example.com/ping"', "expected what is to be called"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    """A zone that does not exist, a schedule that never comes, a channel whose address cannot work: file, line, and what would do."""
    assert right in GOOD
    with pytest.raises(ConfigError) as caught:
        suite(tmp_path, GOOD.replace(right, wrong, 1))
    assert any(said in str(fault) for fault in caught.value.faults), caught.value.faults


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """One start, one list."""
    text = GOOD.replace("Europe/Warsaw", "Nowhere").replace('kind = "email"', 'kind = "pigeon"').replace('["database"]', '["x"]')
    with pytest.raises(ConfigError) as caught:
        suite(tmp_path, text)
    assert len(caught.value.faults) >= 3


CIRCLES = """
[targets.corner]
demo = true
[probes.shop]
url = "/"
depends_on = ["database"]
[probes.database]
url = "/api/health/database"
depends_on = ["journey:pay"]
[probes.alone]
url = "/"
depends_on = ["alone"]
[probes.behind]
url = "/"
depends_on = ["shop"]
[watch.journeys.pay]
depends_on = ["shop"]
[watch.journeys.book]
depends_on = ["journey:book"]
"""


def test_what_depends_on_itself_is_an_error_of_its_line(tmp_path: Path) -> None:
    """Each would be held back by the other, and nobody would hear of either; what only depends on such a circle is no part of it."""
    (tmp_path / "journeys").mkdir()
    for name in ("pay", "book"):
        (tmp_path / "journeys" / f"test_{name}.py").write_text(f"def test_{name}(journey): ...\n")
    with pytest.raises(ConfigError) as caught:
        suite(tmp_path, CIRCLES)
    found = {fault.line: fault.problem for fault in caught.value.faults}
    lines = CIRCLES.splitlines()
    assert {lines[(line or 0) - 1]: problem for line, problem in found.items()} == {
        'depends_on = ["database"]': "it depends on itself: shop → database → pay → shop",
        'depends_on = ["journey:pay"]': "it depends on itself: database → pay → shop → database",
        'depends_on = ["alone"]': "it depends on itself: alone → alone",
        'depends_on = ["journey:book"]': "it depends on itself: book → book",
    }
