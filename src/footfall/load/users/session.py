"""Where a Locust process sends its load: a parent's environment says so, or Locust's --host, or else the suite's own target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from footfall.config.secrets import resolve_all
from footfall.config.suite import Suite, Target, find_suite, load_suite
from footfall.errors import UsageError
from footfall.target import check_reachable, open_target

TARGET = "FOOTFALL_TARGET"
TARGET_URL = "FOOTFALL_TARGET_URL"


@dataclass(frozen=True)
class Session:
    """`url` is None when the user classes name their own site; `root` is the suite's folder, `target` None outside any suite's targets.

    `others` are the suite's other targets.
    """

    url: str | None
    name: str
    root: Path | None
    target: Target | None
    headers: Mapping[str, str]
    others: Sequence[Target] = ()


def find_session(environ: Mapping[str, str], host: str | None) -> Session:
    """Say where to send load, without opening anything. Raises UsageError or ConfigError."""
    suite = _suite_here()
    url = environ.get(TARGET_URL) or host
    target = _target(suite, environ.get(TARGET), url)
    name = environ.get(TARGET) or (target.name if target is not None else urlsplit(url or "").netloc)
    headers = resolve_all(target.headers, environ, f"targets.{target.name}.headers") if target is not None else {}
    others = [each for each in suite.targets.values() if each is not target] if suite is not None else []
    return Session(url, name, suite.root if suite is not None else None, target, headers, others)


def open_site(session: Session, held: ExitStack, environ: Mapping[str, str]) -> str:
    """Return the site's URL, answering; the embedded shop runs until `held` is closed. Raises TargetUnreachableError, UsageError."""
    if session.url is not None:
        if not environ.get(TARGET_URL):  # a parent has asked it already
            check_reachable(session.url)
        return session.url
    if session.target is None:
        raise UsageError("there is no site to send load to", hint="say --host URL, or run where footfall.toml names a target")
    return held.enter_context(open_target(session.target)).url


def is_this_machine(url: str | None) -> bool:
    """Say whether a URL's host is this machine by a loopback name."""
    host = urlsplit(url or "").hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def _suite_here() -> Suite | None:
    try:
        root = find_suite(Path.cwd())
    except UsageError:
        return None
    return load_suite(root)


def _target(suite: Suite | None, name: str | None, url: str | None) -> Target | None:
    if suite is None:
        return None
    if name or not url:
        return suite.target(name)
    return next((target for target in suite.targets.values() if target.url and target.url.rstrip("/") == url.rstrip("/")), None)
