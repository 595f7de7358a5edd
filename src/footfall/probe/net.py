"""Probes below HTTP: a TCP connection, a certificate, a name, a WebSocket."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import dns.asyncresolver
import dns.exception
from cryptography import x509
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidURI, WebSocketException

from footfall.config.suite import ProbeSpec
from footfall.metrics import parse_duration
from footfall.probe.client import origin
from footfall.probe.found import Found, ms_since
from footfall.probe.names import is_address, open_stream

_LARGEST = 1_000_000


def _place(options: Mapping[str, Any], base_url: str) -> tuple[str, int]:
    """Return the host and port that a probe names, or the target's."""
    site = urlsplit(base_url)
    own_port = site.port if site.scheme == "https" and not options["host"] else None
    return options["host"] or site.hostname or "", options["port"] or own_port or 443


async def tcp(spec: ProbeSpec, base_url: str, _headers: Mapping[str, str]) -> Found:
    """Connect; send something, where `send` says so, and look for `expect.text` in what comes back."""
    options, started = spec.options, time.perf_counter()
    reader, writer = await open_stream(*_place(options, base_url))
    figures = {"connect": ms_since(started)}
    try:
        if options["send"]:
            writer.write(options["send"].encode())
            await writer.drain()
        wanted = options.get("expect.text", "")
        return Found(figures, await _heard(reader, wanted) if wanted else "")
    finally:
        writer.close()


async def _heard(reader: asyncio.StreamReader, wanted: str) -> str:
    """Read until a text has come; say what came instead when the other side ends."""
    heard = b""
    while wanted.encode() not in heard:
        more = await reader.read(4096)
        heard += more
        if not more or len(heard) > _LARGEST:
            return f"the text {wanted!r} is not in the answer"
    return ""


async def tls(spec: ProbeSpec, base_url: str, _headers: Mapping[str, str]) -> Found:
    """Shake hands; `certificate_days` are left until the first certificate runs out. Trust and host name are checked apart."""
    options, place = spec.options, _place(spec.options, base_url)
    name = options["server_name"] or place[0]
    started = time.perf_counter()
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    certificate, version = await _shake_hands(place, name, blind)
    figures = {"tls": ms_since(started)}
    try:
        ends = x509.load_der_x509_certificate(certificate).not_valid_after_utc
    except (ValueError, x509.InvalidVersion) as error:
        return Found(figures, f"the certificate cannot be parsed: {error}")
    figures["certificate_days"] = (ends - datetime.now(UTC)).total_seconds() / 86400
    return Found(figures, _mismatch(options, figures["certificate_days"], version) or await _distrusted(options, place, name))


async def _shake_hands(place: tuple[str, int], name: str, context: ssl.SSLContext) -> tuple[bytes, str]:
    _, writer = await open_stream(*place, ssl=context, server_hostname=name)
    try:
        found: ssl.SSLObject = writer.get_extra_info("ssl_object")
        return found.getpeercert(binary_form=True) or b"", found.version() or ""
    finally:
        writer.transport.abort()


def _mismatch(options: Mapping[str, Any], days: float, version: str) -> str:
    wanted = options.get("expect.protocol", "")
    if wanted and version != wanted:
        return f"the protocol is {version}, expected {wanted}"
    least = float(options.get("expect.days", 0))
    if days < least or days < 0:
        return (
            f"the certificate ends in {days:.1f} days, expected at least {least:g}"
            if days >= 0
            else f"the certificate ended {-days:.1f} days ago"
        )
    return ""


async def _distrusted(options: Mapping[str, Any], place: tuple[str, int], name: str) -> str:
    """Say why the certificate's chain or host name does not hold; nothing where that is not asked for (`expect.trusted = false`)."""
    if not options.get("expect.trusted", True):
        return ""
    try:
        await _shake_hands(place, name, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        return f"the certificate is not trusted: {error.verify_message}"
    return ""


async def dns_record(spec: ProbeSpec, base_url: str, _headers: Mapping[str, str]) -> Found:
    """Look a name up; `expect.records` must all be among the answers."""
    options = spec.options
    name = options["name"] or urlsplit(base_url).hostname or ""
    if is_address(name):
        return Found({}, f"{name} is an address: `name` says what to look up")
    resolver = dns.asyncresolver.Resolver(configure=not options["resolver"])
    if options["resolver"]:
        parts = urlsplit(f"//{options['resolver']}")
        resolver.nameservers, resolver.port = [parts.hostname or ""], parts.port or 53
    resolver.lifetime, started = spec.timeout_s, time.perf_counter()
    try:
        answer = await resolver.resolve(name, options["record"].upper())
    except (dns.exception.DNSException, ValueError) as error:
        return Found({}, f"{name} {options['record']}: {error or type(error).__name__}")
    figures = {"dns": ms_since(started), "records": float(len(answer)), "ttl": float(answer.rrset.ttl if answer.rrset else 0)}
    found = {record.to_text().strip('"').rstrip(".") for record in answer}
    missing = [record for record in options.get("expect.records", ()) if str(record).rstrip(".") not in found]
    return Found(figures, f"{', '.join(missing)} is not among {', '.join(sorted(found))}" if missing else "")


async def websocket(spec: ProbeSpec, base_url: str, headers: Mapping[str, str]) -> Found:
    """Connect, `send` something and time the answer, ping; stay `idle` for a while and see whether the line still answers."""
    options, started = spec.options, time.perf_counter()
    path = options["url"].startswith("/")
    url = re.sub("^http", "ws", f"{base_url.rstrip('/')}{options['url']}" if path else options["url"])
    own = headers if origin(re.sub("^ws", "http", url)) == origin(base_url) else {}  # as with HTTP, the target's go nowhere else
    settings: dict[str, Any] = {"max_size": _LARGEST, "open_timeout": None, "close_timeout": 1}
    try:
        async with connect(url, additional_headers={**own, **spec.headers}, **settings) as line:
            figures = {"connect": ms_since(started)}
            problem = await _talk(line, options, figures)
            if options["idle"]:
                await asyncio.sleep(parse_duration(options["idle"]) / 1000)
            asked = time.perf_counter()
            await (await line.ping())
            figures["round_trip"] = ms_since(asked)
            return Found(figures, problem)
    except (WebSocketException, InvalidURI) as error:
        return Found({}, f"{error or type(error).__name__}")


async def _talk(line: Any, options: Mapping[str, Any], figures: dict[str, float]) -> str:
    wanted = options.get("expect.text", "")
    if not (options["send"] or wanted):
        return ""
    asked = time.perf_counter()
    if options["send"]:
        await line.send(options["send"])
    heard = str(await line.recv())
    figures["answer"] = ms_since(asked)
    return "" if wanted in heard else f"the answer is {heard[:100]!r}, expected {wanted!r} in it"
