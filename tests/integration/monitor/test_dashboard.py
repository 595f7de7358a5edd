"""The dashboard over real HTTP: who may look, who may act, what is written, and what is never handed out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert

from footfall.monitor.dashboard.app import COOKIE
from footfall.monitor.dashboard.guard import HEADERS
from footfall.monitor.serve import Desk, application
from footfall.samples import Run
from footfall.store import incidents, reader
from footfall.store.incidents import Action
from footfall.store.schema import artifacts
from footfall.store.spool import begin_run
from footfall.store.writer import open_store, take_in
from tests.integration.monitor.conftest import FakeClock, House
from tests.integration.monitor.dashboards import ADA, SESSION_S, WALL, Served, dashboard, house, served
from tests.loops import run

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5a34 7d6b0000000049454e44ae426082"
)
RUN = "01KB2Z7E4QXJ9V5M3T8R6W0HNC"


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A shop that is broken, and known to be."""
    root = tmp_path_factory.mktemp("suite")
    store = open_store(root)
    found = house(store, root)
    found.see(ok=True, key="probe:database")
    found.fail("probe:shop")
    yield found
    store.close()


@pytest.fixture(scope="module")
def guarded(corner: House) -> Iterator[Served]:
    """Its dashboard, with tokens."""
    server = served(corner)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def open_one(corner: House) -> Iterator[Served]:
    """Its dashboard, without tokens."""
    server = served(corner, {})
    server.start()
    yield server
    server.stop()


def post(client: httpx.Client, path: str, **form: str) -> httpx.Response:
    """Send a form as a browser does from one of the dashboard's own pages."""
    return client.post(path, data=form, headers={"Origin": str(client.base_url).rstrip("/")})


@contextmanager
def signed_in(server: Served, token: str = ADA) -> Iterator[httpx.Client]:
    """A client with a session."""
    with server.client() as client:
        assert post(client, "/login", token=token).status_code == 303
        yield client


def seal(client: httpx.Client) -> str:
    """What a page's forms carry."""
    found = re.search(r'name="seal" value="([0-9a-f]+)"', client.get("/").text)
    assert found is not None
    return found[1]


def audit(corner: House) -> list[Action]:
    """The audit log, oldest first."""
    with corner.store.reading() as connection:
        return incidents.recorded(connection, 1000)


def of_shop(corner: House) -> incidents.Incident:
    """The newest incident of the shop."""
    return next(each for each in reversed(corner.incidents()) if each.subject == "probe:shop")


def test_without_tokens_this_machine_may_look_and_nobody_may_act(corner: House, open_one: Served) -> None:
    """The verdict is there, no button is; a form is refused; another name for this machine's address is refused."""
    with open_one.client() as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "1 thing is not well" in page.text
        assert "<form" not in page.text
        assert {name: page.headers[name] for name in HEADERS} == HEADERS
        assert page.headers["Cache-Control"] == "no-store"
        assert post(client, f"/incidents/{of_shop(corner).number}", action="acknowledge").status_code == 403
        assert client.get("/", headers={"Host": "rebound.example.com"}).status_code == 403
    assert of_shop(corner).acknowledged is None


def test_where_others_reach_it_a_dashboard_without_tokens_is_shut(corner: House) -> None:
    """Metrics are still there, and it is said why the dashboard is not."""

    async def answers() -> list[tuple[int, str]]:
        app, _ = application(Desk(corner.store, corner.plan, corner.clock, {}, dashboard=dashboard(corner, {})), "0.0.0.0")  # noqa: S104
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            found = [await client.get(path) for path in ("/metrics", "/", "/now.json", "/incidents/1")]
        return [(each.status_code, each.text) for each in found]

    (metrics, page, now, incident) = run(answers())
    assert metrics[0] == 200
    assert "names no tokens" in page[1]
    assert [page[0], now[0], incident[0]] == [404, 404, 404]


