"""Find a browser and start it: Playwright's own, else one that is installed on the machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, BrowserType, Error

from footfall.errors import BrowserMissingError

VARIABLE = "FOOTFALL_BROWSER"
"""Names a browser's executable; it then comes before all others."""

_SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
"""Chromium without a window, as Playwright's own is. A whole one opens a window for each context, whose address bar alone has pages of
400 scripts to load (Chromium 156) while the journey's first one does: a walk takes half as long, and half the processor, without it."""
_COMMANDS = ("google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "microsoft-edge-stable", "microsoft-edge")
_APPLICATIONS = ("Google Chrome", "Chromium", "Microsoft Edge")
_PREFIX = re.compile(r"^-? ?\[pid=\d+\]\[err\] (?:\[[^\]]*\] ?)?")
_ABSENT = ("Executable doesn't exist", "is not found at")


def installed(*, windowless: bool = False) -> Iterator[Path]:
    """Yield the browsers of Chromium's family that are installed on this machine, best first; `windowless` ones where none is needed."""
    for command in (*_SHELLS, *_COMMANDS) if windowless else _COMMANDS:
        path = shutil.which(command)
        if path:
            yield Path(path)
    for name in _APPLICATIONS:
        application = Path("/Applications", f"{name}.app", "Contents", "MacOS", name)
        if application.is_file():
            yield application


def is_absent(said: str) -> bool:
    """Whether Playwright says that a browser is not there, rather than that it does not start."""
    return any(sign in said for sign in _ABSENT)


def start(
    browser_type: BrowserType,
    options: Mapping[str, Any],
    environment: Mapping[str, str],
    launch: Callable[..., Browser] | None = None,
) -> tuple[Browser, str]:
    """Start a browser; return it and what it is ("Playwright's own chromium", or a path).

    `options` are Playwright's launch options; one that names an executable or a channel is taken at its word. `launch` stands
    in for `browser_type.launch` (pytest-playwright's fixture). Raises BrowserMissingError.
    """
    launch = launch or browser_type.launch
    name = browser_type.name
    if options.get("executable_path") or options.get("channel"):
        return _started(launch, options), str(options.get("executable_path") or options["channel"])
    configured = environment.get(VARIABLE, "")
    if configured and name == "chromium":
        return _started(launch, {**options, "executable_path": _existing(configured)}), configured
    refused: BrowserMissingError | None = None
    # Playwright's debugger shows a window, whatever the options say.
    for found, path in _candidates(name, windowless=options.get("headless") is not False and not environment.get("PWDEBUG")):
        try:
            return launch(**{**options, **({"executable_path": path} if path else {})}), found
        except Error as error:
            if not is_absent(error.message):
                refused = refused or _unstartable(error, options)
    if refused is not None:
        raise refused
    raise BrowserMissingError(
        f"no {name} was found: neither Playwright's own nor an installed one", hint=f"type `playwright install {name}`{_others(name)}"
    )


@contextmanager
def relaunching(browser: Browser, launch: Callable[..., Browser], told: Callable[[], None]) -> Iterator[None]:
    """While the block lasts, let `browser.new_context` start another browser when the one before is gone; `told` is called then."""
    browsers = [browser]
    makers = [browser.new_context]

    def new_context(**options: Any) -> BrowserContext:
        if not browsers[-1].is_connected():
            told()
            browsers.append(launch())
            makers.append(browsers[-1].new_context)
        return makers[-1](**options)

    browser.new_context = new_context  # type: ignore[method-assign]  # what pytest-playwright makes its contexts with
    try:
        yield
    finally:
        for later in browsers[1:]:
            with suppress(Error):  # gone too
                later.close()


def _candidates(name: str, *, windowless: bool) -> Iterator[tuple[str, str]]:
    """Yield what there is to try, as (what it is, its path or nothing): Playwright's own first, for it is the best known."""
    yield f"Playwright's own {name}", ""
    for path in installed(windowless=windowless) if name == "chromium" else ():
        yield str(path), str(path)


def _others(name: str) -> str:
    return (
        f", or install Chrome or Chromium (Debian: `apt-get install chromium`), or set {VARIABLE}=/path/to/it" if name == "chromium" else ""
    )


def _existing(configured: str) -> str:
    path = shutil.which(configured)
    if path is None:
        raise BrowserMissingError(
            f"{VARIABLE} names {configured}, which is not an executable file", hint=f"set {VARIABLE} to a browser, or unset it"
        )
    return path


def _started(launch: Callable[..., Browser], options: Mapping[str, Any]) -> Browser:
    try:
        return launch(**options)
    except Error as error:
        raise _unstartable(error, options) from error


def _unstartable(error: Error, options: Mapping[str, Any]) -> BrowserMissingError:
    lines = [line.strip() for line in error.message.splitlines() if line.strip()]
    said = next((line for line in lines if "ERROR:" in line or "error while" in line), lines[0] if lines else "")
    reason = _PREFIX.sub("", said)[:300]
    hint = "`footfall doctor` shows what is missing"
    if options.get("headless") is False:
        hint = "there is no screen here: start it under `xvfb-run`, or leave out --headed"
    elif "shared librar" in error.message or "missing dependencies" in error.message:
        hint = "the system lacks libraries that it needs: type `sudo .venv/bin/playwright install-deps chromium`"
    return BrowserMissingError(f"the browser could not be started: {reason}", hint=hint)
