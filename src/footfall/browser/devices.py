"""The devices that Playwright can emulate, and what a journey's `--devices` names of them."""

from __future__ import annotations

import re
from collections.abc import Collection

from footfall.errors import UsageError, did_you_mean

DESKTOP = "desktop"
_CHROME = re.compile(r"\b(Chrome|HeadlessChrome)/[0-9.]+")


def listed(text: str) -> tuple[str, ...]:
    """Return the devices of a list with commas, each once. Raises UsageError for an empty one."""
    names = tuple(dict.fromkeys(name.strip().strip("\"'") for name in text.split(",") if name.strip()))
    if not names:
        raise UsageError("--devices names no device", hint='name some, such as --devices desktop,"iPhone 15"')
    return names


def check_device(name: str, known: Collection[str]) -> None:
    """Raise UsageError with the nearest name for a device that Playwright does not know."""
    if name != DESKTOP and name not in known:
        raise UsageError(f"no device is called {name!r}", hint=did_you_mean(name, (DESKTOP, *known)))


def device_names() -> tuple[str, ...]:
    """Ask Playwright for the names of its devices, `desktop` first. Starts its driver: half a second."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        return (DESKTOP, *playwright.devices)


def true_version(user_agent: str, version: str) -> str:
    """Return a device's user agent with the engine's own version in it: Playwright's list names that of another build."""
    return _CHROME.sub(lambda match: f"{match[1]}/{version}", user_agent)
