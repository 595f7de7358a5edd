"""The HTTP client of the probes: what a target's requests carry, and what a probe's own do, goes to nobody else."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urljoin

import httpx

from footfall.config.suite import ProbeSpec
from footfall.probe.body import UNPACKED
from footfall.probe.phases import Phases, timed_transport


def client_of(spec: ProbeSpec, base_url: str, headers: Mapping[str, str], phases: Phases | None = None) -> httpx.AsyncClient:
    """Return a client that sends `headers` to the target at `base_url`, and the probe's own to the site that it asks.

    A redirect, or a picture that a page takes from another site, takes neither with it: they may hold secrets.
    """
    return httpx.AsyncClient(
        transport=timed_transport(phases or Phases()),
        follow_redirects=spec.redirects,
        headers=UNPACKED,
        timeout=spec.timeout_s,
        event_hooks={"request": [_dressed(origin(base_url), headers, origin(urljoin(base_url + "/", spec.url)), spec.headers)]},
    )


def _dressed(home: str, headers: Mapping[str, str], asked: str, own: Mapping[str, str]) -> Callable[[httpx.Request], Awaitable[None]]:
    async def dress(request: httpx.Request) -> None:
        for name in (*headers, *own):
            request.headers.pop(name, None)
        here = origin(str(request.url))
        if here == home:
            request.headers.update(headers)
        if here == asked:
            request.headers.update(own)

    return dress


@functools.lru_cache(maxsize=4096)
def origin(url: str) -> str:
    """Return scheme, host and port, by which secrets are a site's own; what is no URL is the client's to refuse."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return ""
    return f"{parsed.scheme}://{parsed.host}:{parsed.port}"