def test_one_must_sign_in(guarded: Served, corner: House) -> None:
    """Every page leads to the door, all else is refused; a right token gives a strict session, and a line in the audit log."""
    with guarded.client() as client:
        answer = client.get("/incidents/1")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/incidents/1")
        for path in ("/events", "/now.json", f"/pictures/{RUN}/0"):
            assert client.get(path).status_code == 401
        wrong = post(client, "/login", token="a-token-that-is-wrong")
        assert wrong.status_code == 403
        assert "This token is not known." in wrong.text
        right = post(client, "/login", token=ADA, next="/incidents/1")
        assert (right.status_code, right.headers["Location"]) == (303, "/incidents/1")
        flags = right.headers["Set-Cookie"].lower()
        assert all(flag in flags for flag in (COOKIE, "httponly", "samesite=strict", "max-age=360000"))
        assert ADA not in right.headers["Set-Cookie"]
        assert "Acknowledge" in client.get("/").text
    assert [(each.actor, each.action, each.text) for each in audit(corner)][-1] == ("ada", "sign in", "operator")


@pytest.mark.parametrize(
    "address", ["//evil.example.com", "https://evil.example.com", "/\\evil.example.com", "/login", "/incidents/1/../../x"]
)
def test_signing_in_leads_nowhere_else(guarded: Served, address: str) -> None:
    """What stands in an address decides only which of our pages comes next."""
    with guarded.client() as client:
        assert post(client, "/login", token=WALL, next=address).headers["Location"] == "/"


def test_guessing_is_slow(corner: House) -> None:
    """After five wrong tokens an address waits, right token or not; later it may try again."""
    clock = FakeClock()
    of = dashboard(corner)
    app, _ = application(Desk(corner.store, corner.plan, clock, {}, dashboard=type(of)(**{**vars(of), "clock": clock})), "127.0.0.1")

    async def tries(*tokens: str) -> list[int]:
        origin = {"Origin": "http://127.0.0.1"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=origin) as client:
            return [(await client.post("/login", data={"token": token})).status_code for token in tokens]

    assert run(tries(*["wrong"] * 5, ADA)) == [403] * 5 + [429]
    clock.turn(301)
    assert run(tries(ADA)) == [303]


def test_forms_from_elsewhere_are_refused(guarded: Served, corner: House) -> None:
    """Without the session's seal, with another session's, from another origin, or from none: nothing happens."""
    path = f"/incidents/{of_shop(corner).number}"
    with signed_in(guarded) as client, signed_in(guarded) as other:
        mine, theirs = seal(client), seal(other)
        assert mine != theirs
        refused = [
            post(client, path, action="acknowledge"),
            post(client, path, action="acknowledge", seal=theirs),
            client.post(path, data={"action": "acknowledge", "seal": mine}),
            client.post(path, data={"action": "acknowledge", "seal": mine}, headers={"Origin": "https://evil.example.com"}),
            client.post(path, data={"action": "acknowledge", "seal": mine}, headers={"Origin": "null"}),
            client.post(path, json={"action": "acknowledge", "seal": mine}, headers={"Origin": guarded.url}),
            post(client, "/logout"),
        ]
        assert [answer.status_code for answer in refused] == [403] * len(refused)
        assert client.get(path).status_code == 200  # looking changes nothing, wherever the link stood
        behind = {"Origin": "https://watch.example.com"}  # the public address of [watch], behind a proxy
        assert client.post(path, data={"action": "nothing", "seal": mine}, headers=behind).status_code == 409
    assert of_shop(corner).acknowledged is None


def test_viewers_look(guarded: Served, corner: House) -> None:
    """A viewer sees no buttons, and what a viewer sends all the same is refused."""
    with signed_in(guarded, WALL) as client:
        page = client.get("/").text
        assert 'value="acknowledge"' not in page
        answer = post(client, f"/incidents/{of_shop(corner).number}", action="acknowledge", seal=seal(client))
        assert (answer.status_code, answer.text) == (403, "viewers look, operators act\n")
    assert of_shop(corner).acknowledged is None


