"""The HTTP probe: one request, its phases, and whether the answer is what was expected."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx
import jsonpath

from footfall.config.kinds import Limit
from footfall.config.suite import Expect, ProbeSpec
from footfall.probe.body import BodyError, read
from footfall.probe.client import client_of
from footfall.probe.phases import Phases


@dataclass(frozen=True)
class Result:
    """What one check saw: `problem` is empty when all held; `phases` in ms; `measured` the figures that the probe's table names."""

    ok: bool
    latency_ms: float
    problem: str = ""
    status: int | None = None
    phases: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes


async def check(spec: ProbeSpec, base_url: str, headers: Mapping[str, str]) -> Result:
    """Make one check of `spec` against `base_url`, sending `headers` beside the probe's own. Never raises for what the site does."""
    phases = Phases()
    client = client_of(spec, base_url, headers, phases)
    started = time.perf_counter()  # the client's own making is not the site's latency
    try:
        async with client, asyncio.timeout(spec.timeout_s):
            answer = await _ask(client, spec, base_url, phases)
            latency = _ms_since(started)
    except TimeoutError:
        return Result(ok=False, latency_ms=_ms_since(started), problem=f"no whole answer within {spec.timeout_s:g} s", phases=phases.ms)
    except (httpx.HTTPError, httpx.InvalidURL, BodyError) as error:
        return Result(ok=False, latency_ms=_ms_since(started), problem=str(error) or type(error).__name__, phases=phases.ms)
    measured, unmeasured = _measure(spec.measure, answer.body)
    problem = _mismatch(spec.expect, answer) or unmeasured or beyond(spec.figures, {**phases.ms, **measured, "latency": latency})
    return Result(not problem, latency, problem, answer.status, phases.ms, measured)


def beyond(limits: Mapping[str, Limit], figures: Mapping[str, float]) -> str:
    """Say which figures are beyond their limits, or were not seen at all, or nothing."""
    missed = [
        f"{name} {f'is {figures[name]:g}' if name in figures else 'was not measured'}, expected {limit.text}"
        for name, limit in limits.items()
        if name not in figures or not limit.holds(figures[name])
    ]
    return "; ".join(missed)


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


async def _ask(client: httpx.AsyncClient, spec: ProbeSpec, base_url: str, phases: Phases) -> _Answer:
    url = urljoin(base_url + "/", spec.url)
    async with client.stream(spec.method, url, content=spec.body or None, extensions={"trace": phases.trace}) as response:
        return _Answer(response.status_code, response.headers, await read(response))


def _mismatch(expect: Expect, answer: _Answer) -> str:
    """Say what is not as expected, or nothing."""
    if expect.status and answer.status not in expect.status:
        return f"status {answer.status}, expected {' or '.join(str(status) for status in expect.status)}"
    for name, wanted in expect.headers.items():
        if wanted not in answer.headers.get(name, ""):
            return f"header {name} is {answer.headers.get(name)!r}, expected {wanted!r} in it"
    for text in expect.text:
        if text not in answer.body.decode("utf-8", "replace"):
            return f"the text {text!r} is not in the answer"
    return _json_mismatch(expect.json, answer.body)


def _json_mismatch(expected: Mapping[str, Any], body: bytes) -> str:
    if not expected:
        return ""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # a document may be nested to death
        return "the answer is not JSON"
    for path, wanted in expected.items():
        found = jsonpath.findall(path, document)
        if wanted not in found:
            return f"{path} is {_shown(found)}, expected {wanted!r}"
    return ""


def _shown(found: list[Any]) -> str:
    return "absent" if not found else repr(found[0])[:200]


def _measure(paths: Mapping[str, str], body: bytes) -> tuple[dict[str, float], str]:
    """Return the figures that the paths name, and what could not be measured."""
    if not paths:
        return {}, ""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}, "the answer is not JSON, so nothing could be measured"
    figures = {name: _figure(document, path) for name, path in paths.items()}
    missing = [f"{name} ({paths[name]})" for name, value in figures.items() if value is None]
    known = {name: value for name, value in figures.items() if value is not None}
    return known, f"no number at {', '.join(missing)}" if missing else ""


def _figure(document: Any, path: str) -> float | None:
    found = jsonpath.findall(path, document)
    number = found[0] if found else None
    if not isinstance(number, int | float) or isinstance(number, bool):
        return None
    try:
        return float(number) if math.isfinite(number) else None
    except OverflowError:  # a whole number beyond any float
        return None
