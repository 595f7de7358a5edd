"""The main job, end to end: the embedded shop, a real browser, Locust, probes, one verdict."""

from __future__ import annotations

import json
import re
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.conftest import BRIEF, LASTING, PATIENCE_S, SuiteCopy

FILES = ("index.html", "verdicts.json", "junit.xml", "summary.md")


@pytest.mark.alone
def test_a_healthy_shop_passes(suite: SuiteCopy) -> None:
    """Exit 0, the four files, all three senses judged, and the run in the history."""
    suite.edit("loadtests/ci.py", BRIEF, LASTING)
    ended = suite.footfall("gate")
    assert ended.code == 0, ended.out + ended.err
    assert "✓ Passed" in ended.out
    latest = suite.root / "out/latest"
    assert {path.name for path in latest.iterdir() if path.is_file()} == set(FILES)
    assert (latest / "index.html").stat().st_size < 1_000_000
    verdicts = suite.verdicts()["verdicts"]
    assert {verdict["source"] for verdict in verdicts} == {"journey", "load", "probe"}
    assert {verdict["outcome"] for verdict in verdicts} == {"pass"}
    assert not ET.parse(latest / "junit.xml").findall(".//failure")  # noqa: S314  # our own file
    [run] = suite.history()
    assert (run["outcome"], run["verdict"], run["exit_code"]) == ("finished", "pass", 0)


def test_a_slow_payment_fails_and_is_named(suite: SuiteCopy) -> None:
    """Exit 1; terminal, JUnit and report name the step, the budget and the figure, and lead to a trace of a walk made for that."""
    ended = suite.footfall("gate", "--fault", "slow-payment", "--journey", "checkout", "--iterations", "3", "--profile", "none")
    assert ended.code == 1, ended.out + ended.err
    assert "checkout › pay · duration" in ended.out
    assert "p75 <= 2.5s" in ended.out
    [broken] = [verdict for verdict in suite.verdicts()["verdicts"] if verdict["outcome"] == "fail"]
    assert (broken["part"], broken["metric"], broken["severity"]) == ("pay", "duration", "P0")
    assert broken["figure"] > 2500
    for name in ("index.html", "summary.md", "junit.xml"):
        text = (suite.root / "out/latest" / name).read_text()
        assert "pay" in text
        assert "2.5" in text
    trace = "artifacts/traces/checkout-desktop/trace-1.zip"
    assert zipfile.is_zipfile(suite.root / "out/latest" / trace)
    assert f'href="{trace}">trace of a later walk</a>' in (suite.root / "out/latest/index.html").read_text()
    assert trace in (suite.root / "out/latest/junit.xml").read_text()
    assert broken["count"] == 3  # it is not counted
    assert suite.history()[0]["labels"]["fault"] == "slow-payment"


def test_finance_and_executives_see_what_the_run_has_sold(suite: SuiteCopy) -> None:
    """Payment success and revenue stand in their reports, as the gate's own; declined cards break no promise about customers.

    Of a probe that is asked before the walks too, when nothing is sold yet, the reading at the end alone is kept.
    """
    suite.edit("footfall.toml", 'probes = ["health", "services", "products"]', 'probes = ["health", "services", "products", "sales"]')
    for options, paid in (((), "100 %"), (("--fault", "payment-declined"), "0 %")):
        ended = suite.footfall("gate", "--journey", "booking", "--iterations", "1", "--profile", "none", *options)
        assert ended.code in {0, 1, 3}, ended.out + ended.err  # a single walk may leave a budget undecided
        assert not [each for each in suite.verdicts()["verdicts"] if each["subject"] == "sales" and each["outcome"] != "pass"]
        said = json.loads(suite.footfall("history", "show", "--json").out)["series"]
        read = {each["metric"]: each["figures"]["count"] for each in said if each["subject"] == "sales"}
        assert (read["payment_success"], read["success"] > 1) == (1, True)
        assert suite.footfall("report", "finance", "executive").code == 0
        for name in ("finance", "executive"):
            page = (suite.root / f"out/latest/{name}.html").read_text()
            assert "the embedded shop was started for this run" in page
            assert "No probe of this run" not in page
            assert f'<span class="name">Payment success</span>\n    <span class="figure">{paid}</span>' in page
            assert " EUR</span>" in page


