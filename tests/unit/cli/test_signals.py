"""Ctrl-C: the command is stopped, and what its clean-up needs is still whole."""

import signal
import subprocess
import sys
from pathlib import Path

COMMAND = """
import time
from footfall.cli import signals

signals._PATIENCE_S = {patience_s}
with signals.stopping_in_order():
    try:
        import dependency
        time.sleep(600)
    finally:
        import dependency
        print("whole", flush=True)
"""

DEPENDENCY = """
import sys, time
if hasattr(sys, "loaded_once"):
    raise ImportError("cannot load module more than once per process")  # as NumPy says
sys.loaded_once = True
print("loading", flush=True)
time.sleep({seconds})
"""


def stop_while_loading(folder: Path, seconds: float, patience_s: float) -> tuple[int, str, str]:
    """Interrupt a command while it loads a module that takes `seconds`; return its code and what it printed after that."""
    (folder / "dependency.py").write_text(DEPENDENCY.format(seconds=seconds))
    command = [sys.executable, "-c", COMMAND.format(patience_s=patience_s)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def test_a_stop_waits_until_the_module_that_is_loading_is_whole(tmp_path: Path) -> None:
    """The clean-up can use it."""
    code, out, err = stop_while_loading(tmp_path, seconds=0.3, patience_s=30)
    assert (code, out) == (130, "whole\n"), err


def test_a_module_that_never_ends_loading_is_stopped_all_the_same(tmp_path: Path) -> None:
    """Ctrl-C is not ignored for ever."""
    code, out, err = stop_while_loading(tmp_path, seconds=600, patience_s=0.1)
    assert (code, out) == (1, ""), err
    assert "cannot load module more than once" in err
