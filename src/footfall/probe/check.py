"""One check of a probe of any kind."""

from __future__ import annotations

from collections.abc import Mapping

from footfall.config.suite import ProbeSpec
from footfall.probe import http
from footfall.probe.http import Result


async def check(spec: ProbeSpec, base_url: str, headers: Mapping[str, str]) -> Result:
    """Make one check against `base_url`, sending `headers` beside the probe's own. Never raises for what the site does."""
    return await http.check(spec, base_url, headers)
