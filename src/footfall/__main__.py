"""`python -m footfall` and `footfall`: signals are looked after before anything else is imported."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # built in: Ctrl-C may come while even `signal` is being imported
import sys

_signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # nothing is to be kept yet: end without a traceback


def main() -> int:
    """Run the command line of this process and return its exit code."""
    from footfall.cli.signals import stopping_in_order  # noqa: PLC0415  # the line above comes before any import

    with stopping_in_order():
        from footfall.cli.main import main as run  # noqa: PLC0415  # Typer takes 0.1 s

        return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
