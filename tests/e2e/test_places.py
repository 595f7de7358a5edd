"""Several locations on one real PostgreSQL server: one judges, another takes over, and one that is cut off delivers later."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen

import pytest

from footfall.store import incidents, watch
from footfall.store.incidents import Incident
from footfall.store.watch import Place, Seen
from footfall.store.writer import open_store
from tests.e2e.conftest import PATIENCE_S, SuiteCopy
from tests.e2e.test_watch import CONFIG, Site, receiver, site
from tests.integration.monitor.receivers import Receiver
from tests.integration.store.conftest import new_schema, postgresql

TAKES_OVER_S, FOUND = 45.0, timedelta(seconds=60)
"""What is promised is seconds and a minute; it takes six, for signs of life come every five: a busy machine keeps this too."""
__all__ = ["new_schema", "postgresql", "receiver", "site"]  # fixtures


class Cable:
    """A way to the server that can be cut: a port that leads to its socket."""

    def __init__(self, server: str) -> None:
        self._server, self._pairs = server, list[socket.socket]()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.whole = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self.whole:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._server)
                self._pairs += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        """Nothing passes any more."""
        self.whole = False
        for each in self._pairs:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._pairs.clear()

    def close(self) -> None:
        """Take it away."""
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def cable(postgresql: str) -> Iterator[Cable]:
    """A way to the server that can be cut."""
    found = Cable(f"{postgresql}/.s.PGSQL.5432")
    yield found
    found.close()


class Places:
    """Three watches in folders of their own, as on three machines."""

    def __init__(self, root: Path, config: str, urls: dict[str, str]) -> None:
        self.running: dict[str, Popen[str]] = {}
        self.folders = {}
        for name, url in urls.items():
            self.folders[name] = root / name
            self.folders[name].mkdir()
            (self.folders[name] / "footfall.toml").write_text(config)
            suite = SuiteCopy(self.folders[name], {"HOOK_SECRET": "s3cret", "FOOTFALL_STORE": url})
            self.running[name] = suite.start("watch", "--location", name)
        self.store = open_store(root, next(iter(urls.values())))

    def known(self) -> dict[str, Place]:
        """The locations, as the store knows them."""
        with self.store.reading() as connection:
            return {place.name: place for place in watch.places(connection)}

    def judge(self) -> str:
        """Who judges now, among those that live."""
        return next((name for name, place in self.known().items() if place.judge and self.running[name].poll() is None), "")

    def seen(self, location: str) -> Sequence[Seen]:
        """What a location delivered."""
        with self.store.reading() as connection:
            return [each for each in watch.last_results(connection, "probe:health", 2000) if each.location == location]

    def incident(self) -> Incident | None:
        """The incident of the site."""
        with self.store.reading() as connection:
            return next(iter(incidents.listed(connection, subject="probe:health")), None)

    def waiting(self, location: str) -> int:
        """How many results wait in a location's files, one of which it may just be renaming."""
        with contextlib.suppress(FileNotFoundError):
            return sum(path.read_bytes().count(b"\n") for path in (self.folders[location] / ".footfall/watch").glob(f"{location}*.jsonl"))
        return 0

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to come true."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, {name: process.poll() for name, process in self.running.items()}
            time.sleep(0.1)


def told(receiver: Receiver) -> list[str]:
    """What the team heard of the site: that the location which was killed is missing is told as well, after a minute."""
    return [post.json["kind"] for post in receiver.posts if post.path == "/team" and post.json["alert"]["subject"] == "probe:health"]


def test_a_judge_dies_and_a_location_is_cut_off(tmp_path: Path, site: Site, receiver: Receiver, new_schema: str, cable: Cable) -> None:
    """Another judges at once; an outage is found by those that are left, told once; what was measured behind the cut comes later."""
    cut_off = new_schema.replace("@/", f"@127.0.0.1:{cable.port}/").replace("host=", "sslmode=disable&application_name=")
    urls = {"ams": new_schema, "fra": new_schema, "nyc": cut_off}
    places = Places(tmp_path, CONFIG.format(site=site.url, receiver=receiver.url), urls)
    try:
        places.until(lambda: set(places.known()) == set(urls) and places.judge())
        first = places.judge()
        if first == "nyc":  # it is to be cut off, not killed
            cable.cut()
            places.until(lambda: places.judge() not in ("", "nyc"))
            first, cable.whole = places.judge(), True
            places.until(lambda: not places.known()["nyc"].judge)  # what it last said of itself is not believed any more
        places.running[first].kill()
        killed = time.monotonic()
        places.until(lambda: places.judge() not in ("", first))
        assert time.monotonic() - killed < TAKES_OVER_S
        site.broken = True
        broke = datetime.now(UTC)
        places.until(lambda: told(receiver) == ["opened"])
        opened = places.incident()
        assert opened is not None
        assert opened.opened - broke < FOUND
        site.broken = False
        places.until(lambda: told(receiver) == ["opened", "resolved"])
        cable.cut()
        before = len(places.seen("nyc"))
        places.until(lambda: places.waiting("nyc") >= 2)
        cable.whole = True
        places.until(lambda: len(places.seen("nyc")) >= before + 2)
        incident = places.incident()
        assert incident is not None
        assert len(incident.detail["locations"]) == 2
    finally:
        for process in places.running.values():
            process.kill()
            process.communicate()
        places.store.close()
