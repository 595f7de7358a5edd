"""`footfall.toml`: what runs, where and when, as typed values."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from footfall.config import kinds, scripts
from footfall.config.alerts import AlertsSpec, alerts_spec
from footfall.config.fields import Faults, Table, is_web_address, shown
from footfall.config.networks import NETWORKS
from footfall.config.toml import read
from footfall.config.watch import Watched, WatchSpec, check_circle, check_dependencies, circles, watch_spec, watched
from footfall.errors import UsageError, did_you_mean
from footfall.gate.against import COMPARABLE, COMPARED
from footfall.metrics import base_unit, parse_quantity

FILE = "footfall.toml"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
DEVICES = ("desktop",)
"""The devices of a gate that names none."""


@dataclass(frozen=True)
class Target:
    """A site to measure. Header values may be `env:NAME` (see `secrets`); `allow_load` is the most users that it may be sent."""

    name: str
    url: str | None = None
    demo: bool = False
    production: bool = False
    allow_load: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JourneyDefaults:
    """What holds for every journey: the seconds that one iteration may take, and the bytes of evidence that a run may keep."""

    timeout_s: float = 60.0
    evidence_bytes: float = 20e6


@dataclass(frozen=True)
class GateSpec:
    """What `footfall gate` measures: by default every journey and probe, and no load.

    `compare` are the metrics that `--against` compares; runs of `baseline_branch` are what a `baseline` is made of (None: of main or
    master, or of no branch where nothing is under version control). `network` slows the journeys' browser down. A journey that is still
    undecided after `iterations` is walked on, up to `most_iterations`. `figures` are probes whose figures are read once all else is done.
    """

    journeys: tuple[str, ...] = ()
    devices: tuple[str, ...] = DEVICES
    iterations: int = 5
    profile: str | None = None
    under_load: str | None = None
    probes: tuple[str, ...] = ()
    time_cap_s: float = 300.0
    compare: tuple[str, ...] = COMPARED
    baseline_branch: str | None = None
    network: str = ""
    most_iterations: int = 15
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expect:
    """What a probe's answer must be: one of `status`, these values at these JSON paths, these texts in the body, these in the headers."""

    status: tuple[int, ...] = (200,)
    json: Mapping[str, Any] = field(default_factory=dict)
    text: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ProbeSpec:
    """One probe. `url` is absolute, or a path on the target; `measure` names figures of the answer by their JSON paths.

    Redirects are followed unless `redirects` says not to. A `kind` other than HTTP has its own `options`, with what it expects under
    `expect.NAME`; `figures` are limits on what was measured, `units` name what it is measured in; `watched` says how the monitor treats it.
    """

    name: str
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    timeout_s: float = 10.0
    every_s: float = 60.0
    checks: int = 5
    expect: Expect = field(default_factory=Expect)
    measure: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    kind: str = kinds.HTTP
    options: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, kinds.Limit] = field(default_factory=dict)
    watched: Watched = field(default_factory=Watched)
    redirects: bool = True


@dataclass(frozen=True)
class Suite:
    """The folder that holds `footfall.toml` (`root`) and all that the file says; `digest` tells two versions of it apart."""

    root: Path
    name: str
    default_target: str
    targets: Mapping[str, Target]
    journeys: JourneyDefaults
    gate: GateSpec
    probes: Mapping[str, ProbeSpec]
    digest: str
    watch: WatchSpec = field(default_factory=WatchSpec)
    alerts: AlertsSpec = field(default_factory=AlertsSpec)

    def target(self, name: str | None = None) -> Target:
        """Return the target of that name, or the default one. Raises UsageError with the nearest name."""
        wanted = name or self.default_target
        if wanted not in self.targets:
            raise UsageError(f"{FILE} names no target {wanted!r}", hint=did_you_mean(wanted, self.targets))
        return self.targets[wanted]


