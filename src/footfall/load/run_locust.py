"""`python -m footfall.load.run_locust …`: Locust with its own arguments, and an ending that the launcher understands.

Exit codes: 0 the profile ran to its end, 130 it was stopped early, 2 and 3 as FootfallError says (the message is an event of
kind `script_error` in the joined spool), 1 Locust refused, 75 all workers were lost, 70 a fault of footfall.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path

import locust.main
from gevent import monkey

from footfall.children import PARENT_FD, wait_for_parents_end
from footfall.errors import FootfallError, ScriptError
from footfall.load.users.install import installed
from footfall.load.users.refusal import refuse

_GRACE_S = 10.0
_CODES = {"finished": 0, "aborted": 130, "failed": 75}


def main() -> int:
    """Run Locust and return this process's exit code."""
    if os.environ.get(PARENT_FD):
        # A real thread: Locust has patched the others, and a locustfile may hold the event loop for ever.
        monkey.get_original("_thread", "start_new_thread")(_end_with_parent, (dict(os.environ),))
        # Nobody else in this process may wait for it: Locust looks for users in pytest tests too, and so loads pytest's plugins.
        del os.environ[PARENT_FD]
    try:
        locust.main.main()
    except SystemExit as end:
        return _code(end)
    except FootfallError as error:
        refuse(error)
    except Exception as error:
        if installed.prepared:
            raise
        refuse(script_error(error))
    return 0


def _end_with_parent(environ: dict[str, str]) -> None:
    """Stop in order once the parent is gone; kill this process if that takes too long."""
    if wait_for_parents_end(environ):
        os.kill(os.getpid(), signal.SIGINT)
        monkey.get_original("time", "sleep")(_GRACE_S)
        os.kill(os.getpid(), signal.SIGKILL)


def _code(end: SystemExit) -> int:
    if installed.outcome:
        return _CODES[installed.outcome]
    return end.code if isinstance(end.code, int) else 1


def script_error(error: Exception) -> ScriptError:
    """Say what is wrong in a locustfile that does not load: the last of its own lines that led there, and the reason."""
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:
        return ScriptError(f"{_short(error.filename)}:{error.lineno}: {error.msg}", hint=(error.text or "").strip() or None)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users_own(frame.filename)]
    if not own:
        return ScriptError(f"the profile does not load: {reason}")
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


if __name__ == "__main__":
    sys.exit(main())
