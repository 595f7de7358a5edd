"""Headers tell whether a cache answered."""

from __future__ import annotations

import pytest

from footfall.browser.cached import from_cache


@pytest.mark.parametrize(
    ("headers", "cached"),
    [
        ({}, None),
        ({"cache-control": "max-age=60", "etag": '"a"'}, None),
        ({"age": "0"}, None),  # a cache that just asked writes it too
        ({"age": "17"}, True),
        ({"age": "-3"}, None),
        ({"age": "soon"}, None),
        ({"cf-cache-status": "HIT"}, True),
        ({"cf-cache-status": "REVALIDATED"}, True),
        ({"cf-cache-status": "EXPIRED"}, False),
        ({"cf-cache-status": "DYNAMIC", "age": "3"}, False),
        ({"x-vercel-cache": "PRERENDER"}, True),
        ({"x-vercel-cache": "REVALIDATED"}, False),
        ({"x-cache": "Hit from cloudfront"}, True),
        ({"x-cache": "RefreshHit from cloudfront"}, True),
        ({"x-cache": "Miss from cloudfront"}, False),
        ({"x-cache": "MISS, HIT"}, True),
        ({"x-cache": "TCP_MEM_HIT from a23-1-2-3"}, True),
        ({"x-cache": "TCP_MISS from white-cache"}, False),  # no word of its own
        ({"cache-status": "OriginCache; fwd=uri-miss, CDN; hit; ttl=30"}, True),
        ({"cache-status": '"edge, hit; 1"; fwd=stale; detail="; hit"'}, False),
        ({"cache-status": "edge; hit=?0"}, False),
        ({"cache-status": "edge; fwd=miss; stored", "age": "9"}, False),
        ({"cache-status": "hit"}, False),  # a cache of that name
    ],
)
def test_what_headers_say(headers: dict[str, str], cached: bool | None) -> None:
    """A standard header comes before those of networks, these before the age; where none tells, nothing is said."""
    assert from_cache(headers) is cached
