"""`footfall.toml`: what it says as typed values, and every fault of it with its line."""

# ruff: noqa: E501  # faults are quoted whole

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.config.suite import FILE, GateSpec, find_suite, load_suite
from footfall.errors import ConfigError, UsageError

GOOD = """
[suite]
name = "Corner"
default_target = "corner"

[targets.corner]
demo = true

[targets.staging]
url = "https://staging.example.com/"
production = true
allow_load = 500
headers = { Authorization = "Bearer env:STAGING_TOKEN" }

[journeys]
timeout = "90s"

[gate]
journeys = ["booking"]
devices = ["mobile"]
iterations = 3
profile = "ci"
probes = ["health"]
time_cap = "2m"

[probes.health]
url = "/api/health"
method = "post"
body = "{}"
timeout = "500ms"
every = "30s"
checks = 7
expect = { status = [200, 204], json = { "$.status" = "ok" }, text = "fine", headers = { server = "corner" } }
measure = { orders = "$.orders.open" }
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A suite with two journeys and a profile."""
    for name in ("journeys/test_booking.py", "journeys/test_checkout.py", "loadtests/ci.py", "loadtests/_common.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("", "utf-8")
    return tmp_path


def write(root: Path, text: str) -> Path:
    """Write the suite's file."""
    (root / FILE).write_text(text, "utf-8")
    return root


def faults(root: Path, text: str) -> list[str]:
    """Return the faults of a file as they are shown."""
    with pytest.raises(ConfigError) as caught:
        load_suite(write(root, text), {"desktop", "mobile"})
    return [str(fault) for fault in caught.value.faults]


def test_reads_all_that_the_file_may_say(root: Path) -> None:
    """Every key arrives, durations in seconds, methods in capitals, URLs without a trailing slash."""
    suite = load_suite(write(root, GOOD), {"desktop", "mobile"})
    staging, health = suite.targets["staging"], suite.probes["health"]
    assert (suite.name, suite.default_target, suite.journeys.timeout_s) == ("Corner", "corner", 90.0)
    assert (staging.url, staging.production, staging.allow_load, staging.demo) == ("https://staging.example.com", True, 500, False)
    assert suite.gate == GateSpec(("booking",), ("mobile",), 3, "ci", None, ("health",), 120.0)
    assert (health.method, health.timeout_s, health.every_s, health.checks, health.body) == ("POST", 0.5, 30.0, 7, "{}")
    assert (health.expect.status, health.expect.text, health.expect.json) == ((200, 204), ("fine",), {"$.status": "ok"})
    assert health.measure == {"orders": "$.orders.open"}


def test_little_is_enough(root: Path) -> None:
    """One target will do: it is the default one, every journey is in the gate, and no load."""
    suite = load_suite(write(root, '[targets.shop]\nurl = "http://127.0.0.1:8000"\n'))
    assert (suite.name, suite.default_target) == (root.name, "shop")
    assert (suite.gate.journeys, suite.gate.profile, suite.gate.devices) == (("booking", "checkout"), None, ("desktop",))


def test_a_changed_file_has_another_digest(root: Path) -> None:
    """Runs of different configurations can be told apart."""
    first = load_suite(write(root, GOOD)).digest
    assert load_suite(root).digest == first
    assert load_suite(write(root, GOOD.replace("90s", "91s"))).digest != first


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("iterations = 3", "iteration = 3", "footfall.toml:21: gate.iteration: unknown key (did you mean 'iterations'?)"),
        ("iterations = 3", 'iterations = "3"', "footfall.toml:21: gate.iterations: '3' will not do (expected a whole number of at least 1)"),
        ("iterations = 3", "iterations = 0", "footfall.toml:21: gate.iterations: 0 is too small (expected at least 1)"),
        ("iterations = 3", "iterations = true", "footfall.toml:21: gate.iterations: True will not do (expected a whole number of at least 1)"),
        ("[gate]", "[gaet]", "footfall.toml:18: gaet: unknown key (did you mean 'gate'?)"),
        ('["booking"]', '["boking"]', "footfall.toml:19: gate.journeys[1]: no journey is called 'boking' (did you mean 'booking'?)"),
        ('["booking"]', '["booking", "booking"]', "footfall.toml:19: gate.journeys[2]: 'booking' stands there twice"),
        ('["booking"]', '"booking"', "footfall.toml:19: gate.journeys: 'booking' will not do (expected a list of texts such as [\"a\", \"b\"])"),
        ('["mobile"]', '["mobil"]', "footfall.toml:20: gate.devices[1]: no device is called 'mobil' (did you mean 'mobile'?)"),
        ('["mobile"]', "[]", 'footfall.toml:20: gate.devices: no device to measure on (expected at least one, such as "desktop")'),
        ("iterations = 3", 'network = "slow-4"', "footfall.toml:21: gate.network: no network is called 'slow-4' (did you mean 'slow-4g'?)"),
        ('profile = "ci"', 'profile = "cii"', "footfall.toml:22: gate.profile: no profile is called 'cii' (loadtests/cii.py) (did you mean 'ci'?)"),
        ('["health"]', '["helth"]', "footfall.toml:23: gate.probes[1]: no probe is called 'helth' (did you mean 'health'?)"),
        ('["health"]', '["health"]\nfigures = ["helth"]', "footfall.toml:24: gate.figures[1]: no probe is called 'helth' (did you mean 'health'?)"),
        ('"2m"', '"2 minutes"', "footfall.toml:24: gate.time_cap: '2 minutes' is not a duration (expected one such as \"500ms\", \"30s\", \"5m\" or \"1h\")"),
        ('"2m"', '"0s"', "footfall.toml:24: gate.time_cap: '0s' is no time at all"),
        ('"2m"', "120", 'footfall.toml:24: gate.time_cap: 120 will not do (expected a duration in quotes, such as "30s" or "5m")'),
        ('default_target = "corner"', 'default_target = "korner"', "footfall.toml:4: suite.default_target: no target is called 'korner' (did you mean 'corner'?)"),
        ('default_target = "corner"', "", "footfall.toml:2: suite.default_target: there are several targets and no default (expected one of corner, staging)"),
        ("demo = true", "", 'footfall.toml:6: targets.corner.url: a target needs a URL (expected url = "https://…", or demo = true for the embedded shop)'),
        ("demo = true", 'demo = true\nurl = "http://x"', "footfall.toml:8: targets.corner.url: the embedded shop chooses its own URL (expected either url or demo = true)"),
        ('"https://staging.example.com/"', '"staging.example.com"', "footfall.toml:10: targets.staging.url: 'staging.example.com' is not a web address (expected one such as https://staging.example.com)"),
        ('"Bearer env:STAGING_TOKEN"', "5", "footfall.toml:13: targets.staging.headers.Authorization: 5 will not do (expected text in quotes)"),
        ('method = "post"', 'method = "poost"', "footfall.toml:28: probes.health.method: 'POOST' is not a method (did you mean 'POST'?)"),
        ('url = "/api/health"', 'url = "api/health"', "footfall.toml:27: probes.health.url: 'api/health' is neither a path nor a web address (expected one such as \"/api/health\")"),
        ('url = "/api/health"', "", 'footfall.toml:26: probes.health.url: a probe needs a URL (expected a path such as "/api/health", or a whole address)'),
        ("[200, 204]", "[200, 1000]", "footfall.toml:33: probes.health.expect.status: [200, 1000] is not an HTTP status (expected a number from 100 to 599, or a list of them)"),
        ("[200, 204]", '"200"', "footfall.toml:33: probes.health.expect.status: '200' will not do (expected an HTTP status such as 200, or a list of them)"),
        ('text = "fine"', "text = [1]", "footfall.toml:33: probes.health.expect.text: [1] will not do (expected text, or a list of texts)"),
        ("text = ", "txt = ", "footfall.toml:33: probes.health.expect.txt: unknown key (did you mean 'text'?)"),
        ("measure = ", 'units = { order = "EUR" }\nmeasure = ', "footfall.toml:34: probes.health.units.order: no figure of `measure` is called so (did you mean 'orders'?)"),
        ("measure = ", 'units = { orders = "%" }\nmeasure = ', "footfall.toml:34: probes.health.units.orders: figures are not kept in '%' (expected \"ratio\", and a figure in it)"),
        ("measure = ", 'units = { orders = "" }\nmeasure = ', "footfall.toml:34: probes.health.units.orders: figures are not kept in '' (expected \"ratio\", \"ms\", \"bytes\", \"count\" or a word such as \"EUR\")"),
        ("[journeys]", "[journeys]\nretries = 2", "footfall.toml:16: journeys.retries: unknown key (known: evidence, timeout)"),
    ],
)  # fmt: skip
def test_a_typo_names_file_line_key_and_the_nearest_right_name(root: Path, old: str, new: str, fault: str) -> None:
    """Each mistake is one fault in the words that mend it."""
    assert old in GOOD
    assert fault in faults(root, GOOD.replace(old, new, 1))


