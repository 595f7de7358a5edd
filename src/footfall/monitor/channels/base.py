"""What every channel has in common."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Iterable
from typing import Protocol

import httpx

from footfall.monitor.letter import Letter
from footfall.threads import Threads

TIMEOUT_S = 15.0
SENDING = Threads("footfall-channels", 16)
"""For channels whose libraries block."""
_AGAIN = frozenset({408, 409, 425, 429})


class ChannelError(Exception):
    """A letter could not be sent; `permanent` when trying again cannot help (the address or the key is wrong).

    `reached` stands for those of its people who have it all the same: the next try finds it as the content's `reached`.
    """

    def __init__(self, message: str, *, permanent: bool = False, reached: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.permanent, self.reached = permanent, tuple(reached)


class PartlySentError(ChannelError):
    """Some of a channel's people have the letter, and the others never will: it is not sent again, and they are named."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class Sender(Protocol):
    """One channel."""

    async def send(self, letter: Letter) -> None:
        """Send a letter; returns when the receiver has taken it. Raises ChannelError, PartlySentError when only some have it."""
        ...


@functools.cache
def trust() -> ssl.SSLContext:
    """The certificates that are trusted; reading them takes longer than most requests, so it is done once."""
    return ssl.create_default_context()


async def post(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Post JSON; any 2xx is a yes. Raises ChannelError, whose words leave the address out: it may be a secret."""
    sent = {"Content-Type": "application/json", "User-Agent": "footfall", **headers}
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, verify=trust()) as client:
            answer = await client.post(url, content=body, headers=sent)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ChannelError(f"no answer: {type(error).__name__}") from error
    if not answer.is_success:
        permanent = 300 <= answer.status_code < 500 and answer.status_code not in _AGAIN
        raise ChannelError(f"it answered {answer.status_code}", permanent=permanent)