def test_operators_act_under_their_name(guarded: Served, corner: House) -> None:
    """Acknowledge, note and resolve are in the timeline and in the audit log; what cannot be done twice is told."""
    number = of_shop(corner).number
    path = f"/incidents/{of_shop(corner).id}"  # as alerts link to it
    with signed_in(guarded) as client:
        mine = seal(client)
        done = post(client, path, action="acknowledge", text="looking \u202e into hunter2", seal=mine, back="home")
        assert (done.status_code, done.headers["Location"]) == (303, "/")
        assert of_shop(corner).acknowledged_by == "ada"
        again = post(client, path, action="acknowledge", seal=mine)
        assert again.status_code == 409
        assert "was acknowledged by ada already" in again.text
        assert post(client, path, action="note", seal=mine).status_code == 409
        assert post(client, path, action="note", text="the pool was full", seal=mine).headers["Location"] == f"/incidents/{number}"
        shown = client.get(path).text
        assert "the pool was full" in shown
        assert "looking   into ***" in shown
        assert post(client, path, action="resolve", seal=mine).status_code == 303
    assert of_shop(corner).resolved_by == "ada"
    acts = [(each.actor, each.action, each.subject) for each in audit(corner) if each.subject != "dashboard"]
    assert acts == [("ada", action, of_shop(corner).id) for action in ("acknowledge", "note", "resolve")]
    corner.fail("probe:shop")


def test_sessions_end(corner: House) -> None:
    """By signing out, by time, and by taking the token away; a restart ends none."""
    server = served(corner)
    server.start()
    with signed_in(server) as first, signed_in(server, WALL) as second:
        cookies = dict(first.cookies)
        assert post(first, "/logout", seal=seal(first)).headers["Location"] == "/login"
        assert httpx.get(f"{server.url}/", cookies=cookies, timeout=60).status_code == 303
        server.stop()
        server.start()
        assert second.get("/").status_code == 200
        server.stop()
        server.desk = served(corner, {"operators": {"ada": ADA}}).desk
        server.start()
        assert second.get("/").status_code == 303
    with signed_in(server) as client:
        corner.clock.turn(SESSION_S)
        assert client.get("/").status_code == 303
        assert client.get("/now.json").status_code == 401
    server.stop()