def test_a_gate_reads_figures_only_of_what_measures_some(root: Path) -> None:
    """A probe with a `measure` table, or of a kind that has figures of its own; any other has nothing to read."""
    reading = GOOD.replace('["health"]', '["health"]\nfigures = ["health"]')
    assert load_suite(write(root, reading)).gate.figures == ("health",)
    (fault,) = faults(root, reading.replace('measure = { orders = "$.orders.open" }', ""))
    assert fault.endswith("gate.figures: the probe 'health' measures no figures (expected a `measure` table in [probes.health])")
    (fault,) = faults(
        root, reading.replace('figures = ["health"]', 'figures = ["jobs"]') + '\n[probes.jobs]\nkind = "heartbeat"\nevery = "1h"\n'
    )
    assert "gate.figures: the probe 'jobs' is a heartbeat, which measures no figures" in fault


def test_a_json_path_that_is_none_is_a_fault(root: Path) -> None:
    """What a probe looks for is checked before it runs."""
    (fault,) = faults(root, GOOD.replace('"$.orders.open"', '"$.[orders"'))
    assert fault.startswith("footfall.toml:34: probes.health.measure.orders: '$.[orders' is not a JSON path: ")


def test_all_faults_are_told_at_once_in_the_order_of_their_lines(root: Path) -> None:
    """One reading is enough to mend the file."""
    text = GOOD.replace('"90s"', "90").replace("iterations", "itertions").replace("demo", "dmeo").replace("checks = 7", "checks = -1")
    lines = [int(fault.split(":")[1]) for fault in faults(root, text)]
    assert lines == sorted(lines)
    assert {7, 16, 21, 32} <= set(lines)