def test_a_stored_run_can_be_judged_again(suite: SuiteCopy) -> None:
    """`gate --run` measures nothing and holds the run against today's budgets."""
    measured = suite.footfall("gate", "--journey", "booking", "--iterations", "2", "--profile", "none")
    assert measured.code in {0, 3}, measured.out + measured.err
    suite.edit("thresholds.toml", 'lcp = { warn = "p75 <= 2.5s", fail = "p75 <= 4s"', 'lcp = { fail = "p75 <= 1ms"')
    again = suite.footfall("gate", "--run", "latest", "--json")
    assert again.code == 1, again.err
    assert {verdict["metric"] for verdict in json.loads(again.out)["verdicts"] if verdict["outcome"] == "fail"} == {"lcp"}
    assert len(suite.history()) == 1


def test_what_a_few_more_walks_settle_is_walked_on(suite: SuiteCopy) -> None:
    """Only the journey that is undecided, in the same run; a gate that may not walk on cannot judge."""
    suite.edit("footfall.toml", "iterations = 5 ", "iterations = 2 ")
    (suite.root / "thresholds.toml").write_text(
        '[journeys."*"]\nsuccess = "rate >= 99%"\n\n[journeys.booking]\nduration = { fail = "p50 <= 60s", min_samples = 3 }\n'
    )
    journeys = ("--journey", "booking", "--journey", "forms", "--profile", "none")
    ended = suite.footfall("gate", *journeys)
    assert ended.code == 0, ended.out + ended.err
    assert "undecided after 2 walks: booking; 2 more will tell" in ended.err
    samples = (suite.root / "out/latest/verdicts.json").read_text()
    assert {(v["subject"], v["metric"], v["count"]) for v in json.loads(samples)["verdicts"] if v["source"] == "journey"} == {
        ("booking", "duration", 4),
        ("booking", "success", 4),
        ("forms", "success", 2),
    }
    exactly = suite.footfall("gate", *journeys, "--iterations", "2")
    assert exactly.code == 3, exactly.out + exactly.err
    assert "undecided after" not in exactly.err
    assert [run["kind"] for run in suite.history()] == ["gate", "gate"]


TWO_DEVICES = """[journeys."*"]
success = "rate >= 99%"

[journeys.home]
duration = { fail = "p50 <= 60s", min_samples = 3, where = { device = "iPhone 15" } }

[journeys.look]
duration = { fail = "p50 <= 60s", min_samples = 4, where = { device = "desktop" } }
"""
"""What two walks leave undecided: one journey on the phone, the other on the desktop."""


@pytest.fixture
def two_devices(suite: SuiteCopy) -> SuiteCopy:
    """A suite with two quick journeys that a gate walks twice on each of two devices."""
    for name, page in (("home", "/"), ("look", "/api/health")):
        step = f'def test_{name}(journey):\n    with journey.step("open"):\n        journey.page.goto("{page}")\n'
        (suite.root / f"journeys/test_{name}.py").write_text(step)
    (suite.root / "thresholds.toml").write_text(TWO_DEVICES)
    suite.edit("footfall.toml", "iterations = 5 ", "iterations = 2 ")
    suite.edit("footfall.toml", 'devices = ["desktop"]', 'devices = ["desktop", "iPhone 15"]\nmost_iterations = 5000')
    return suite


HANGING_ON_THE_PHONE = """from pathlib import Path

WALKED = Path(__file__).with_name("walked.txt")


def test_home(journey, device):
    with journey.step("open"):
        journey.page.goto("/api/health")
    with WALKED.open("a") as walked:
        walked.write(f"{device}\\n")
    if WALKED.read_text().count("iPhone") > 3:  # the warm-up and two walks are over
        journey.page.wait_for_timeout(3_600_000)
"""
QUICK = ("--journey", "home", "--journey", "look", "--profile", "none")


def walked(suite: SuiteCopy) -> dict[tuple[str, str], int]:
    """Return how often each journey was walked on each device in the latest gate."""
    found = suite.verdicts()["verdicts"]
    return {(v["subject"], v["series"]["labels"]["device"]): v["count"] for v in found if v["metric"] == "success"}


