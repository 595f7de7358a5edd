"""A site whose vitals are known, and suites of journeys that are walked through it by a pytest of their own."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.integration.browser.walks import Handler, Walk, Walked, clean_environment, command, read_walked, write_suite


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Serve the pages from two sites (localhost and 127.0.0.1); return the address of the first."""
    near, far = (ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {})) for _ in range(2))
    near.RequestHandlerClass.far = f"http://127.0.0.1:{far.server_port}"  # type: ignore[attr-defined]
    for server in (near, far):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{near.server_port}"
    for server in (near, far):
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def walk(site: str, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Walk a suite in a process of its own and return what it left."""

    def run(modules: Mapping[str, str], *arguments: str, spool: Path | None = None, **environment: str) -> Walked:
        folder = write_suite(tmp_path_factory.mktemp("a suite") / "in a folder", modules)
        done = subprocess.run(
            command(folder, site, arguments),
            cwd=folder,
            env=clean_environment(**environment),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return read_walked(folder, done.returncode, done.stdout + done.stderr, spool)

    return run