def test_a_file_that_says_nothing_lacks_a_target(root: Path) -> None:
    """There must be something to measure."""
    assert faults(root, "") == [
        'footfall.toml: targets: no target to measure (expected a table such as [targets.staging] with url = "https://…")'
    ]


def test_targets_are_found_by_name(root: Path) -> None:
    """The default one without a name, an error with the nearest one for a wrong name."""
    suite = load_suite(write(root, GOOD))
    assert (suite.target().name, suite.target("staging").name) == ("corner", "staging")
    with pytest.raises(UsageError) as caught:
        suite.target("stagin")
    assert (caught.value.message, caught.value.hint) == ("footfall.toml names no target 'stagin'", "did you mean 'staging'?")


def test_the_suite_is_found_from_below(root: Path) -> None:
    """As git finds its repository."""
    inner = write(root, GOOD) / "journeys" / "deep"
    inner.mkdir()
    assert find_suite(inner) == root
    with pytest.raises(UsageError, match=r"no footfall\.toml in"):
        find_suite(Path("/proc/self"))


_toml_values = st.sampled_from(['"x"', "1", "-1", "true", "[]", "[1]", "{}", "{ a = 1 }", '["a"]', "1.5", "1979-05-27", "nan"])
_toml_keys = st.sampled_from([
    "suite", "suite.name", "suite.default_target", "targets", "targets.a", "targets.a.url", "targets.a.demo", "targets.a.headers",
    "targets.a.allow_load", "journeys", "journeys.timeout", "gate", "gate.journeys", "gate.devices", "gate.iterations", "gate.profile",
    "gate.time_cap", "probes", "probes.p", "probes.p.url", "probes.p.expect", "probes.p.expect.status", "probes.p.expect.text",
    "probes.p.expect.json", "probes.p.measure", "probes.p.method", "probes.p.checks",
])  # fmt: skip


@settings(max_examples=60)
@given(st.dictionaries(_toml_keys, _toml_values, max_size=6))
def test_no_file_raises_anything_but_its_own_error(tmp_path_factory: pytest.TempPathFactory, lines: dict[str, str]) -> None:
    """Any value at any key is either taken or a fault."""
    root = tmp_path_factory.mktemp("suite")
    write(root, "".join(f"{key} = {value}\n" for key, value in lines.items()))
    shown = FILE
    try:
        load_suite(root)
    except ConfigError as error:
        shown = str(error)
    assert shown.startswith(FILE)
