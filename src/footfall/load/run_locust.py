"""`python -m footfall.load.run_locust …`: Locust with its own arguments, and an ending that the launcher understands.

Exit codes: 0 the profile ran to its end, 130 it was stopped early, 2 and 3 as FootfallError says (the message is an event of
kind `script_error` in the joined spool), 1 Locust refused, 75 all workers were lost, 70 a fault of footfall.
"""

from __future__ import annotations

import os
import signal
import sys

import locust.main
from gevent import monkey

from footfall.children import PARENT_FD, wait_for_parents_end
from footfall.errors import FootfallError
from footfall.load.launcher import grace_s
from footfall.load.users.install import installed
from footfall.load.users.refusal import refuse, script_error

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
        monkey.get_original("time", "sleep")(grace_s(sys.argv))
        os.kill(os.getpid(), signal.SIGKILL)


def _code(end: SystemExit) -> int:
    if installed.refused is not None:
        return installed.refused.exit_code
    if installed.outcome:
        return _CODES[installed.outcome]
    return end.code if isinstance(end.code, int) else 1


if __name__ == "__main__":
    sys.exit(main())
