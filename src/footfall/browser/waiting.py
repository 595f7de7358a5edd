"""Looks ten times a second whether what a step waits for is there, so that the step's duration says when it came.

Playwright looks after 20, 50, 100 and 100 ms and then every 500 ms: a step that waits for something which comes after 0.3 s would last
0.8 s, and as long where it comes after 0.7 s. Within a time-out below 2.5 s it goes on every 100 ms, so a longer one is waited for in
parts (Playwright 1.65, `retryWithProgressAndBackoff`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from inspect import signature
from itertools import repeat
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

_PART_MS = 2400


def parts(timeout: float) -> Iterable[int]:
    """Return the parts (ms) of a time-out, each short enough; of none at all (0), parts without end."""
    if timeout <= 0:
        return repeat(_PART_MS)
    count = math.ceil(timeout / _PART_MS)
    return [math.ceil(timeout / count)] * count


@contextmanager
def looking_closely(page: Any) -> Iterator[None]:
    """Let `expect(…)` and `locator.wait_for()` look every 100 ms while the block lasts; what they raise and say is Playwright's own.

    `page` is any page of Playwright's; it has no setting for it, so this goes between its two halves. A version of another kind inside
    looks as it does by itself.
    """
    frame: Any = type(getattr(page.main_frame, "_impl_obj", None))
    locator: Any = type(getattr(page.locator(":root"), "_impl_obj", None))
    with pytest.MonkeyPatch.context() as patch:
        if _takes(frame, "_expect", "selector", "expression", "options", "title") and _takes(locator, "wait_for", "timeout", "state"):
            patch.setattr(frame, "_expect", _expecting(frame._expect))  # noqa: SLF001
            patch.setattr(locator, "wait_for", _awaiting(locator.wait_for))
        yield


def _takes(kind: type, method: str, *names: str) -> bool:
    return hasattr(kind, method) and tuple(signature(getattr(kind, method)).parameters)[1:] == names


def _expecting(expect: Callable[..., Any]) -> Callable[..., Any]:
    async def closely(frame: Any, selector: str | None, expression: str, options: dict[str, Any], title: str | None) -> dict[str, Any]:
        whole, result = options["timeout"], {}
        for part in parts(whole):
            result = await expect(frame, selector, expression, {**options, "timeout": part}, title)
            if result["matches"] != options["isNot"] or not result.get("timedOut"):
                break
        return {**result, "log": [_told(line, part, whole) for line in result.get("log") or ()]}

    return closely


def _awaiting(wait_for: Callable[..., Any]) -> Callable[..., Any]:
    async def closely(locator: Any, **options: Any) -> None:
        whole, late = locator._frame._timeout(options["timeout"]), PlaywrightTimeoutError("")  # noqa: SLF001
        for part in parts(whole):
            try:
                await wait_for(locator, **{**options, "timeout": part})
            except PlaywrightTimeoutError as error:
                late = PlaywrightTimeoutError(_told(error.message, part, whole))
            else:
                return
        raise late

    return closely


def _told(text: str, part: float, whole: float) -> str:
    """Put the whole time-out where Playwright tells of its last part."""
    return text.replace(f"imeout {part:g}ms", f"imeout {whole:g}ms")
