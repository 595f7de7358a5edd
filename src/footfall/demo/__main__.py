"""`python -m footfall.demo`: Corner as a process of its own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from footfall.demo import DemoOptions, serve


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m footfall.demo", description="Corner, the embedded shop")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: this machine only)")
    parser.add_argument("--port", type=int, default=8300, help="the shop's port; 0 takes a free one")
    parser.add_argument("--payment-port", type=int, help="the payment provider's port (default: 8301, or a free one with --port 0)")
    parser.add_argument("--data", type=Path, help="folder of the database; without it a temporary one")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[=VALUE]", help="a fault, on from the start; may be repeated")
    parser.add_argument("--announce", action="store_true", help="print one JSON line when ready")
    parser.add_argument("--die-with-parent", action="store_true", help="end when stdin ends")
    given = parser.parse_args(arguments)
    return serve(
        DemoOptions(
            host=given.host,
            port=given.port,
            payment_port=given.payment_port,
            data=given.data,
            faults=tuple(given.fault),
            announce=given.announce,
            die_with_parent=given.die_with_parent,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