def test_each_journey_is_walked_on_where_it_is_undecided(two_devices: SuiteCopy) -> None:
    """Not on the other device; the page says what was walked on, and its numbers go on where the first walks ended."""
    ended = two_devices.footfall("gate", *QUICK)
    assert ended.code == 0, ended.out + ended.err
    assert "undecided after 2 walks: home on iPhone 15; 2 more will tell" in ended.err
    assert "undecided after 2 walks: look on desktop; 3 more will tell" in ended.err
    assert walked(two_devices) == {("home", "desktop"): 2, ("home", "iPhone 15"): 4, ("look", "desktop"): 5, ("look", "iPhone 15"): 2}
    told = "undecided after 2 walks: home on iPhone 15; 2 more were walked"
    assert told in two_devices.verdicts()["notes"]
    assert told[1:] in (two_devices.root / "out/latest/index.html").read_text()
    assert told in two_devices.footfall("gate", "--run", "latest").out
    lines = [json.loads(line) for line in two_devices.footfall("history", "export").out.splitlines()]
    phone = [
        line["iteration"]
        for line in lines
        if (line.get("subject"), line.get("metric"), line.get("labels", {}).get("device")) == ("home", "success", "iPhone 15")
    ]
    assert sorted(phone) == [1, 2, 3, 4]


def test_the_time_cap_ends_the_walking_on(two_devices: SuiteCopy) -> None:
    """A walk that hangs is ended there: what was measured before stands, nothing failed, and the verdict says why it is undecided."""
    two_devices.edit("footfall.toml", 'timeout = "60s" ', 'timeout = "1h" ')
    (two_devices.root / "journeys/test_home.py").write_text(HANGING_ON_THE_PHONE)
    ended = two_devices.footfall("gate", *QUICK, "--time-cap", "90s")
    assert ended.code == 3, ended.out + ended.err
    assert "undecided after 2 walks: home on iPhone 15; 2 more will tell" in ended.err
    cut = "undecided after 2 walks: home on iPhone 15; 2 more were not walked to their end: the journeys were ended at the time cap"
    none_left = "undecided after 2 walks: look on desktop; the time cap left no time for 3 more"
    assert cut in ended.out
    assert none_left in ended.out
    assert {cut, none_left} <= set(two_devices.verdicts()["notes"])
    assert set(walked(two_devices).values()) == {2}
    outcomes = {(v["subject"], v["metric"]): v["outcome"] for v in two_devices.verdicts()["verdicts"] if v["source"] == "journey"}
    assert outcomes == {
        ("home", "duration"): "inconclusive",
        ("look", "duration"): "inconclusive",
        ("home", "success"): "pass",
        ("look", "success"): "pass",
    }
    assert two_devices.verdicts()["journeys_failed"] == []


def test_what_the_time_cap_leaves_no_time_for_is_not_begun(two_devices: SuiteCopy) -> None:
    """What takes fewer walks is; exit 3, and the page says for how many there was no time."""
    two_devices.edit("thresholds.toml", "min_samples = 3", "min_samples = 3000")
    ended = two_devices.footfall("gate", *QUICK)
    assert ended.code == 3, ended.out + ended.err
    assert "undecided after 2 walks: home on iPhone 15; the time cap leaves no time for 4497 more" in ended.err
    assert "undecided after 2 walks: home on iPhone 15; the time cap left no time for 4497 more" in two_devices.verdicts()["notes"]
    assert walked(two_devices) == {("home", "desktop"): 2, ("home", "iPhone 15"): 2, ("look", "desktop"): 5, ("look", "iPhone 15"): 2}


def test_a_target_that_is_down_cannot_be_judged(suite: SuiteCopy) -> None:
    """Exit 3, and the message says who did not answer."""
    suite.edit("footfall.toml", "[targets.corner]", '[targets.gone]\nurl = "http://127.0.0.1:9"\n\n[targets.corner]')
    ended = suite.footfall("gate", "--target", "gone")
    assert ended.code == 3
    assert "http://127.0.0.1:9 does not answer" in ended.err
    assert "Traceback" not in ended.err
    assert suite.history() == []


