"""Switching faults while Corner runs: `/_faults`, for the same machine and with the token only."""

from __future__ import annotations

import ipaddress
import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo.faults import NAMES, FaultError, Faults
from footfall.demo.refusals import Fields, Refusal, not_found
from footfall.demo.web.http import Json, read_json
from footfall.demo.web.site import site_of


def _faults(request: Request) -> Faults:
    site, host = site_of(request), request.client.host if request.client else ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not local or not secrets.compare_digest(token.encode(), site.token.encode()):
        raise Refusal(403, "not_allowed", "Faults are switched from the same machine, with the token that --announce prints.")
    return site.faults


async def show(request: Request) -> Response:
    """What is on."""
    return Json({"faults": _faults(request).active()})


async def switch_on(request: Request) -> Response:
    """One more fault."""
    faults, fields = _faults(request), Fields(await read_json(request))
    text = fields.text("fault", most=200)
    fields.done()
    try:
        faults.set(text)
    except FaultError as error:
        raise Refusal(422, "invalid", str(error), {"fault": str(error)}) from None
    return Json({"faults": faults.active()})


async def switch_off(request: Request) -> Response:
    """One fault off, or all."""
    faults, name = _faults(request), request.path_params.get("name")
    if name is not None and name not in NAMES:
        raise not_found("fault")
    faults.clear(name)
    return Json({"faults": faults.active()})


ROUTES = [
    Route("/_faults", show, methods=["GET"]),
    Route("/_faults", switch_on, methods=["POST"]),
    Route("/_faults", switch_off, methods=["DELETE"]),
    Route("/_faults/{name}", switch_off, methods=["DELETE"]),
]
