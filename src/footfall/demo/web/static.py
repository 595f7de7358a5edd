"""Style sheets, scripts and pictures, from memory, with the caching headers that a real shop has."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import pictures
from footfall.demo.refusals import not_found
from footfall.demo.web.http import known, takes_gzip
from footfall.demo.web.site import site_of

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"
_PICTURE = re.compile(r"([a-z]+[0-9]?)-([0-9]{2,4})\.jpg")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it goes over the wire."""

    plain: bytes
    packed: bytes
    kind: str
    version: str


@cache
def _assets() -> dict[str, Asset]:
    """Every file there is, by its name."""
    return {file.name: _pack(file.read_bytes(), file.name) for file in resources.files("footfall.demo").joinpath("static").iterdir()}


def _pack(plain: bytes, name: str) -> Asset:
    return Asset(plain, gzip.compress(plain, 9, mtime=0), _TYPES[name.rpartition(".")[2]], hashlib.sha256(plain).hexdigest()[:12])


def asset(name: str) -> str:
    """The address of a file, which changes with its content."""
    return f"/static/{name}?v={_assets()[name].version}"


def _kept(request: Request, etag: str, lasting: str) -> tuple[dict[str, str], bool]:
    headers = {"ETag": etag, "Cache-Control": lasting, "X-Content-Type-Options": "nosniff"}
    return headers, known(request, etag)


async def static(request: Request) -> Response:
    """A style sheet, script or drawing."""
    found = _assets().get(request.path_params["name"])
    if found is None:
        raise not_found("file")
    lasting = _FOREVER if request.query_params.get("v") == found.version else "no-cache"
    headers, fresh = _kept(request, f'"{found.version}"', lasting)
    if fresh:
        return Response(status_code=304, headers=headers)
    packs = takes_gzip(request.headers.get("accept-encoding", ""))
    headers |= {"Vary": "Accept-Encoding", **({"Content-Encoding": "gzip"} if packs else {})}
    return Response(found.packed if packs else found.plain, headers=headers, media_type=found.kind)


async def favicon(request: Request) -> Response:
    """Browsers ask for it whatever the page says."""
    del request
    return Response(status_code=204)


async def picture(request: Request) -> Response:
    """A picture in one of its widths, painted when it is first asked for."""
    match = _PICTURE.fullmatch(request.path_params["name"])
    if match is None or not pictures.exists(match[1], int(match[2])):
        raise not_found("picture")
    site, padding, (name, width) = site_of(request), 0, match.groups()
    painted = pictures.ready(name, int(width))
    data = pictures.paint(name, int(width)) if painted else await asyncio.to_thread(pictures.paint, name, int(width))
    lasting = "public, max-age=86400"
    if name == "hero" and site.faults.any:
        await asyncio.sleep(site.faults.value("late-hero") or 0)
        padding = int(site.faults.value("heavy-hero") or 0)
        lasting = "no-store"
    headers, fresh = _kept(request, f'"{name}-{width}-{len(data)}"', lasting)
    if fresh and lasting != "no-store":
        return Response(status_code=304, headers=headers)
    # Browsers ignore what follows a JPEG's end, so zeros make it as heavy as the fault says.
    return Response(data + bytes(max(0, padding - len(data))), headers=headers, media_type="image/jpeg")


ROUTES = [
    Route("/static/{name}", static),
    Route("/pictures/{name}", picture),
    Route("/favicon.ico", favicon),
]
