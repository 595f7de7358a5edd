"""The JSON Schemas of both TOML files say what the loaders say."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from footfall.cli import drafts
from footfall.config import kinds
from footfall.config.meanings import explained
from footfall.config.schema import FILES, footfall_schema, schema, thresholds_schema
from footfall.config.suite import load_suite
from footfall.config.thresholds import KnownNames, _Reader, read_thresholds
from footfall.config.toml import read_text
from footfall.errors import ConfigError
from footfall.gate.budget import _READERS
from footfall.metrics import CATALOGUE, Source

REPOSITORY = Path(__file__).resolve().parents[3]
SUITE = '[targets.staging]\nurl = "https://staging.example.com"\n'
NAMES = KnownNames(("checkout",), {}, ("ci",), {}, ("health",))


def faults(name: str, text: str) -> list[str]:
    """Return what a schema finds wrong with a text."""
    document = json.loads(json.dumps(tomllib.loads(text), default=datetime.isoformat))
    return [error.message for error in Draft7Validator(schema(name)).iter_errors(document)]


def refused_by_loader(name: str, text: str, root: Path) -> str:
    """Return what the loader says of a text that it refuses, or nothing."""
    for script in ("journeys/test_checkout.py", "loadtests/ci.py"):
        (root / script).parent.mkdir(exist_ok=True)
        (root / script).write_text("")
    (root / f"{name}.toml").write_text(text)
    try:
        if name == "footfall":
            load_suite(root)
        else:
            read_thresholds(root / "thresholds.toml", NAMES)
    except ConfigError as error:
        return error.message
    return ""


@pytest.mark.parametrize("name", FILES)
def test_the_schemas_are_schemas(name: str) -> None:
    """Each is a valid JSON Schema, and can be written as JSON."""
    Draft7Validator.check_schema(schema(name))
    assert json.loads(json.dumps(schema(name)))["title"] == f"{name}.toml"


@pytest.mark.parametrize("path", sorted([REPOSITORY, *(REPOSITORY / "examples").glob("*")]), ids=lambda path: path.name)
def test_every_suite_here_fits(path: Path) -> None:
    """This repository's own suite, which is the starter, and each example."""
    for name in FILES:
        if (path / f"{name}.toml").is_file():
            assert not faults(name, (path / f"{name}.toml").read_text("utf-8"))


def test_what_init_drafts_fits() -> None:
    """The budgets that `footfall init` writes."""
    assert not faults(
        "thresholds",
        drafts.raised(drafts.budgets_text(loaded=True), {"cls": 0.7})
        + drafts.step_budgets({"home": drafts.Took(812.0, 900.0), "a step": drafts.Took(40.0, 44.0)}),
    )


