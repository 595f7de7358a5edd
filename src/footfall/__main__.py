"""`python -m footfall` and `footfall`: signals are looked after before anything slow is imported."""

from __future__ import annotations

import sys

from footfall.cli.signals import stopping_in_order


def main() -> int:
    """Run the command line of this process and return its exit code."""
    with stopping_in_order():
        from footfall.cli.main import main as run  # noqa: PLC0415  # Typer takes 0.1 s

        return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