def find_suite(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that holds `footfall.toml`. Raises UsageError when there is none."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise UsageError(f"no {FILE} in {start} or any folder above it", hint="`footfall init` lays out a suite here")


def load_suite(root: Path, devices: Collection[str] | None = None) -> Suite:
    """Read `footfall.toml` in `root`; `devices` are the known ones (None: any name will do).

    Raises ConfigError with every fault of the file.
    """
    document = read(root / FILE)
    faults = Faults(document)
    suite = read_suite(Table(faults, (), document.values), root, scripts.scan(root), devices)
    faults.raise_any()
    return replace(suite, digest=hashlib.sha256(document.text.encode()).hexdigest()[:16])


def read_suite(top: Table, root: Path, found: scripts.Scripts, devices: Collection[str] | None = None) -> Suite:
    """Take a suite out of the document's outermost table, without its digest; what is wrong is noted in the table's faults.

    Everything that the file may say is asked for here, so that a table which only listens learns all of it (`schema`).
    """
    general = top.table("suite")
    name = general.text("name", root.name)
    targets = {key: _target(key, table) for key, table in top.tables("targets")}
    default = _default_target(general, targets)
    general.end()
    if not targets:
        top.fault("targets", "no target to measure", 'expected a table such as [targets.staging] with url = "https://…"')
    defaults = _journey_defaults(top.table("journeys"))
    probes = {key: _probe(key, table) for key, table in top.tables("probes")}
    gate = _gate(top.table("gate"), found, probes, devices)
    watch = watch_spec(top.table("watch"), found, tuple(targets), tuple(probes))
    turning = circles({key: probe.watched for key, probe in probes.items()}, watch.journeys)
    known = (*probes, *found.journeys, *(f"journey:{journey}" for journey in found.journeys))
    for key, table in top.tables("probes"):
        check_dependencies(table, probes[key].watched, known)
        check_circle(table, turning.get(f"probe:{key}"))
    alerts = alerts_spec(top.table("alerts"))
    top.end()
    return Suite(root, name, default, targets, defaults, gate, probes, "", watch, alerts)


def _default_target(general: Table, targets: Mapping[str, Target]) -> str:
    wanted = general.text("default_target")
    if wanted:
        if targets and wanted not in targets:
            general.fault("default_target", f"no target is called {wanted!r}", did_you_mean(wanted, targets))
        return wanted
    if len(targets) > 1 and not general.has("default_target"):
        general.fault("default_target", "there are several targets and no default", f"expected one of {', '.join(targets)}")
    return next(iter(targets), "")


def _target(name: str, table: Table) -> Target:
    url, demo = table.text("url"), table.flag("demo")
    found = Target(
        name,
        url.rstrip("/") or None,
        demo,
        table.flag("production"),
        table.whole("allow_load", 0) or None,
        table.strings("headers"),
    )
    if not demo and not url:
        table.fault("url", "a target needs a URL", 'expected url = "https://…", or demo = true for the embedded shop')
    if demo and url:
        table.fault("url", "the embedded shop chooses its own URL", "expected either url or demo = true")
    if url and not url.startswith("env:") and not is_web_address(url):
        table.fault("url", f"{shown(url)} is not a web address", "expected one such as https://staging.example.com")
    table.end()
    return found


def _journey_defaults(table: Table) -> JourneyDefaults:
    found = JourneyDefaults(table.seconds("timeout", JourneyDefaults.timeout_s), _bytes(table, "evidence", JourneyDefaults.evidence_bytes))
    table.end()
    return found


def _bytes(table: Table, key: str, default: float) -> float:
    text = table.text(key)
    if not text:
        return default
    try:
        return parse_quantity(text, "bytes")
    except ValueError:
        table.fault(key, f"{shown(text)} is not a size", 'expected one such as "20MB"')
        return default


def _profile(table: Table, key: str, found: scripts.Scripts) -> str | None:
    name = table.text(key) or None
    if name is not None and name not in found.profiles:
        table.fault(key, f"no profile is called {name!r} (loadtests/{name}.py)", did_you_mean(name, found.profiles))
    return name


def _gate(table: Table, found: scripts.Scripts, probes: Mapping[str, ProbeSpec], devices: Collection[str] | None) -> GateSpec:
    profile = _profile(table, "profile", found)
    spec = GateSpec(
        table.names("journeys", found.journeys, "journey", tuple(found.journeys)),
        table.names("devices", devices, "device", DEVICES),
        table.whole("iterations", GateSpec.iterations),
        profile,
        _profile(table, "under_load", found),
        table.names("probes", probes, "probe", tuple(probes)),
        table.seconds("time_cap", GateSpec.time_cap_s),
        table.names("compare", COMPARABLE, "metric that can be compared", COMPARED),
        table.text("baseline_branch") or None,
        table.text("network"),
        table.whole("most_iterations", GateSpec.most_iterations),
        table.names("figures", probes, "probe"),
    )
    for name in spec.figures:
        kind = probes[name].kind if name in probes else ""
        if kind == kinds.HTTP and not probes[name].measure:
            table.fault("figures", f"the probe {name!r} measures no figures", f"expected a `measure` table in [probes.{name}]")
        elif kind and kind not in {kinds.HTTP, *kinds.MEASURING}:
            several = ", ".join((kinds.HTTP, *kinds.MEASURING))
            table.fault("figures", f"the probe {name!r} is a {kind}, which measures no figures", f"expected a probe of kind {several}")
    if spec.network and spec.network not in NETWORKS:
        table.fault("network", f"no network is called {spec.network!r}", did_you_mean(spec.network, NETWORKS))
    if not spec.compare:
        table.fault("compare", "no metric to compare", f"expected some of {', '.join(COMPARABLE)}")
    if not spec.devices:
        table.fault("devices", "no device to measure on", 'expected at least one, such as "desktop"')
    table.end()
    return spec


def _probe(name: str, table: Table) -> ProbeSpec:
    kind = kinds.kind_of(table)
    expect = table.table("expect")
    options: dict[str, Any] = {}
    if kind == kinds.HTTP:
        spec = _http_probe(name, table, expect)
    else:
        options = kinds.options_of(table, kind)
        options.update({f"expect.{key}": value for key, value in kinds.expected_of(expect, kind).items()})
        spec = ProbeSpec(
            name,
            str(options.get("url", "")),
            headers=table.strings("headers"),
            timeout_s=table.seconds("timeout", ProbeSpec.timeout_s),
            checks=table.whole("checks", ProbeSpec.checks),
        )
    measure = table.strings("measure") if kind == "sql" else _measure(table)
    found = watched(table, Watched())
    spec = replace(spec, measure=measure, units=_units(table, measure), kind=kind, options=options)
    spec = replace(spec, every_s=found.every_s, figures=kinds.limits_of(expect), watched=found)
    expect.end()
    table.end()
    return spec


def _http_probe(name: str, table: Table, expect: Table) -> ProbeSpec:
    url = table.text("url")
    if not url:
        table.fault("url", "a probe needs a URL", 'expected a path such as "/api/health", or a whole address')
    elif not url.startswith(("/", "env:")) and not is_web_address(url):
        table.fault("url", f"{shown(url)} is neither a path nor a web address", 'expected one such as "/api/health"')
    method = table.text("method", "GET").upper()
    if method not in METHODS:
        table.fault("method", f"{shown(method)} is not a method", did_you_mean(method, METHODS))
    return ProbeSpec(
        name,
        url,
        method,
        table.strings("headers"),
        table.text("body"),
        table.seconds("timeout", ProbeSpec.timeout_s),
        checks=table.whole("checks", ProbeSpec.checks),
        expect=_expect(expect),
        redirects=table.flag("redirects", default=True),
    )


def _measure(table: Table) -> Mapping[str, str]:
    measure = table.strings("measure")
    for name, path in measure.items():
        _check_json_path(table, "measure", name, path)
    return measure


def _units(table: Table, measure: Mapping[str, str]) -> Mapping[str, str]:
    """Take what figures are measured in: base units, in which they stay as they are answered, or words of one's own (`EUR`)."""
    units = table.strings("units")
    for name, unit in units.items():
        base = base_unit(unit)
        if name not in measure:
            table.fault("units", "no figure of `measure` is called so", did_you_mean(name, measure), item=name)
        elif not unit or base != unit:
            expected = (
                f'expected "{base}", and a figure in it' if base else 'expected "ratio", "ms", "bytes", "count" or a word such as "EUR"'
            )
            table.fault("units", f"figures are not kept in {shown(unit)}", expected, item=name)
    return units


def _expect(table: Table) -> Expect:
    status = table.raw("status", (int, list), "an HTTP status such as 200, or a list of them")
    statuses = tuple(status) if isinstance(status, list) else (200,) if status is None else (status,)
    if not all(isinstance(code, int) and not isinstance(code, bool) and 100 <= code <= 599 for code in statuses):
        table.fault("status", f"{shown(status)} is not an HTTP status", "expected a number from 100 to 599, or a list of them")
    text = table.raw("text", (str, list), "text, or a list of texts")
    texts = (text,) if isinstance(text, str) else tuple(text or ())
    if not all(isinstance(item, str) for item in texts):
        table.fault("text", f"{shown(text)} will not do", "expected text, or a list of texts")
    json = table.anything("json")
    for path in json:
        _check_json_path(table, "json", path, path)
    return Expect(statuses, json, texts, table.strings("headers"))


def _check_json_path(table: Table, key: str, name: str, path: str) -> None:
    import jsonpath  # noqa: PLC0415  # only suites that look into JSON need it

    try:
        jsonpath.compile(path)
    except jsonpath.JSONPathError as error:
        problem = str(error).partition("\n")[0]
        table.fault(key, f"{shown(path)} is not a JSON path: {problem}", "expected one such as $.status", item=name)