def keys_of(shape: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every key of a schema, dotted."""
    for key, inner in shape.get("properties", {}).items():
        yield ".".join((*path, key))
        yield from keys_of(inner, (*path, key))
        if isinstance(inner.get("additionalProperties"), dict):
            yield from keys_of(inner["additionalProperties"], (*path, key, "NAME"))
    for part in shape.get("allOf", ()):
        yield from keys_of(part.get("then", {}), path)


def test_every_key_is_explained_and_nothing_else() -> None:
    """Editors and the reference say something of every key that the readers take, and of none that they do not."""
    known = {*keys_of(footfall_schema()), *(f"slo.NAME.{key}" for key in _objective()), "slo"}
    known |= {f"budget.{key}" for key in ("warn", "fail", *_READERS)}
    assert explained() <= known, "explained, but unknown"
    assert {key for key in known if key not in explained() and key not in {"targets.NAME", "probes.NAME"}} == set(), "not explained"


def _objective() -> set[str]:
    return set(thresholds_schema()["properties"]["slo"]["additionalProperties"]["properties"])


def test_every_key_of_a_budget_is_there() -> None:
    """A budget's keys in the schema are those that its reader knows."""
    for name, shape in thresholds_schema()["definitions"].items():
        if name.endswith("-budget"):
            assert set(shape["properties"]) == {"warn", "fail", *_READERS}


def test_every_table_and_metric_is_there() -> None:
    """The tables of thresholds.toml are those that its reader knows, with the metrics of the catalogue."""
    tables = thresholds_schema()["properties"]
    assert set(tables) == {*_Reader(read_text("", "thresholds.toml"), KnownNames())._kinds, "slo"}
    for source, table in ((Source.JOURNEY, "journeys"), (Source.LOAD, "load"), (Source.PROBE, "probes")):
        assert set(CATALOGUE[source]) <= set(tables[table]["additionalProperties"]["properties"])


def test_every_kind_of_probe_is_there() -> None:
    """Each kind has its own keys and no other's."""
    probe = footfall_schema()["properties"]["probes"]["additionalProperties"]
    each = {part["if"]["properties"]["kind"]["const"]: part["then"] for part in probe["allOf"]}
    assert set(each) == {kinds.HTTP, *kinds.KINDS}
    for kind, described in kinds.KINDS.items():
        assert {*described.needs, *described.may} <= set(each[kind]["properties"])
        assert {*described.expects, "figures"} == set(each[kind]["properties"]["expect"]["properties"])


@pytest.mark.parametrize(
    "text",
    [
        'devices = ["desktop", "iPhone 15"]\niterations = 7\ntime_cap = "2m"\ncompare = ["lcp"]\nbaseline_branch = "main"',
        '[journeys]\ntimeout = "1.5m"\nevidence = "50MB"',
        '[probes.a]\nurl = "/"\nexpect = { status = [200, 204], text = ["a", "b"], json = { "$.a" = 1 } }\nmeasure = { open = "$.open" }',
        '[probes.a]\nurl = "/"\nmethod = "post"\nbody = "x"\nslo = "99.9%"\nexpect = { figures = { latency = "< 500" } }',
        '[probes.a]\nurl = "/"\ncron = "*/5 * * * *"\ntime_zone = "Europe/Warsaw"\nheaders = { accept = "*/*" }',
        '[probes.a]\nkind = "tls"\nhost = "example.com"\nport = 8443\nexpect = { days = 14, protocol = "TLSv1.3", trusted = true }',
        '[probes.a]\nkind = "dns"\nname = "example.com"\nrecord = "mx"\nexpect = { records = ["10 mail.example.com."] }',
        '[probes.a]\nkind = "sql"\ndatabase = "env:DB"\npreset = "locks"\nmeasure = { waiting = "waiting" }',
        '[probes.a]\nkind = "heartbeat"\ngrace = "5m"\nevery = "1d"',
        '[watch]\nrechecks = ["5s"]\n[watch.maintenance.night]\nfrom = 2026-11-21T03:00:00Z\nuntil = 2026-11-21T04:00:00Z',
        '[watch.load.ci]\ncron = "0 3 * * sun"\n[watch.impact.a]\nrevenue_per_hour = 12.5\norders_per_hour = 3',
        '[alerts]\ndigest_at = "08:00"\nquiet_hours = { from = "22:00", until = "24:00", days = ["mon"] }',
        '[alerts.channels.a]\nkind = "slack"\nurl = "env:U"\n[alerts.routes.r]\nchannels = ["a"]\nescalate = { "5m" = ["a"], "1h" = "a" }',
    ],
)
def test_what_the_loader_takes_fits(text: str, tmp_path: Path) -> None:
    """What is right for the one is right for the other."""
    whole = f"{SUITE}[gate]\n{text}" if not text.startswith("[") else SUITE + text
    assert (refused_by_loader("footfall", whole, tmp_path), faults("footfall", whole)) == ("", [])


@pytest.mark.parametrize(
    "text",
    [
        "[gaet]\niterations = 3",
        "[gate]\niteration = 3",
        "[gate]\niterations = 0",
        '[gate]\niterations = "3"',
        '[gate]\ntime_cap = "2 minutes"',
        '[gate]\ncompare = ["speed"]',
        '[journeys]\nevidence = "20 megabytes"',
        "[targets.other]\nproduction = true",
        '[targets.other]\nurl = "shop.example.com"',
        '[targets.other]\nurl = "https://a.example"\nallow_load = "100"',
        '[probes.a]\nurl = "/"\nexspect = { status = 200 }',
        '[probes.a]\nurl = "/"\nexpect = { staus = 200 }',
        '[probes.a]\nurl = "/"\nexpect = { status = 20 }',
        '[probes.a]\nurl = "/"\nmethod = "FETCH"',
        '[probes.a]\nurl = "/"\nseverity = "P9"',
        '[probes.a]\nurl = "/"\nslo = "often"',
        '[probes.a]\nurl = "/"\nhost = "a.example"',
        '[probes.a]\nkind = "tsl"\nhost = "a.example"',
        '[probes.a]\nkind = "tcp"',
        '[probes.a]\nkind = "tls"\nhost = "a.example"\nport = 70000',
        '[probes.a]\nkind = "headers"\nurl = "/"\nexpect = { grade = "A++" }',
        '[probes.a]\nurl = "/"\nexpect = { figures = { latency = "500" } }',
        '[probes.a]\nkind = "sql"\ndatabase = "x"\npreset = "lcoks"',
        "[watch]\nquroum = 2",
        "[watch.keep]\nruns = 90",
        '[alerts.channels.a]\nkind = "slak"\nurl = "env:U"',
        '[alerts.channels.a]\nkind = "webhook"\nurl = "env:U"',
        '[alerts]\ndigest_at = "8 o\'clock"',
        '[alerts.channels.a]\nkind = "slack"\nurl = "env:U"\n[alerts.routes.r]\nchannels = ["a"]\nseverities = ["P7"]',
    ],
)
def test_typical_typos_are_refused_in_footfall_toml(text: str, tmp_path: Path) -> None:
    """By the schema, as by the loader."""
    assert refused_by_loader("footfall", SUITE + text, tmp_path)
    assert faults("footfall", SUITE + text)


BUDGETS = [
    ("journeys.checkout", "success", '"rate >= 99%"', True),
    ("journeys.checkout", "success", '"p75 >= 99%"', False),
    ("journeys.checkout", "duration", '"p50 <= baseline + 10% or baseline + 50ms"', True),
    ("journeys.checkout", "duration", '"p50 <= 10KB"', False),
    ("journeys.checkout", "duration", '"p75 =< 2s"', False),
    ("journeys.checkout", "duration", '"p75 <= 2s over 1d"', True),
    ("journeys.checkout", "duration", '"95 <= 2s"', False),
    ("journeys.checkout", "lcp", '{ warn = "p75 <= 2.5s", fail = "p75 <= 4s", severity = "P1" }', True),
    ("journeys.checkout", "lcp", '{ warn = "p75 <= 2.5s", fial = "p75 <= 4s" }', False),
    ("journeys.checkout", "lcp", '{ severity = "P1" }', False),
    ("journeys.checkout", "lcp", '{ fail = "p75 <= 4s", severity = "P9" }', False),
    ("journeys.checkout", "lcp", '{ fail = "p75 <= 4s", where = { device = "mobile" } }', True),
    ("journeys.checkout", "lcp", '{ fail = "p75 <= 4s", where = { devise = "mobile" } }', False),
    ("journeys.checkout", "lcp", '{ fail = "p75 <= 4s", min_samples = 0 }', False),
    ("journeys.checkout", "lcp", '{ fail = "p75 <= 4s", for = "soon" }', False),
    ("journeys.checkout", "lcp", '["p75 <= 4s", { warn = "max <= 8s" }]', True),
    ("journeys.checkout", "lcp", "[]", False),
    ("journeys.checkout", "lcp", "4", False),
    ("journeys.checkout", "fid", '"p75 <= 200ms"', True),
    ("journeys.checkout", "requests", '"sum <= 100"', True),
    ("journeys.checkout", "script_bytes", '"max <= 1.5 MiB"', True),
    ("journeys.checkout.steps.pay", "cls", '"p75 <= 0.1"', True),
    ("load.ci", "latency", '["p95 <= 200ms", { fail = "p99 <= 500ms", abort = true, abort_after = "5s" }]', True),
    ("load.ci", "latncy", '"p95 <= 200ms"', False),
    ("load.ci", "throughput", '"mean >= 10/s"', True),
    ("load.ci", "users", '"max >= 10000"', True),
    ("probes.health", "certificate_days", '"min >= 14"', True),
    ("probes.health", "success", '"rate >= 99.95% over 30d"', True),
    ("slo.a", "objective", '"99.9%"\njourney = "checkout"\ngood = "duration <= 5s"', True),
    ("slo.a", "objective", '"often"\njourney = "checkout"', False),
    ("slo.a", "objective", '"99.9%"', False),
    ("slo.a", "objectiv", '"99.9%"\njourney = "checkout"', False),
    ("slos.a", "objective", '"99.9%"\njourney = "checkout"', False),
]


@pytest.mark.parametrize(("table", "metric", "value", "fine"), BUDGETS)
def test_budgets_are_judged_as_the_loader_does(table: str, metric: str, value: str, fine: bool, tmp_path: Path) -> None:
    """Expressions, keys and tables of thresholds.toml: right for both or wrong for both."""
    text = f"[{table}]\n{metric} = {value}\n"
    assert (refused_by_loader("thresholds", text, tmp_path) == "", not faults("thresholds", text)) == (fine, fine)


def test_metrics_of_ones_own_may_be_budgeted() -> None:
    """A script's own metric has any unit; only the loader knows its name."""
    assert not faults("thresholds", '[journeys.checkout]\ncart_value = "mean >= 20 EUR"')
