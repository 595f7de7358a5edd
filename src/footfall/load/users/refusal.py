"""Ends a Locust process for something that a user can mend."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from footfall.errors import FootfallError
from footfall.store.spool import Recorder, join_run


def refuse(error: FootfallError) -> NoReturn:
    """End this process: the reason is told to the parent through the spool, and to people on stderr."""
    joined = join_run(os.environ)
    if joined is not None:
        with Recorder(joined[1], f"load-{os.getpid()}") as recorder:
            recorder.event("script_error", error.message, error=type(error).__name__, hint=error.hint or "")
    sys.stderr.write(f"footfall: {error.message}\n" + (f"  {error.hint}\n" if error.hint else ""))
    raise SystemExit(error.exit_code)
