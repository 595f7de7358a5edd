"""Child processes that end when their parent does, however it died.

The parent holds the write end of a pipe and never writes; the child inherits the read end by `FOOTFALL_PARENT_FD`. When the
parent is gone, even by `kill -9`, the read end reports end-of-file and the child ends itself. Each child has a session of
its own, so that Ctrl-C on a terminal reaches only the parent, which then ends its children in order.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PARENT_FD = "FOOTFALL_PARENT_FD"

_GRACE_S = 10.0


class Child:
    """A running child process. `process` is the Popen; leave it to `stop` to end it."""

    def __init__(self, process: subprocess.Popen[bytes], lifeline: int) -> None:
        self.process = process
        self._lifeline = lifeline

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        return self.process.poll()

    def stop(self, *, grace_s: float = _GRACE_S) -> int:
        """End it in order: SIGINT, after `grace_s` seconds SIGTERM, then SIGKILL to all of its session. Returns its exit code."""
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                if self.process.poll() is None:
                    self.process.send_signal(number)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self.process.wait(grace_s)
        finally:  # also when a second Ctrl-C comes while one waits
            self._kill_session()
        return self.process.wait()

    def _kill_session(self) -> None:
        """Kill whatever is left of the child's session: its own children too, if it died without ending them."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let go of the lifeline: the child, if it still runs, takes it as the end of its parent. Closing twice is fine."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


@contextmanager
def running(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    stdout: IO[bytes] | int | None = None,
    stderr: IO[bytes] | int | None = None,
    lifeline_on_stdin: bool = False,
) -> Iterator[Child]:
    """Run `command` while the block lasts; when the block ends, by whatever cause, the child has ended too.

    `environment` is added to this process's own. `lifeline_on_stdin` is for a program that knows nothing of footfall and
    ends when its standard input does. Raises OSError when the command cannot be started.
    """
    reader, writer = os.pipe()
    try:
        process = subprocess.Popen(
            list(command),
            env={**os.environ, **(environment or {}), PARENT_FD: str(reader)},
            cwd=directory,
            stdin=reader if lifeline_on_stdin else subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=(reader,),
            start_new_session=True,
        )
    except BaseException:
        os.close(writer)
        raise
    finally:
        os.close(reader)
    child = Child(process, writer)
    try:
        yield child
    finally:
        try:
            child.stop()
        finally:
            child.close()


def wait_for_parents_end(environment: Mapping[str, str]) -> bool:
    """Block until the parent is gone; return False at once when this process was not started by `running`."""
    text = environment.get(PARENT_FD, "")
    if not text.isdigit():
        return False
    with contextlib.suppress(OSError):
        while os.read(int(text), 1):
            pass
    return True


def _end_after_parent(environment: Mapping[str, str]) -> None:
    if not wait_for_parents_end(environment):
        return
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(_GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def end_with_parent(environment: Mapping[str, str]) -> None:
    """In a child: interrupt this process (as Ctrl-C would) once its parent is gone, and kill it if it lingers 10 s.

    Uses a plain thread; a program under gevent must call `wait_for_parents_end` from a real one. A child is interrupted even where a
    shell's background has it ignore Ctrl-C: whoever started it ends it so.
    """
    if environment.get(PARENT_FD):
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
            with contextlib.suppress(ValueError):  # only the main thread may
                signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Thread(target=_end_after_parent, args=(dict(environment),), name="footfall-parent", daemon=True).start()
