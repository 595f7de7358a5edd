"""JSON Schemas (draft 7, which editors know best) of `footfall.toml` and `thresholds.toml`, made by the code that reads these files.

`footfall.toml` and objectives: their readers are run on a table that listens. Budgets: from the catalogue of metrics and the keys of a
budget. What a schema cannot say (names of this suite's journeys, two keys that exclude each other) `footfall budgets check` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from footfall.config import kinds, patterns
from footfall.config.alerts import KINDS as CHANNELS
from footfall.config.listening import NAMED, Listening
from footfall.config.meanings import meaning
from footfall.config.networks import NETWORKS
from footfall.config.objectives import read_slo
from footfall.config.scripts import Scripts
from footfall.config.suite import METHODS, read_suite
from footfall.config.watch import SEVERITIES
from footfall.gate import budget
from footfall.gate.keys import dotted
from footfall.metrics import JOURNEY_METRICS, LOAD_METRICS, OLD_NAMES, PROBE_METRICS, STEP_METRICS, Kind, Metric, Source

Schema = dict[str, Any]
DRAFT = "http://json-schema.org/draft-07/schema#"
FILES = ("footfall", "thresholds")
"""The names of the two schemas."""


def schema(name: str) -> Schema:
    """Return the schema of one of FILES. Raises KeyError for any other name."""
    return {"footfall": footfall_schema, "thresholds": thresholds_schema}[name]()


def footfall_schema() -> Schema:
    """Return the schema of `footfall.toml`."""
    found = _listened(kinds.HTTP)
    found["properties"]["probes"]["additionalProperties"] = _probe_of_any_kind()
    channel = found["properties"]["alerts"]["properties"]["channels"]["additionalProperties"]
    channel["required"] = ["kind"]
    channel["allOf"] = [_when_kind(kind, {"required": list(needs)}) for kind, needs in CHANNELS.items()]
    target = found["properties"]["targets"]
    target["minProperties"] = 1
    target["additionalProperties"]["anyOf"] = [
        {"required": ["url"]},
        {"required": ["demo"], "properties": {"demo": {"const": True}}},
    ]
    return {"$schema": DRAFT, "title": "footfall.toml", "description": "What runs, where and when.", **found, "required": ["targets"]}


def _listened(kind: str) -> Schema:
    """Return what the reader of `footfall.toml` asks for where probes are of one kind."""
    top = Listening(pretend={f"probes.{NAMED}.kind": kind})
    read_suite(top, Path(NAMED), Scripts())
    found = top.schema()
    _narrow(found, ())
    return found


def _probe_of_any_kind() -> Schema:
    """Return the schema of a probe: all keys for completion, and for each kind those that it truly has."""
    each = {kind: _listened(kind)["properties"]["probes"]["additionalProperties"] for kind in (kinds.HTTP, *kinds.KINDS)}
    every_key: Schema = {}
    for probe in each.values():
        every_key.update({key: {"description": shape.get("description", "")} for key, shape in probe["properties"].items()})
    every_key["kind"] = each[kinds.HTTP]["properties"]["kind"]
    for kind, probe in each.items():
        probe["required"] = list(kinds.KINDS[kind].needs) if kind in kinds.KINDS else ["url"]
    return {
        "type": "object",
        "properties": every_key,
        "allOf": [_when_kind(kind, probe, or_none=kind == kinds.HTTP) for kind, probe in each.items()],
    }


def _when_kind(kind: str, then: Schema, *, or_none: bool = False) -> Schema:
    return {"if": {"properties": {"kind": {"const": kind}}, **({} if or_none else {"required": ["kind"]})}, "then": then}


def _words(*words: str) -> Schema:
    return {"enum": list(words)}


def _any_case(*words: str) -> Schema:
    return {"enum": [*words, *(word.lower() for word in words)]}


_ONE_OR_MORE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_CHANNEL_NAMES: Schema = {
    "propertyNames": {"pattern": patterns.DURATION},
    "additionalProperties": {**_ONE_OR_MORE},
}
_STATUS = {"type": "integer", "minimum": 100, "maximum": 599}
_NARROWED: Mapping[str, Schema] = {
    "targets.NAME.url": {"pattern": r"^(https?://[^\s/]|env:)"},
    "journeys.evidence": {"pattern": patterns.SIZE},
    "gate.network": _words(*NETWORKS),
    "probes.NAME.kind": _words(kinds.HTTP, *kinds.KINDS),
    "probes.NAME.method": _any_case(*METHODS),
    "probes.NAME.record": _any_case(*kinds.RECORDS),
    "probes.NAME.preset": _words(*kinds.SQL_PRESETS),
    "probes.NAME.port": {"minimum": 1, "maximum": 65535},
    "probes.NAME.grace": {"pattern": patterns.DURATION},
    "probes.NAME.idle": {"pattern": patterns.DURATION},
    "probes.NAME.expect.grade": _words(*kinds.GRADES),
    "probes.NAME.expect.figures": {"additionalProperties": {"type": "string", "pattern": patterns.FIGURE_LIMIT}},
    "probes.NAME.expect.status": {"minimum": 100, "maximum": 599, "items": _STATUS},
    "probes.NAME.expect.text": {"items": {"type": "string"}},
    "probes.NAME.expect.records": {"items": {"type": "string"}},
    "probes.NAME.expect.present": {"items": {"type": "string"}},
    "alerts.channels.NAME.kind": _words(*CHANNELS),
    "alerts.routes.NAME.escalate": _CHANNEL_NAMES,
    "alerts.digest_at": {"pattern": patterns.TIME_OF_DAY},
    **{f"alerts.{name}_hours.{key}": {"pattern": patterns.TIME_OF_DAY} for name in ("quiet", "business") for key in ("from", "until")},
    "watch.rechecks": {"items": {"type": "string", "pattern": patterns.DURATION}},
    **{f"{table}.severity": _words(*SEVERITIES) for table in ("probes.NAME", "watch.journeys.NAME", "watch.load.NAME")},
    **{f"{table}.slo": {"pattern": patterns.SHARE} for table in ("probes.NAME", "watch.journeys.NAME", "watch.load.NAME")},
    "slo.NAME.objective": {"pattern": patterns.SHARE},
    "slo.NAME.good": {"pattern": patterns.GOOD},
    "slo.NAME.severity": _words(*budget.SEVERITIES),
}
"""What the readers check after they took a value, and a table that listens therefore does not hear."""


def _narrow(found: Schema, path: tuple[str, ...]) -> None:
    """Add to every key of a schema what stands in _NARROWED."""
    for key, shape in found.get("properties", {}).items():
        shape.update(_NARROWED.get(dotted((*path, key)), {}))
        _narrow(shape, (*path, key))
        if isinstance(shape.get("additionalProperties"), dict):
            _narrow(shape["additionalProperties"], (*path, key, NAMED))


_BUDGET_KEYS: Mapping[str, Schema] = {
    "severity": _words(*budget.SEVERITIES),
    "owner": {"type": "string"},
    "runbook": {"type": "string"},
    "where": {
        "type": "object",
        "properties": {label: {"type": "string"} for label in budget.LABELS},
        "additionalProperties": False,
        "minProperties": 1,
    },
    "for": {"type": "string", "pattern": patterns.DURATION},
    "abort": {"type": "boolean"},
    "abort_after": {"type": "string", "pattern": patterns.DURATION},
    "min_samples": {"type": "integer", "minimum": 1, "default": 1},
    "on_missing": _words("fail", "warn", "skip"),
    "on_no_baseline": {**_words("learn", "inconclusive"), "default": "learn"},
}


def thresholds_schema() -> Schema:
    """Return the schema of `thresholds.toml`. Journeys and probes may have metrics of their own, in any unit."""
    own: Schema = {"$ref": "#/definitions/trend"}
    journey = {**JOURNEY_METRICS, **{old: JOURNEY_METRICS[new] for old, new in OLD_NAMES.items()}}
    steps = {name: metric for name, metric in journey.items() if name in STEP_METRICS or name in OLD_NAMES}
    return {
        "$schema": DRAFT,
        "title": "thresholds.toml",
        "description": "What is good enough: budgets and objectives.",
        "type": "object",
        "properties": {
            "journeys": _tables("journeys", _metrics(journey, own, steps=_tables("steps", _metrics(steps, own)))),
            "load": _tables("profiles", _metrics(LOAD_METRICS, False, requests=_tables("requests", _metrics(LOAD_METRICS, False)))),
            "probes": _tables("probes", _metrics(PROBE_METRICS, own)),
            "slo": {"description": meaning("slo"), "type": "object", "additionalProperties": _objective()},
        },
        "additionalProperties": False,
        "definitions": _definitions(),
    }


def _tables(of: str, table: Schema) -> Schema:
    return {"description": f"budgets of {of}", "type": "object", "additionalProperties": table}


def _metrics(metrics: Mapping[str, Metric], others: Schema | bool, **parts: Schema) -> Schema:
    known = {name: {"description": metric.about, "allOf": [{"$ref": f"#/definitions/{_form(metric)}"}]} for name, metric in metrics.items()}
    return {"type": "object", "properties": {**known, **parts}, "additionalProperties": others}


def _form(metric: Metric) -> str:
    return f"{metric.kind.value}-{metric.unit}"


def _definitions() -> Schema:
    """Return what may stand at a metric's key, for each kind and unit, and for a script's own metrics."""
    metrics = {_form(metric): metric for table in (JOURNEY_METRICS, LOAD_METRICS, PROBE_METRICS) for metric in table.values()}
    forms = {name: patterns.expression(metric.kind, metric.unit) for name, metric in sorted(metrics.items())}
    forms["trend"] = patterns.expression(Kind.TREND, None)
    return {
        **{f"{name}-budget": _budget(pattern) for name, pattern in forms.items()},
        **{name: _one_or_several(name) for name in forms},
    }


def _one_or_several(name: str) -> Schema:
    one = {"$ref": f"#/definitions/{name}-budget"}
    return {"if": {"type": "array"}, "then": {"items": one, "minItems": 1}, "else": one}


def _budget(pattern: str) -> Schema:
    """Return the schema of one budget: an expression or a table. Each keyword speaks of its own type only, so errors stay exact."""
    level = {"type": "string", "pattern": pattern}
    keys = {"warn": level, "fail": level, **_BUDGET_KEYS}
    return {
        "type": ["string", "object"],
        "pattern": pattern,
        "properties": {key: {"description": meaning(f"budget.{key}"), **shape} for key, shape in keys.items()},
        "additionalProperties": False,
        "anyOf": [{"type": "string"}, {"required": ["warn"]}, {"required": ["fail"]}],
    }


def _objective() -> Schema:
    listening = Listening(("slo", NAMED))
    read_slo(NAMED, listening, None, {Source.JOURNEY: (), Source.PROBE: ()})
    found = listening.schema()
    _narrow(found, ("slo", NAMED))
    return {**found, "required": ["objective"], "oneOf": [{"required": ["journey"]}, {"required": ["probe"]}]}
