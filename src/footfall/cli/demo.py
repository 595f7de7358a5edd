"""`footfall demo`: run Corner, the embedded shop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the shop; 0 takes a free one.")] = 8300,
    payment_port: Annotated[
        int | None, typer.Option(help="Port of the card form, which is another origin; 8301, or a free one with --port 0.")
    ] = None,
    fault: Annotated[list[str] | None, typer.Option(help="A fault to start with: `slow-payment`, `layout-shift=0.3`; repeatable.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for the shop's database; a temporary one without it.")] = None,
) -> int:
    """Run Corner, the embedded shop, until Ctrl-C.

    Try `footfall demo`, then open the address that it prints.
    """
    from footfall.demo import DemoOptions, serve  # noqa: PLC0415

    return serve(DemoOptions(host=host, port=port, payment_port=payment_port, faults=tuple(fault or ()), data=data))
