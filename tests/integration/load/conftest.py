"""A running site and an empty suite for the load tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.load.server import Site, serve


@pytest.fixture
def site() -> Iterator[Site]:
    """A running site, fresh for each test."""
    site, ready, loop = Site(), threading.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=serve, args=(site, ready, loop), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield site
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """An empty suite whose only target is the embedded shop."""
    (tmp_path / "loadtests").mkdir()
    (tmp_path / "journeys").mkdir()
    (tmp_path / "footfall.toml").write_text('[suite]\nname = "Test"\n\n[targets.corner]\ndemo = true\n', "utf-8")
    return tmp_path
