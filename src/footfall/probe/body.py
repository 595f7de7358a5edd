"""What an answer holds, read with a limit: a few kilobytes can unpack to more than any memory.

So probes ask for gzip alone, whose unpacking can be stopped at a length, and read what comes packed in another way as it came.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import httpx

LARGEST_BODY = 1_000_000
"""Bytes read of an answer; a longer one is a failed check, not a full memory."""
UNPACKED = {"Accept-Encoding": "gzip"}
"""What is asked for where the answer is read."""
AS_BROWSERS = {"Accept-Encoding": "gzip, deflate, br, zstd"}
"""What is asked for where an answer is weighed, or looked for in a cache, and not read."""
_GZIP = 16 + zlib.MAX_WBITS


class BodyError(ValueError):
    """An answer is longer than a probe reads, or cannot be unpacked."""


async def read(response: httpx.Response, most: int = LARGEST_BODY) -> bytes:
    """Return an answer's body of at most so many bytes, unpacked where it is gzip. Raises BodyError."""
    body, unpack = bytearray(), _unpacker(response.headers.get("content-encoding", ""))
    async for chunk in response.aiter_raw():
        try:
            body += unpack(chunk, most + 1 - len(body))
        except zlib.error as error:
            raise BodyError(f"the answer cannot be unpacked: {error}") from error
        if len(body) > most:
            raise BodyError(f"the answer is longer than {most:,} bytes")
    return bytes(body)


def _unpacker(packed: str) -> Callable[[bytes, int], bytes]:
    if packed.strip().lower() in {"gzip", "x-gzip"}:
        return zlib.decompressobj(_GZIP).decompress
    return lambda chunk, _most: chunk
