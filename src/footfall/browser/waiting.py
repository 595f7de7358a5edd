"""Looks ten times a second whether what a step waits for is there, so that the step's duration says when it came.

Playwright looks after 20, 50, 100 and 100 ms and then every 500 ms: a step that waits for something which comes after 0.3 s would last
0.8 s, and as long where it comes after 0.7 s. Within a time-out below 2.5 s `locator.wait_for()` goes on every 100 ms, so a longer one is
waited for in parts (Playwright 1.65, `retryWithProgressAndBackoff`). An `expect(…)` that fails has the whole page described each time,
30 ms of its main thread where it has 1,500 elements; so between its first looks and its last one it waits as `wait_for()` does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from inspect import signature
from itertools import repeat
from typing import Any

import pytest
from playwright.sync_api import Error
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

_PART_MS = 2400
_AT_FIRST_MS = 250
_AT_LAST_MS = 100
_STATES = {
    ("to.be.visible", False): "visible",
    ("to.be.hidden", True): "visible",
    ("to.be.hidden", False): "hidden",
    ("to.be.visible", True): "hidden",
    ("to.be.attached", False): "attached",
    ("to.be.detached", True): "attached",
    ("to.be.detached", False): "detached",
    ("to.be.attached", True): "detached",
}
"""What is expected, and whether it is not: the state that `wait_for()` can wait for. It can wait for a text, too."""


def parts(timeout: float) -> Iterable[int]:
    """Return the parts (ms) of a time-out, each short enough; of none at all (0), parts without end."""
    if timeout <= 0:
        return repeat(_PART_MS)
    count = math.ceil(timeout / _PART_MS)
    return [math.ceil(timeout / count)] * count


@contextmanager
def looking_closely(page: Any) -> Iterator[None]:
    """Let `locator.wait_for()`, and `expect(…)` of what can be waited for so, look every 100 ms while the block lasts.

    What they raise and say is Playwright's own. `page` is any page of Playwright's; it has no setting for it, so this goes between its
    two halves. A version of another kind inside looks as it does by itself.
    """
    frame: Any = type(getattr(page.main_frame, "_impl_obj", None))
    locator: Any = type(getattr(page.locator(":root"), "_impl_obj", None))
    with pytest.MonkeyPatch.context() as patch:
        if _takes(frame, "_expect", "selector", "expression", "options", "title") and _takes(locator, "wait_for", "timeout", "state"):
            patch.setattr(frame, "_expect", _expecting(frame._expect, locator))  # noqa: SLF001
            patch.setattr(locator, "wait_for", _awaiting(locator.wait_for))
        yield


def _takes(kind: type, method: str, *names: str) -> bool:
    return hasattr(kind, method) and tuple(signature(getattr(kind, method)).parameters)[1:] == names


def _expecting(expect: Callable[..., Any], locator: Callable[..., Any]) -> Callable[..., Any]:
    async def closely(frame: Any, selector: str | None, expression: str, options: dict[str, Any], title: str | None) -> Any:
        whole, wait_for = options["timeout"], _as_wait(frame, selector, expression, options, locator)
        if not wait_for or 0 < whole <= _AT_FIRST_MS:
            return await expect(frame, selector, expression, options, title)

        async def look(patience: float) -> Any:
            result = await expect(frame, selector, expression, {**options, "timeout": patience}, title)
            return {**result, "log": [_told(line, patience, whole) for line in result.get("log") or ()]}

        began = time.monotonic()
        result = await look(_AT_FIRST_MS)
        if result["matches"] != options["isNot"] or not result.get("timedOut"):
            return result
        with suppress(Error):  # that it is not there, or what else is wrong, is for the last look to say
            await wait_for(timeout=whole and whole - _AT_FIRST_MS)
        left = whole - (time.monotonic() - began) * 1e3
        return await look(whole and max(_AT_LAST_MS, math.ceil(left)))

    return closely


def _as_wait(
    frame: Any, selector: str | None, expression: str, options: dict[str, Any], locator: Callable[..., Any]
) -> Callable[..., Any] | None:
    """Return the `wait_for()` that ends when what is expected may be there, not before; None where there is none."""
    state = _STATES.get((expression, options["isNot"]))
    if selector and state:
        return partial(locator(frame, selector).wait_for, state=state)
    texts = [each.get("string") for each in options.get("expectedText") or ()]
    if selector and expression == "to.have.text" and not options["isNot"] and not options.get("useInnerText") and any(texts):
        return partial(locator(frame, selector, has_text=texts[0]).wait_for, state="attached")
    return None


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
