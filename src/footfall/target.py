"""Open a target: the embedded shop is started for the run and stopped after it; any other site must answer."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from footfall.children import Child, running
from footfall.config.secrets import resolve, without_password
from footfall.config.suite import Target
from footfall.errors import TargetUnreachableError, UsageError

START_S = 45.0
"""How long the embedded shop may take to start."""
_BAD_OPTION = 2


@dataclass(frozen=True)
class LiveTarget:
    """A site that answers now: `url` without a trailing slash."""

    name: str
    url: str
    demo: bool = False

    @property
    def shown(self) -> str:
        """The address as it may be shown: without a password."""
        return without_password(self.url)


@contextmanager
def open_target(target: Target, faults: Sequence[str] = ()) -> Iterator[LiveTarget]:
    """Yield the target, answering; `faults` are the embedded shop's (`slow-payment`, `layout-shift=0.3`).

    Raises TargetUnreachableError when it does not answer, UsageError for faults on a site that is not the embedded shop.
    """
    if target.demo:
        with _embedded_shop(faults) as url:
            yield LiveTarget(target.name, url, demo=True)
        return
    if faults:
        raise UsageError(
            f"target {target.name!r} is not the embedded shop, so it has no faults to turn on",
            hint="use --fault with a target that has `demo = true`",
        )
    check_answers(target)
    yield LiveTarget(target.name, _url(target))


def check_answers(target: Target) -> None:
    """Ask a site once whether it is there; the embedded shop, which is not started yet, always is. Raises TargetUnreachableError."""
    if not target.demo:
        check_reachable(_url(target))


def _url(target: Target) -> str:
    return resolve(target.url or "", os.environ, f"targets.{target.name}.url").rstrip("/")


def check_reachable(url: str) -> None:
    """Ask `url` once; any HTTP answer will do. Raises TargetUnreachableError."""
    try:
        httpx.get(url, timeout=10.0, follow_redirects=False, verify=False)  # noqa: S501  # certificates are a probe's business
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TargetUnreachableError(
            without_password(f"{url} does not answer: {error or type(error).__name__}"),
            hint="start the site, or name another target with --target",
        ) from error


@contextmanager
def _embedded_shop(faults: Sequence[str]) -> Iterator[str]:
    command = [sys.executable, "-m", "footfall.demo", "--port", "0", "--payment-port", "0", "--announce", "--die-with-parent"]
    for fault in faults:
        command += ["--fault", fault]
    with tempfile.TemporaryDirectory(prefix="footfall-corner-", ignore_cleanup_errors=True) as folder:
        out, err = Path(folder) / "stdout", Path(folder) / "stderr"
        with (
            out.open("wb") as stdout,
            err.open("wb") as stderr,
            running([*command, "--data", folder], stdout=stdout, stderr=stderr, lifeline_on_stdin=True) as shop,
        ):
            yield _announced_url(shop, out, err)


def _announced_url(shop: Child, out: Path, err: Path) -> str:
    """Wait for the one line of JSON by which the shop says where it listens."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        line, newline, _ = out.read_text("utf-8", "replace").partition("\n")
        if newline:
            return str(json.loads(line)["url"])
        if shop.poll() is not None:
            break
        time.sleep(0.02)
    said = err.read_text("utf-8", "replace").strip().splitlines()
    reason = said[-1] if said else f"it did not answer within {START_S:g} s"
    if shop.poll() == _BAD_OPTION:
        raise UsageError(f"the embedded shop refused to start: {reason}", hint="`footfall demo --help` lists the faults")
    raise TargetUnreachableError(f"the embedded shop did not start: {reason}", hint="try `footfall demo` to see all that it says")
