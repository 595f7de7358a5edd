"""What Corner can be told at its start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """How to start Corner; port 0 takes a free one, and without `data` the database lives in a temporary directory."""

    host: str = "127.0.0.1"
    port: int = 8300
    payment_port: int | None = None  # 8301, or a free one beside a free port
    data: Path | None = None
    faults: tuple[str, ...] = ()
    announce: bool = False
    die_with_parent: bool = False
