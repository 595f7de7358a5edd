"""Ends a Locust process for something that a user can mend, and says what is wrong in a locustfile."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from footfall.errors import FootfallError, ScriptError
from footfall.store.spool import Recorder, join_run


def refuse(error: FootfallError) -> NoReturn:
    """End this process; see `tell`."""
    tell(error)
    raise SystemExit(error.exit_code)


def tell(error: FootfallError) -> None:
    """Tell the reason to the parent, through the spool, and to people on stderr."""
    joined = join_run(os.environ)
    if joined is not None:
        with Recorder(joined[1], f"load-{os.getpid()}") as recorder:
            recorder.event("script_error", error.message, error=type(error).__name__, hint=error.hint or "")
    sys.stderr.write(f"footfall: {error.message}\n" + (f"  {error.hint}\n" if error.hint else ""))


def script_error(error: Exception, *, about: str = "the profile does not load") -> ScriptError:
    """Say what is wrong in a locustfile: the last of its own lines that led there, or what it is `about`, and the reason."""
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:
        return ScriptError(f"{_short(error.filename)}:{error.lineno}: {error.msg}", hint=(error.text or "").strip() or None)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users_own(frame.filename)]
    if not own:
        return ScriptError(f"{about}: {reason}")
    return ScriptError(f"{_short(own[-1].filename)}:{own[-1].lineno}: {reason}", hint=own[-1].line or None)


def _is_users_own(filename: str) -> bool:
    path = Path(filename)
    return (
        path.is_file()
        and "site-packages" not in path.parts
        and not path.is_relative_to(Path(sys.base_prefix))
        and "footfall/load" not in filename
    )


def _short(filename: str) -> str:
    path, here = Path(filename), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
