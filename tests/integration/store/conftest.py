"""Both databases that a store may be: SQLite in a folder, and a real PostgreSQL server that the tests start themselves."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from footfall.store.writer import Store, open_store

NO_SERVER = "PostgreSQL's server programs are missing: `apt-get install postgresql` (Debian) or `brew install postgresql@17` (macOS)"


def _server_program(name: str) -> Path | None:
    """Find a program of the server, which Debian keeps off the PATH; the newest version where there are several."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which(name)
    return installed[-1] if installed else Path(on_path) if on_path else None


def _as_server(*command: str) -> None:
    """Run a server program; as the user `postgres` where we are root, for it refuses to run as root."""
    prefix = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    done = subprocess.run((*prefix, *command), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, cwd="/")
    assert done.returncode == 0, f"{command[0]} failed: {done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server on a Unix socket of its own; its socket's folder. Skipped without PostgreSQL, but never in CI."""
    initdb, control = _server_program("initdb"), _server_program("pg_ctl")
    if initdb is None or control is None:
        if os.environ.get("CI"):
            pytest.fail(NO_SERVER)
        pytest.skip(NO_SERVER)
    place = Path(tempfile.mkdtemp(prefix="footfall-pg-"))  # short: a socket's path may have 107 characters only
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(place, user.pw_uid, user.pw_gid)
    data, log = str(place / "data"), str(place / "log")
    try:
        _as_server(str(initdb), "-D", data, "-U", "footfall", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        _as_server(str(control), "-D", data, "-l", log, "-w", "-o", f"-F -c listen_addresses='' -k {place}", "start")
        try:
            yield str(place)
        finally:
            _as_server(str(control), "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def new_schema(postgresql: str) -> Iterator[str]:
    """The URL of an empty schema on the server: much quicker to make than a database."""
    with psycopg.connect(host=postgresql, user="footfall", dbname="postgres", autocommit=True) as server:
        server.execute("CREATE SCHEMA tried")
        yield f"postgresql+psycopg://footfall@/postgres?host={postgresql}&options=-csearch_path%3Dtried"
        server.execute("DROP SCHEMA tried CASCADE")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kept here.db'}"
    return str(request.getfixturevalue("new_schema"))


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store, once of each kind."""
    opened = open_store(tmp_path, url)
    yield opened
    opened.close()
