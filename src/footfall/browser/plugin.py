"""footfall's pytest plugin: `pytest journeys` measures, with all of pytest-playwright's own flags.

Loaded into every pytest session where footfall is installed, so nothing heavy is imported, and nothing is done, unless a test
asks for the `journey` fixture.
"""

from __future__ import annotations

import os

import pytest

WARM_UP_ID = "warmup"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add footfall's own options."""
    group = parser.getgroup("footfall", "footfall: journeys")
    group.addoption(
        "--iterations", type=int, default=None, metavar="N", help="walk each journey N times, each in a fresh context (default: 1)"
    )
    group.addoption(
        "--warm-up",
        type=int,
        default=None,
        choices=(0, 1),
        help="walk each journey once before, uncounted (default: 1 with --iterations, else 0)",
    )
    group.addoption("--target", default=None, metavar="NAME", help="the target of footfall.toml to measure (default: its default_target)")
    group.addoption(
        "--journey-timeout", type=float, default=None, metavar="S", help="end a walk after S seconds (default: footfall.toml's)"
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and, behind pytest-playwright's, the fixtures."""
    config.addinivalue_line("markers", "journey(**kwargs): facts about a journey (safe_in_production=True, owner=…)")
    options = config.option
    if options.iterations is not None and options.iterations < 1:
        raise pytest.UsageError("--iterations needs a number from 1 on")
    options.warm_up = (0 if options.iterations is None else 1) if options.warm_up is None else options.warm_up
    if config.pluginmanager.hasplugin("playwright"):
        from footfall.browser import fixtures, hooks  # noqa: PLC0415  # Playwright is loaded by now: its own plugin did it

        config.pluginmanager.register(fixtures, "footfall-fixtures")
        config.pluginmanager.register(hooks.JourneyHooks(config, os.environ), "footfall-hooks")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Walk a journey as often as asked; each walk is a test of its own."""
    iterations, warm_up = metafunc.config.option.iterations, metafunc.config.option.warm_up
    if "journey" in metafunc.fixturenames and (iterations or warm_up):
        walks = range(1 - warm_up, (iterations or 1) + 1)
        metafunc.parametrize("_footfall_iteration", walks, ids=[str(walk) if walk else WARM_UP_ID for walk in walks], indirect=True)
