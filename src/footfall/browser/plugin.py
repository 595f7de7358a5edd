"""footfall's pytest plugin: `pytest journeys` measures, with all of pytest-playwright's own flags.

Loaded into every pytest session where footfall is installed, so nothing heavy is imported, and nothing is done, unless a test
asks for the `journey` fixture.
"""

from __future__ import annotations

import math
import os
from typing import Any

import pytest

WARM_UP_ID = "warmup"
_TYPED = "footfall_typed_url"


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
    group.addoption(
        "--first-iteration", type=int, default=1, metavar="N", help="the number of the first one, to go on with a run (default: 1)"
    )
    group.addoption("--target", default=None, metavar="NAME", help="the target of footfall.toml to measure (default: its default_target)")
    group.addoption(
        "--journey-timeout", type=float, default=None, metavar="S", help="end a walk after S seconds (default: footfall.toml's)"
    )
    group.addoption(
        "--devices", default=None, metavar="A,B", help='walk each journey on each of these devices: desktop,"iPhone 15" (default: --device)'
    )
    group.addoption(
        "--network", default=None, metavar="NAME", help="slow the network down: slow-3g, slow-4g, fast-4g, 3g, 4g, lte, dsl, cable, fios"
    )
    group.addoption("--cpu-throttle", type=float, default=None, metavar="X", help="slow the processor down X times: 4 is a mid-range phone")
    group.addoption(
        "--retries", type=int, default=0, metavar="N", help="walk a journey that failed up to N times more; one that passes then is flaky"
    )
    group.addoption("--workers", type=int, default=None, metavar="N", help="walk N iterations side by side, which falsifies the vitals")
    group.addoption(
        "--no-repeat", action="store_true", default=False, help="do not walk a journey that failed once more to record a trace of it"
    )
    group.addoption(
        "--trace-walk",
        action="store_true",
        default=False,
        help="walk each journey once, uncounted, and keep a trace of it; measure nothing",
    )
    group.addoption(
        "--traceparent",
        action="store_true",
        default=False,
        help="send the header traceparent with every request to the site (costs 6 %% and its HTTP cache)",
    )
    group.addoption("--clean-up", action="store_true", default=False, help="walk nothing: clean up what earlier runs left, and end")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Let pytest-xdist start as many workers as --workers asks for, before it looks at its own options."""
    workers = config.option.workers
    if workers is None or workers == 1 or hasattr(config, "workerinput"):
        return
    if workers < 1:
        raise pytest.UsageError("--workers needs a number from 1 on")
    if not config.pluginmanager.hasplugin("xdist"):
        raise pytest.UsageError("--workers needs pytest-xdist, which is switched off or not installed")
    config.option.numprocesses, config.option.tx, config.option.dist = workers, ["popen"] * workers, "load"


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and, behind pytest-playwright's, the fixtures."""
    config.addinivalue_line("markers", "journey(safe_in_production=True, every='5m', owner='…'): facts about a journey")
    options = config.option
    if options.iterations is not None and options.iterations < 1:
        raise pytest.UsageError("--iterations needs a number from 1 on")
    if options.first_iteration < 1:
        raise pytest.UsageError("--first-iteration needs a number from 1 on")
    if options.retries < 0:
        raise pytest.UsageError("--retries needs a number from 0 on")
    if options.journey_timeout is not None and not 0 < options.journey_timeout < math.inf:
        raise pytest.UsageError("--journey-timeout needs a number of seconds above 0")
    options.warm_up = (0 if options.iterations is None else 1) if options.warm_up is None else options.warm_up
    options.typed_url = config.workerinput.get(_TYPED) if hasattr(config, "workerinput") else _typed_url(config)
    if config.pluginmanager.hasplugin("playwright"):
        _register(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker which base URL was typed: it sees no command line."""
    node.workerinput[_TYPED] = node.config.option.typed_url


def _typed_url(config: pytest.Config) -> str | None:
    """Return the base URL that was typed, not one that pytest.ini or the environment has for all sessions, or None."""
    typed = any(argument.partition("=")[0] == "--base-url" for argument in map(str, config.invocation_params.args))
    return config.getoption("base_url", None) if typed else None


def _register(config: pytest.Config) -> None:
    from footfall.browser import devices, fixtures, hooks, workers  # noqa: PLC0415  # Playwright is loaded by now: its own plugin did it
    from footfall.errors import FootfallError  # noqa: PLC0415

    config.pluginmanager.register(fixtures, "footfall-fixtures")
    try:
        config.option.device_list = devices.listed(config.option.devices) if config.option.devices else ()
    except FootfallError as error:
        workers.leave(error)
    if (config.option.workers or 1) > 1 and not workers.is_worker(config):
        config.pluginmanager.register(workers.Conductor(config, os.environ, os.cpu_count() or 1), "footfall-hooks")
    else:
        config.pluginmanager.register(hooks.JourneyHooks(config, os.environ), "footfall-hooks")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Walk a journey as often, and on as many devices, as asked; each walk is a test of its own."""
    options = metafunc.config.option
    if "journey" not in metafunc.fixturenames:
        return
    if options.iterations or options.warm_up:
        first = options.first_iteration
        walks = [*range(1 - options.warm_up, 1), *range(first, first + (options.iterations or 1))]
        metafunc.parametrize("_footfall_iteration", walks, ids=[str(walk) if walk else WARM_UP_ID for walk in walks], indirect=True)
    if getattr(options, "device_list", ()):
        metafunc.parametrize("device", options.device_list, scope="session", indirect=True)
