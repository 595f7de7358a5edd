"""Which site a pytest session measures, and where its suite is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from footfall.config.suite import JourneyDefaults, Suite, find_suite, load_suite
from footfall.errors import UsageError

TARGET_VARIABLE = "FOOTFALL_TARGET"
URL_VARIABLE = "FOOTFALL_TARGET_URL"


@dataclass(frozen=True)
class Site:
    """`url` is None while nobody named one: then the suite's target is opened. `root` holds the spool."""

    root: Path
    suite: Suite | None
    target: str
    url: str | None

    @classmethod
    def choose(cls, folder: Path, environment: Mapping[str, str], target: str | None, base_url: str | None) -> Site:
        """Choose by `--base-url`, else `--target`, else the parent process's target, else the suite's default one.

        Raises UsageError for an unknown target, ConfigError for a faulty footfall.toml.
        """
        suite = _suite_above(folder)
        root = suite.root if suite else folder
        if base_url:
            return cls(root, suite, target or urlsplit(base_url).netloc or base_url, base_url)
        if environment.get(URL_VARIABLE) and target in {None, environment.get(TARGET_VARIABLE)}:
            return cls(root, suite, environment.get(TARGET_VARIABLE, "target"), environment[URL_VARIABLE])
        if suite is None:
            if target:
                raise UsageError(f"--target {target} needs a footfall.toml that names it", hint="or use --base-url https://…")
            return cls(root, None, "none", None)
        return cls(root, suite, suite.target(target).name, None)

    @property
    def production(self) -> bool:
        """Whether the suite says that real customers are served here, by the target's name or, for a base URL, by its address."""
        targets = self.suite.targets if self.suite else {}
        named = targets.get(self.target)
        host = urlsplit(self.url or "").netloc
        same = (target for target in targets.values() if host and urlsplit(target.url or "").netloc == host)
        return any(target.production for target in (named, *same) if target)

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


def _suite_above(folder: Path) -> Suite | None:
    try:
        root = find_suite(folder)
    except UsageError:
        return None
    return load_suite(root)
