"""Whether a cache on the way, such as a CDN's, answered a request: read from the headers of the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_SAYS = {
    # developers.cloudflare.com/cache/concepts/cache-responses: stale and revalidated answers come from its cache too.
    "cf-cache-status": re.compile(r"^(HIT|STALE|UPDATING|REVALIDATED)$", re.IGNORECASE),
    # vercel.com/docs/headers/response-headers: REVALIDATED came from the origin.
    "x-vercel-cache": re.compile(r"^(HIT|STALE|PRERENDER)$", re.IGNORECASE),
    # Fastly's, CloudFront's, Akamai's, Varnish's and Squid's; one word for each cache on the way: `MISS, HIT`, `TCP_MEM_HIT from …`.
    "x-cache": re.compile(r"hit(?![a-z])", re.IGNORECASE),
}


def from_cache(headers: Mapping[str, str]) -> bool | None:
    """Return whether a cache answered, None where no header tells. Header names are in small letters.

    `Cache-Status` (RFC 9211) comes first, then the headers of known networks, then an `Age` above 0.
    """
    if "cache-status" in headers:
        return _any_hit(headers["cache-status"])
    for name, hit in _SAYS.items():
        if name in headers:
            return hit.search(headers[name].strip()) is not None
    age = headers.get("age", "").strip()
    return True if age.isdigit() and int(age) > 0 else None


def _any_hit(status: str) -> bool:
    """Whether one of the caches of a Cache-Status has the parameter `hit` (`hit=?0` says no): `origin; fwd=miss, edge; hit; ttl=30`."""
    caches = _QUOTED.sub("", status).split(",")
    parameters = (part.strip().lower() for cache in caches for part in cache.split(";")[1:])
    return any(part in {"hit", "hit=?1"} for part in parameters)
