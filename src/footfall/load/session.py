"""Where a Locust process sends its load: a parent's environment says so, or Locust's --host, or else the suite's own target."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from footfall.config.address import address_of, check_address, host_of
from footfall.config.secrets import resolve_all
from footfall.config.suite import Suite, Target, find_suite, load_suite
from footfall.errors import UsageError
from footfall.load.ceiling import check_ceiling, place_of
from footfall.target import check_reachable, open_target

TARGET = "FOOTFALL_TARGET"
TARGET_URL = "FOOTFALL_TARGET_URL"


@dataclass(frozen=True)
class Session:
    """`url` is None when nobody gave one; `root` is the suite's folder, `targets` those of the suite that are to be loaded.

    `headers` go with every request: none where users of several sites would send them to each other's. `others` are the suite's other
    targets.
    """

    url: str | None
    name: str
    root: Path | None
    targets: tuple[Target, ...]
    headers: Mapping[str, str]
    others: tuple[Target, ...] = ()

    def check(self, users: int | None) -> None:
        """Refuse so many users where a target does not allow them. Raises UsageError."""
        for target in self.targets:
            check_ceiling(target, users)


def find_session(environ: Mapping[str, str], host: str | None, own_hosts: Collection[str] = ()) -> Session:
    """Say where to send load, without opening anything; `own_hosts` are what user classes name, where nobody says another.

    Raises UsageError or ConfigError.
    """
    suite = _suite_here()
    named, url = environ.get(TARGET), environ.get(TARGET_URL) or host or None
    hosts = set(own_hosts) if not named and not url else set()
    asked: list[str | None] = [*sorted(hosts)] or [url]
    for address in filter(None, asked):
        if url or address.startswith("http"):  # a class may load what is no web site
            check_address(address)
    first = asked[0] or ""
    found = [_target(suite, named, each, environ) for each in asked]
    targets = tuple(target for target in found if target is not None)
    name = named or (found[0].name if found[0] is not None else host_of(first))
    root = suite.root if suite is not None else None
    others = tuple(each for each in suite.targets.values() if each not in targets) if suite is not None else ()
    if len(hosts) > 1 or not targets:
        return Session(url, name, root, targets, {}, others)
    safe = named or _scheme(first) in {"", _scheme(address_of(targets[0], environ))}
    headers = resolve_all(targets[0].headers, environ, f"targets.{targets[0].name}.headers") if safe else {}
    return Session(url, name, root, targets, headers, others)


def open_site(session: Session, held: ExitStack, environ: Mapping[str, str]) -> str:
    """Return the site's URL, answering; the embedded shop runs until `held` is closed. Raises TargetUnreachableError, UsageError."""
    if session.url is not None:
        if not environ.get(TARGET_URL):  # a parent has asked it already
            check_reachable(session.url)
        return session.url
    if not session.targets:
        raise UsageError("there is no site to send load to", hint="say --host URL, or run where footfall.toml names a target")
    return held.enter_context(open_target(session.targets[0])).url


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


def _target(suite: Suite | None, name: str | None, url: str | None, environ: Mapping[str, str]) -> Target | None:
    """Return the target of that name or at that address; of several at one site the one that allows the least."""
    if suite is None:
        return None
    if name or not url:
        return suite.target(name)
    urls = {name: address_of(target, environ) for name, target in suite.targets.items()}
    there = [suite.targets[name] for name, known in urls.items() if known and _site(known) == _site(url)]
    exact = [target for target in there if urls[target.name].rstrip("/") == url.rstrip("/")]
    return min(exact or there, key=lambda target: target.allow_load or 0, default=None)


def _site(url: str) -> tuple[str, int]:
    """Return host and port, by which a site is known whatever the scheme and path."""
    try:
        return place_of(url if "://" in url else f"http://{url}")
    except ValueError:
        return url, 0


def _scheme(url: str) -> str:
    return urlsplit(url).scheme.lower()
