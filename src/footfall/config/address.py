"""The parts of a site's address: where it is, and whom it signs in as."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from footfall.config.fields import is_web_address
from footfall.config.secrets import resolve, without_password
from footfall.config.suite import Target
from footfall.errors import UsageError


def check_address(url: str) -> None:
    """Refuse what somebody typed as a site's address and no browser could go to. Raises UsageError."""
    if not is_web_address(url):
        shown = without_password(url) if "://" in url else url.rpartition("@")[2]
        raise UsageError(f"{shown} is no address of a site", hint="write one such as https://www.example.com")


def host_of(url: str) -> str:
    """Return an address's host and port, without whom it signs in as."""
    return urlsplit(url).netloc.rpartition("@")[2]


def at(url: str, netloc: str) -> str:
    """Return an address at another host, or with another sign-in."""
    return urlsplit(url)._replace(netloc=netloc).geturl()


def address_of(target: Target, environment: Mapping[str, str]) -> str:
    """Return a target's address, empty where nobody knows it here: the embedded shop's, or one whose variable is not set."""
    with suppress(UsageError):
        return resolve(target.url or "", environment)
    return ""
