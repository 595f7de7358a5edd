"""One check of a probe of any kind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from importlib import import_module

import httpx

from footfall.config.kinds import HTTP
from footfall.config.suite import ProbeSpec
from footfall.probe import http
from footfall.probe.found import Found, ms_since
from footfall.probe.http import Result, beyond

_PLACES = {
    "tcp": ("net", "tcp"),
    "tls": ("net", "tls"),
    "dns": ("net", "dns_record"),
    "websocket": ("net", "websocket"),
    "sql": ("data", "sql"),
    "promql": ("data", "promql"),
    "headers": ("web", "security_headers"),
    "assets": ("web", "assets"),
    "cdn": ("web", "cdn"),
}
"""Where each kind's check is; a suite pays only for the libraries of the kinds that it uses."""


async def check(spec: ProbeSpec, base_url: str, headers: Mapping[str, str]) -> Result:
    """Make one check against `base_url`, sending `headers` beside the probe's own. Never raises for what the site does."""
    if spec.kind == HTTP:
        return await http.check(spec, base_url, headers)
    module, name = _PLACES[spec.kind]
    work = getattr(import_module(f"footfall.probe.{module}"), name)
    started = time.perf_counter()
    try:
        async with asyncio.timeout(spec.timeout_s):
            found: Found = await work(spec, base_url, headers)
    except TimeoutError:
        found = Found({}, f"no whole answer within {spec.timeout_s:g} s")
    except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        found = Found({}, str(error) or type(error).__name__)
    latency = ms_since(started)
    problem = found.problem or beyond(spec.figures, {**found.figures, "latency": latency})
    return Result(not problem, latency, problem, measured=found.figures)