def test_a_journey_that_fails_fails_the_gate(suite: SuiteCopy) -> None:
    """Whether or not a budget speaks of it; the message says where, and the report links a screenshot that was kept."""
    (suite.root / "thresholds.toml").write_text('[probes."*"]\nsuccess = "rate >= 99%"\n')
    confirmed = 'name="Booking {}")).to_be_visible(timeout={})'
    suite.edit("journeys/test_booking.py", confirmed.format("confirmed", "15_000"), confirmed.format("celebrated", "2_000"))
    ended = suite.footfall("gate", "--journey", "booking", "--iterations", "1", "--profile", "none")
    assert ended.code == 1, ended.out + ended.err
    assert "booking" in ended.out
    assert "Booking celebrated" in ended.out
    linked = re.search(r'href="([^"]*/failures/[^"]+\.png)"', (suite.root / "out/latest/index.html").read_text())
    assert linked is not None
    assert (suite.root / "out/latest" / linked[1]).is_file()
    assert suite.history()[0]["outcome"] == "failed"


def test_the_report_stands_alone(suite: SuiteCopy) -> None:
    """One file, under 1 MB, that asks the network for nothing."""
    assert suite.footfall("gate", "--journey", "fulfillment", "--iterations", "1").code in {0, 3}
    html = (suite.root / "out/latest/index.html").read_text()
    assert len(html.encode()) < 1_000_000
    assert "<script" not in html
    assert "http://" not in html.replace("http://www.w3.org", "").replace("http://127.0.0.1", "")


@pytest.mark.parametrize("folder", ["out", ".footfall"])
def test_a_folder_that_cannot_be_written_is_told(suite: SuiteCopy, folder: str) -> None:
    """A file where a folder should be: exit 2 before anything is measured, or with the measurement kept."""
    (suite.root / folder).write_text("in the way")
    ended = suite.footfall("gate", "--journey", "booking", "--iterations", "1", "--profile", "none")
    assert ended.code == 2, ended.err
    assert folder in ended.err
    assert "Traceback" not in ended.err
    if folder == "out":
        Path(suite.root / folder).unlink()
        assert len(suite.history()) == 1


def test_a_target_that_dies_while_it_is_measured_fails(suite: SuiteCopy) -> None:
    """Exit 1 with the report: the journeys failed, and the load that could not be sent is told."""
    shop = suite.start("demo", "--port", "0", "--payment-port", "0")
    assert shop.stdout is not None
    url = re.search(r"http://127\.0\.0\.1:\d+", shop.stdout.readline())
    assert url is not None
    suite.edit("footfall.toml", "demo = true", 'url = "env:SHOP_URL"\nallow_load = 50')
    gate = suite.start("gate", "--journey", "booking", "--iterations", "3", SHOP_URL=url[0])
    while not any('"metric":"lcp"' in path.read_text() for path in (suite.root / ".footfall/spool").glob("*/*.jsonl")):
        assert gate.poll() is None
        time.sleep(0.1)
    shop.kill()
    shop.communicate()
    out, err = gate.communicate(timeout=PATIENCE_S)
    assert gate.returncode == 1, out + err
    assert "Traceback" not in err
    assert suite.verdicts()["run"]["outcome"] == "failed"
    assert {verdict["outcome"] for verdict in suite.verdicts()["verdicts"] if verdict["source"] == "load"} == {"inconclusive"}


def test_a_second_test_in_a_module_is_a_journey_of_its_own(suite: SuiteCopy) -> None:
    """Each can be walked alone, by the name that the budgets use."""
    path = suite.root / "journeys/test_booking.py"
    path.write_text(
        path.read_text()
        + '\n\ndef test_home(journey: Journey) -> None:\n    with journey.step("home again"):\n        journey.page.goto("/")\n'
    )
    ended = suite.footfall("journey", "booking-home", "--json")
    assert ended.code == 0, ended.err
    assert {series["subject"] for series in json.loads(ended.out)["series"]} == {"booking-home"}


def test_a_gate_may_walk_on_a_slow_network(suite: SuiteCopy) -> None:
    """All that its journeys see carries the network, as with `--network`."""
    suite.edit("footfall.toml", "[gate]", '[gate]\nnetwork = "slow-4g"')
    (suite.root / "journeys/test_look.py").write_text(
        'def test_look(journey):\n    with journey.step("home"):\n        journey.page.goto("/")\n'
    )
    ended = suite.footfall("gate", "--journey", "look", "--iterations", "1", "--profile", "none")
    seen = [each["series"]["labels"] for each in suite.verdicts()["observations"] if each["series"]["source"] == "journey"]
    assert {labels.get("network") for labels in seen} == {"slow-4g"}, ended.err
    assert suite.history()[0]["labels"]["network"] == "slow-4g"
