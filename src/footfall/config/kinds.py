"""The kinds of probes beside HTTP: what each of them takes in its `[probes.NAME]` table, and figures held against limits."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from footfall.config.fields import Table, shown
from footfall.errors import did_you_mean
from footfall.metrics import parse_duration

HTTP = "http"
INBOUND = ("heartbeat", "webhook")
"""Kinds that others call; the monitor only looks at when they last did."""
MEASURING = ("sql", "promql", "assets")
"""Kinds that measure figures of their own, also without a `measure` table."""
RECORDS = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")
SQL_PRESETS = ("connections", "locks", "slow_queries", "unused_indexes", "cache_hit_ratio", "dead_tuples")
GRADES = ("A+", "A", "B", "C", "D", "E", "F")
_COMPARATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_LIMIT = re.compile(r"(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?)\s*(%?)", re.ASCII)


@dataclass(frozen=True)
class Limit:
    """One line of `expect.figures`: `connections = "<= 80"`; a percentage is a ratio."""

    text: str
    comparator: str
    value: float

    def holds(self, figure: float) -> bool:
        """Whether a figure is within it."""
        return _COMPARATORS[self.comparator](figure, self.value)


@dataclass(frozen=True)
class Kind:
    """What a kind takes: the keys that it needs, and those that it may have, each with its default."""

    needs: tuple[str, ...]
    may: Mapping[str, Any]
    expects: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "tls": Kind((), {"host": "", "port": 0, "server_name": ""}, ("days", "protocol", "trusted")),
    "dns": Kind((), {"name": "", "record": "A", "resolver": ""}, ("records",)),
    "tcp": Kind(("port",), {"host": "", "send": ""}, ("text",)),
    "websocket": Kind(("url",), {"send": "", "idle": ""}, ("text",)),
    "headers": Kind(("url",), {}, ("grade", "present")),
    "sql": Kind(("database",), {"query": "", "preset": "", "slow_over_ms": 100}, ()),
    "promql": Kind(("url", "query"), {}, ()),
    "assets": Kind(("url",), {}, ()),
    "cdn": Kind(("url",), {}, ("hit",)),
    "heartbeat": Kind((), {"grace": "1m", "secret": ""}, ()),
    "webhook": Kind(("secret",), {"grace": "1m", "signature": "X-Footfall-Signature"}, ()),
}
"""Every kind but HTTP. `expect.figures` holds for all of them. A host or a name that is left out is the target's, and so is port 0."""


def kind_of(table: Table) -> str:
    """Take the kind of a probe."""
    kind = table.text("kind", HTTP)
    if kind != HTTP and kind not in KINDS:
        table.fault("kind", f"{shown(kind)} is no kind of probe", did_you_mean(kind, (HTTP, *KINDS)))
        return HTTP
    return kind


def options_of(table: Table, kind: str) -> dict[str, Any]:
    """Take what a kind other than HTTP has in its table and in `expect` (there as `expect.NAME`, with `figures` left to `limits_of`)."""
    described = KINDS[kind]
    options: dict[str, Any] = {name: _value(table, name, "") for name in described.needs}
    for name, value in options.items():
        if value in ("", 0):
            table.fault(name, f"a probe of kind {kind} needs it", f"expected {name} = …")
    options.update({name: _value(table, name, default) for name, default in described.may.items()})
    _check(table, kind, options)
    return options


def _value(table: Table, name: str, default: Any) -> Any:
    if name == "port" or isinstance(default, int):
        return table.whole(name, default or 0) if table.has(name) else _known(table, name, default)
    return table.text(name, default)


def _known(table: Table, name: str, default: Any) -> Any:
    table.raw(name, int, "a whole number")
    return default


def _check(table: Table, kind: str, options: Mapping[str, Any]) -> None:
    if kind == "dns" and options["record"].upper() not in RECORDS:
        table.fault("record", f"{shown(options['record'])} is no record type", did_you_mean(options["record"].upper(), RECORDS))
    if kind == "sql" and bool(options["query"]) == bool(options["preset"]):
        table.fault("query", "a SQL probe has either a query or a preset", f"presets: {', '.join(SQL_PRESETS)}")
    if kind == "sql" and options["preset"] and options["preset"] not in SQL_PRESETS:
        table.fault("preset", f"{shown(options['preset'])} is no preset", did_you_mean(options["preset"], SQL_PRESETS))
    for name in ("grace", "idle"):
        _check_duration(table, name, str(options.get(name) or "0s"))
    port = options.get("port", 1)
    if isinstance(port, int) and port > 65535:
        table.fault("port", f"{port} is no port", "expected at most 65535")


def _check_duration(table: Table, name: str, text: str) -> None:
    try:
        parse_duration(text)
    except ValueError:
        table.fault(name, f"{shown(text)} is not a duration", 'expected one such as "30s"')


def expected_of(table: Table, kind: str) -> dict[str, Any]:
    """Take the `expect` table of a kind other than HTTP, without its figures; the caller ends it."""
    wanted: dict[str, type | tuple[type, ...]] = {"days": (int, float), "records": list, "present": list, "trusted": bool, "hit": bool}
    found = {}
    for name in KINDS[kind].expects:
        value = table.raw(name, wanted.get(name, str), "another type of value")
        if value is not None:
            found[name] = value
    if found.get("grade", "A") not in GRADES:
        table.fault("grade", f"{shown(found['grade'])} is no grade", f"expected one of {', '.join(GRADES)}")
    return found


def limits_of(table: Table) -> dict[str, Limit]:
    """Take `figures`: what each figure must keep to."""
    limits = {}
    for name, text in table.strings("figures").items():
        match = _LIMIT.fullmatch(text.strip())
        if match is None:
            table.fault("figures", f"{shown(text)} is no limit", 'expected one such as "<= 80" or ">= 99%"', item=name)
        else:
            limits[name] = Limit(text, match[1], float(match[2]) / (100 if match[3] else 1))
    return limits
