"""What the plugin's hooks and fixtures share, kept in pytest's stashes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from footfall.browser.cleanup import Cleaner
from footfall.browser.iteration import Iteration
from footfall.browser.network import Conditions
from footfall.browser.run import JourneyRun
from footfall.browser.site import Site
from footfall.config.scripts import journeys_in

SITE = pytest.StashKey[Site]()
RUN = pytest.StashKey[JourneyRun]()
ITERATION = pytest.StashKey[Iteration]()
CONDITIONS = pytest.StashKey[Conditions]()
CAN_FILM = pytest.StashKey[bool]()
CLEANER = pytest.StashKey[Cleaner]()
_NAMES = pytest.StashKey[dict[str, str]]()


def given_url(config: pytest.Config) -> str | None:
    """Return the base URL that the command line or pytest's configuration names, or None."""
    return config.getoption("base_url", None) or config.getini("base_url") or None


def chosen_site(config: pytest.Config, environment: Mapping[str, str]) -> Site:
    """Return the site that a session measures. Raises UsageError and ConfigError as `Site.choose` does."""
    options, here = config.option, config.invocation_params.dir
    given = (here / argument.partition("::")[0] for argument in config.args)
    return Site.choose((here, *given, config.rootpath), environment, options.target, options.typed_url, given_url(config))


def is_journey(item: Any) -> bool:
    """Whether a test asks for the `journey` fixture, not for a parameter of its own by that name."""
    own = getattr(getattr(item, "callspec", None), "params", {})
    return "journey" in getattr(item, "fixturenames", ()) and "journey" not in own


def journey_name(item: pytest.Item) -> str:
    """Return the journey that a test walks: the module's name without `test_`, and the function's for all but its first test."""
    module = item.getparent(pytest.Module)
    function = getattr(item, "originalname", item.name)
    if module is None:
        return function.removeprefix("test_")
    names = module.stash.get(_NAMES, None)
    if names is None:
        names = module.stash[_NAMES] = journeys_in(Path(module.path))
    within = item.getparent(pytest.Class)
    return names.get(f"{within.name}::{function}" if within else function, function.removeprefix("test_"))
