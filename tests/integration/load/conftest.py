"""A running site and an empty suite for the load tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.load.server import Site, running_site


@pytest.fixture
def site() -> Iterator[Site]:
    """A running site, fresh for each test."""
    with running_site() as site:
        yield site


def lay_out(folder: Path) -> Path:
    """Make an empty suite whose only target is the embedded shop."""
    (folder / "loadtests").mkdir(parents=True)
    (folder / "journeys").mkdir()
    (folder / "footfall.toml").write_text('[suite]\nname = "Test"\n\n[targets.corner]\ndemo = true\n', "utf-8")
    return folder


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """An empty suite, fresh for each test."""
    return lay_out(tmp_path / "suite")


@pytest.fixture(scope="module")
def lasting_suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty suite for all tests of a module."""
    return lay_out(tmp_path_factory.mktemp("lasting") / "suite")
