"""Which site a pytest session measures, and where its suite is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from footfall.config.address import address_of, check_address, host_of
from footfall.config.suite import JourneyDefaults, Suite, Target, find_suite, load_suite
from footfall.errors import UsageError

TARGET_VARIABLE = "FOOTFALL_TARGET"
URL_VARIABLE = "FOOTFALL_TARGET_URL"


@dataclass(frozen=True)
class Site:
    """`url` is None while nobody named one: then the suite's target is opened. `root` holds the spool.

    `production` says that real customers are served here, by the target's name or, for a base URL, by its host.
    """

    root: Path
    suite: Suite | None
    target: str
    url: str | None
    production: bool = False

    @classmethod
    def choose(
        cls,
        folders: Sequence[Path],
        environment: Mapping[str, str],
        target: str | None,
        typed_url: str | None,
        default_url: str | None = None,
    ) -> Site:
        """Choose by a typed `--base-url`, else `--target`, else the parent's target, else pytest.ini's `base_url`, else the default.

        The suite is the first that lies in or above one of `folders`. Raises UsageError for an unknown target, for what is no address
        or where nothing names a site, ConfigError for a faulty footfall.toml.
        """
        suite = _suite_above(folders)
        name, url = _named(suite, environment, target, typed_url, default_url)
        if name is None and suite is None:
            raise UsageError(
                f"no footfall.toml in {folders[0]} or any folder above it",
                hint="name the site with --base-url https://…, or `footfall init` lays out a suite here",
            )
        name = name or (suite.target().name if suite else "")
        return cls(suite.root if suite else folders[0], suite, name, url, _production(suite, environment, name, url))

    @property
    def timeout_s(self) -> float:
        """Seconds that one walk through a journey may take."""
        return (self.suite.journeys if self.suite else JourneyDefaults()).timeout_s

    @property
    def evidence_bytes(self) -> float:
        """How many bytes of pictures, traces and logs a run may keep."""
        return (self.suite.journeys if self.suite else JourneyDefaults()).evidence_bytes

    @contextmanager
    def opened(self) -> Iterator[str | None]:
        """Yield the site's base URL, answering while the block lasts; None when there is no site. Raises TargetUnreachableError."""
        if self.url or self.suite is None:
            yield self.url
            return
        from footfall.target import open_target  # noqa: PLC0415  # httpx, only where a site is opened

        with open_target(self.suite.target(self.target)) as live:
            yield live.url


def _named(
    suite: Suite | None, environment: Mapping[str, str], target: str | None, typed_url: str | None, default_url: str | None
) -> tuple[str | None, str | None]:
    """Return the target's name and its base URL, each None where nobody named one.

    Raises UsageError for an unknown target, and for what is no address.
    """
    parents = environment.get(URL_VARIABLE) if target in {None, environment.get(TARGET_VARIABLE)} else None
    if target and not parents:
        if suite is None:
            raise UsageError(f"--target {target} needs a footfall.toml that names it", hint="--base-url https://… alone needs none")
        suite.target(target)
    if parents and not typed_url:
        return environment.get(TARGET_VARIABLE, "target"), parents
    if url := typed_url or (None if target else default_url):
        check_address(url)
    return target or (host_of(url) or url if url else None), url


def _production(suite: Suite | None, environment: Mapping[str, str], name: str, url: str | None) -> bool:
    host = urlsplit(url or "").hostname
    return any(
        target.production and (target.name == name or (host is not None and _host(target, environment) == host))
        for target in (suite.targets.values() if suite else ())
    )


def _host(target: Target, environment: Mapping[str, str]) -> str | None:
    with suppress(ValueError):
        return urlsplit(address_of(target, environment)).hostname
    return None


def _suite_above(folders: Sequence[Path]) -> Suite | None:
    for folder in folders:
        try:
            root = find_suite(folder)
        except UsageError:
            continue
        return load_suite(root)
    return None