def test_a_link_from_another_site_asks_once_more(guarded: Served) -> None:
    """A strict cookie does not come along with it, so the page asks for itself again; only then one must sign in."""
    with guarded.client() as client:
        page = client.get("/incidents/12", headers={"Sec-Fetch-Site": "cross-site"})
        assert '<meta http-equiv="refresh" content="0; url=/incidents/12">' in page.text
        assert client.get("/incidents/12", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_what_is_wrong_is_told_and_nothing_else(guarded: Served, corner: House) -> None:
    """An incident that there is not; markup and secrets in what a site said; a store that is away."""
    with signed_in(guarded) as client:
        assert client.get("/incidents/99999").status_code == 404
        with corner.store.writing() as connection:
            incidents.change(connection, of_shop(corner), problem="<script>alert(1)</script> hunter2")
        page = client.get("/").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; ***" in page
        assert "hunter2" not in client.get("/now.json").text


def walked(corner: House, paths: list[str], run: str = RUN) -> None:
    """Put a run into the store that says it took these screenshots, and a trace."""
    with begin_run(corner.root, Run(run, "corner", corner.clock.at, "watch", location="fra")) as opened:
        opened.end("finished")
    take_in(corner.store, opened.directory)
    number = reader.run(corner.store, run).number
    same = {"run": number, "at": corner.clock.at, "subject": "checkout", "part": "pay", "iteration": 1}
    rows = [{**same, "seq": seq, "kind": "screenshot", "path": path} for seq, path in enumerate(paths)]
    with corner.store.writing() as connection:
        connection.execute(insert(artifacts), [*rows, {**same, "seq": len(rows), "kind": "trace", "path": paths[0]}])


def test_only_screenshots_that_the_store_knows_are_served(guarded: Served, corner: House, tmp_path: Path) -> None:
    """No file by its path, no other kind, nothing outside the run's folder, whatever the store says and wherever links lead."""
    (tmp_path / "secret.png").write_bytes(PNG)
    kept = corner.root / "out" / RUN / "artifacts"
    kept.mkdir(parents=True)
    (kept / "page.png").write_bytes(PNG)
    (kept / "page.html").write_text("<script>alert(1)</script>")
    (kept / "link.png").symlink_to(tmp_path / "secret.png")
    (kept.parent / "index.png").write_bytes(PNG)
    outside = [
        "../../../../etc/passwd",
        str(tmp_path / "secret.png"),
        "index.png",
        "artifacts/../index.png",
        "artifacts/\0.png",
        "artifacts",
    ]
    walked(corner, ["artifacts/page.png", "artifacts/page.html", "artifacts/link.png", *outside])
    with signed_in(guarded) as client:
        good = client.get(f"/pictures/{RUN}/0")
        assert (good.status_code, good.headers["Content-Type"], good.content) == (200, "image/png", PNG)
        numbers = [f"/pictures/{RUN}/{number}" for number in range(1, 12)]
        paths = [
            f"/pictures/{RUN}/..%2f..%2f..%2fetc%2fpasswd",
            "/pictures/..%2f..%2fetc/0",
            "/pictures/latest/0",
            f"/pictures/{RUN[:8]}/0",
            "/assets/..%2f..%2fsecret.png",
        ]
        assert [client.get(path).status_code for path in numbers + paths] == [404] * (len(numbers) + len(paths))


def test_a_picture_of_another_location_is_named_instead_of_shown(guarded: Served, corner: House) -> None:
    """Its file lies on the machine that took it: the incident's page says where, and shows no broken picture."""
    other = f"{RUN[:-1]}D"
    kept = corner.root / "out" / other / "artifacts"
    kept.mkdir(parents=True)
    (kept / "here.png").write_bytes(PNG)
    walked(corner, ["artifacts/here.png", "artifacts/there.png"], other)
    incident = of_shop(corner)
    with corner.store.writing() as connection:
        incidents.change(connection, incident, detail={**incident.detail, "run": other})
    with signed_in(guarded) as client:
        page = client.get(f"/incidents/{incident.number}").text
    assert page.count("taken at fra, not on this machine") == 1
    assert re.findall(r'<img src="([^"]+)"', page) == [f"/pictures/{other}/0"]


def test_what_changes_is_streamed_and_can_be_asked_for(guarded: Served, corner: House) -> None:
    """A page hears only what is new since the digest it names, by either way, and a beat where nothing is."""
    with signed_in(guarded) as client:
        whole = client.get("/now.json").json()
        assert set(whole["sections"]) == {"verdict", "incidents", "checks", "vitals", "business", "pictures", "places"}
        assert client.get("/now.json", params={"last": whole["digest"]}).status_code == 204
        with client.stream("GET", "/events", headers={"Last-Event-ID": whole["digest"]}) as stream:
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert next(line for line in lines if line.startswith("event:")) == "event: beat"
            corner.see(ok=True, key="probe:search", latency_ms=77.0)
            assert next(line for line in lines if line.startswith("id:")) != f"id: {whole['digest']}"
            changed = next(line for line in lines if line.startswith("data:"))
        assert "77 ms" in changed
        assert '"vitals"' not in changed


def test_a_store_that_is_away_is_told(tmp_path: Path) -> None:
    """Pages and questions are answered by 503, a stream says so and goes on; when the store is back, so is everything."""
    store = open_store(tmp_path)
    corner = house(store, tmp_path)
    corner.see(ok=True)
    server = served(corner)
    server.start()
    file = tmp_path / ".footfall/history.db"
    try:
        with signed_in(server) as client, client.stream("GET", "/events") as stream:
            lines = (line for line in stream.iter_lines() if line.startswith("event:"))
            assert next(lines) == "event: now"
            store.close()
            good = file.read_bytes()
            file.write_bytes(b"no database at all")
            assert next(line for line in lines if line != "event: beat") == "event: away"
            assert [client.get(path).status_code for path in ("/", "/now.json", "/metrics", "/healthz")] == [503, 503, 503, 200]
            store.close()
            file.write_bytes(good)
            assert next(line for line in lines if line != "event: away") == "event: beat"
            assert client.get("/").status_code == 200
    finally:
        server.stop()
        store.close()
