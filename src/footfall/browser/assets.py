"""The browser libraries that the wheel carries (hatch_build.py fetches and makes them when footfall is installed)."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from footfall.errors import FootfallError


def web_vitals() -> str:
    """Return the source of Google's web-vitals, attribution build: a script that defines the global `webVitals`.

    Raises FootfallError when footfall was not installed but only copied.
    """
    return _asset("web-vitals.attribution.iife.js")


def minified(collector: str) -> str:
    """Return what was made of the collector's source when footfall was installed, or the source itself where it has changed since."""
    mark, _, short = _asset("collector.min.js").partition("\n")
    return short if mark == f"//{hashlib.sha256(collector.encode()).hexdigest()}" else collector


@cache
def _asset(name: str) -> str:
    try:
        return files("footfall").joinpath("assets", name).read_text(encoding="utf-8")
    except OSError as error:
        raise FootfallError(
            f"footfall's own file assets/{name} is missing",
            hint="it is fetched when footfall is installed: run `pip install .` (or `pip install -e .`) in its checkout again",
        ) from error
