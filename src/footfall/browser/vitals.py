"""Google's web-vitals outside of the page: what a page noted becomes its vitals.

A page that ran the library itself would be busy with it: some 120 functions that nothing has compiled yet, in each fresh context. So the
collector only notes what the browser tells, and the library reckons with it here, in a small JavaScript engine (vitals.js).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import quickjs

from footfall.browser.assets import web_vitals

_PATIENCE_S = 5
_MEMORY = 512 * 1024 * 1024
_NOTED = ("url", "until", "navigation", "hidden", "types", "names", "notes", "interactions", "unpainted")
_engines = threading.local()


def vitals_of(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the vitals of what a page noted (collector.js), as they are known so far.

    Each has a name (`lcp`), a value and, from the page's beginning, `at` (ms), whether it is a route's (`soft`), and a detail; an
    interaction has one for itself. Raises ValueError for what the collector did not write.
    """
    try:
        return list(json.loads(_engine().eval("vitalsOf")(json.dumps({name: page[name] for name in _NOTED}))))
    except (quickjs.JSException, TypeError, KeyError) as error:
        raise ValueError(f"no notes of a page: {error}") from error


def _engine() -> quickjs.Context:
    """Return this thread's engine, with the library in it."""
    if not hasattr(_engines, "context"):
        context = _engines.context = quickjs.Context()
        context.set_time_limit(_PATIENCE_S)
        context.set_memory_limit(_MEMORY)
        context.eval(f"const WEB_VITALS = {json.dumps(web_vitals())};")
        context.eval(files("footfall.browser").joinpath("vitals.js").read_text(encoding="utf-8"))
    engine: quickjs.Context = _engines.context
    return engine
