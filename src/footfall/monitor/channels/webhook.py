"""The generic webhook: JSON, signed, with a key by which a receiver can recognise a repetition."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

from footfall.clock import to_text
from footfall.monitor.channels.base import post
from footfall.monitor.letter import Letter

SIGNATURE = "X-Footfall-Signature"
TOLERANCE_S = 300.0


class Webhook:
    """Posts letters to `url`, signed with `secret`."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret

    async def send(self, letter: Letter) -> None:
        """Send a letter. Raises ChannelError."""
        body = json.dumps(_body(letter), separators=(",", ":")).encode()
        headers = {"Idempotency-Key": letter.key, SIGNATURE: sign(body, self._secret, time.time())}
        await post(self._url, body, headers)


def _body(letter: Letter) -> dict[str, object]:
    return {
        "key": letter.key,
        "kind": letter.kind,
        "title": letter.title,
        "created": to_text(letter.created),
        "alert": dict(letter.content),
        **({"test": True} if letter.content.get("test") else {}),
    }


def sign(body: bytes, secret: str, now_s: float) -> str:
    """Return `t=<seconds>,v1=<hex>`: the HMAC-SHA256 of the time, a full stop and the body, so that an old message cannot be sent again."""
    seconds = str(int(now_s))
    return f"t={seconds},v1={_digest(body, secret, seconds)}"


def _digest(body: bytes, secret: str, seconds: str) -> str:
    return hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()


def verified(body: bytes, signature: str, secret: str, now_s: float) -> bool:
    """Whether a signature is that of a body, and not older than five minutes: what a receiver does."""
    parts = dict(part.split("=", 1) for part in signature.split(",") if "=" in part)
    seconds = parts.get("t", "")
    if not seconds.isdigit() or len(seconds) > 12 or abs(now_s - int(seconds)) > TOLERANCE_S:
        return False
    return hmac.compare_digest(_digest(body, secret, seconds).encode(), parts.get("v1", "").encode("utf-8", "replace"))
