"""Names become addresses, in threads that only look names up: a look-up blocks, and some hang for half a minute."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from typing import Any

from footfall.threads import Threads

_RESOLVERS = Threads("footfall-dns", 64)


def is_address(host: str) -> bool:
    """Whether there is nothing to look up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host, best first, each once. Raises OSError with words for a user."""
    if is_address(host):
        return [host]
    try:
        found = await _RESOLVERS.run(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except OSError as error:
        raise OSError(f"the name {host} cannot be resolved: {error.strerror or error}") from error
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


async def open_stream(host: str, port: int, **tls: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first of a host's addresses that answers; `tls` as for asyncio's own. Raises OSError, the last address's."""
    *others, last = await addresses(host, port)
    for address in others:
        try:
            return await asyncio.open_connection(address, port, **tls)
        except ssl.SSLError:
            raise
        except OSError:
            continue
    return await asyncio.open_connection(last, port, **tls)
