"""What others asked once, read from the files that browsers and servers write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.errors import ScriptError
from footfall.load.replay import Visit, read_recording

LOG = """\
192.0.2.1 - - [21/Nov/2026:05:00:02 +0000] "GET /shop?q=bread HTTP/1.1" 200 512 "-" "Mozilla/5.0"
192.0.2.2 - ada [21/Nov/2026:06:00:00 +0100] "GET / HTTP/1.1" 304 0
192.0.2.2 - - [21/Nov/2026:05:00:03 +0000] "POST /api/orders HTTP/1.1" 201 90
192.0.2.2 - - [21/Nov/2026:05:00:04 +0000] "GET /gone HTTP/1.1" 404 90
this is not a line of a log
192.0.2.2 - - [yesterday] "GET / HTTP/1.1" 200 90
"""


def test_an_access_log(tmp_path: Path) -> None:
    """In order of time, whatever their zone; what was refused then, or had a body that no log keeps, is left out."""
    path = tmp_path / "access.log"
    path.write_text(LOG, "utf-8")
    assert read_recording(path) == ((Visit(0, "GET", "/"), Visit(2, "GET", "/shop?q=bread")), 2)


def entry(at: str, url: str, method: str = "GET", **more: object) -> dict[str, object]:
    """One entry of a HAR file."""
    return {"startedDateTime": at, "request": {"method": method, "url": url, "headers": [], **more}}


def test_a_har_file(tmp_path: Path) -> None:
    """With bodies and the headers that matter; other sites' requests are not ours to repeat."""
    posted = entry(
        "2026-11-21T05:00:01.250Z", "https://shop.example/api/carts/c_7/items/12", "PUT",
        headers=[{"name": "Content-Type", "value": "application/json"}, {"name": "Cookie", "value": "1"}, {"name": ":path", "value": "/"}],
        postData={"text": '{"quantity":2}'},
    )  # fmt: skip
    entries = [entry("2026-11-21T05:00:00Z", "https://shop.example/"), entry("2026-11-21T05:00:01Z", "https://cdn.example/x.js"), posted]
    path = tmp_path / "visit.har"
    path.write_text(json.dumps({"log": {"entries": entries}}), "utf-8")
    (first, second), left_out = read_recording(path)
    assert left_out == 0
    assert first == Visit(0, "GET", "/")
    assert second == Visit(1.25, "PUT", "/api/carts/c_7/items/12", {"Content-Type": "application/json"}, b'{"quantity":2}')
    assert second.name == "/api/carts/{n}/items/{n}"


def test_what_failed_then_is_not_asked_again(tmp_path: Path) -> None:
    """Errors and requests without an answer are counted as left out, and so is a form whose files nobody kept."""
    at, url = "2026-11-21T05:00:00Z", "https://shop.example/"
    lost = entry(at, url, "POST", postData={"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "file"}]})
    entries = [{**entry(at, url), "response": {"status": status}} for status in (200, 304, 404, 500, 0)]
    path = tmp_path / "visit.har"
    path.write_text(json.dumps({"log": {"entries": [*entries, lost]}}), "utf-8")
    visits, left_out = read_recording(path)
    assert (len(visits), left_out) == (2, 4)


def test_a_har_file_of_another_browsers_ways(tmp_path: Path) -> None:
    """A byte order mark, a form recorded as fields alone, and a header that HTTP cannot carry."""
    form = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "q", "value": "a b"}, {"name": "empty"}]}
    headers = [{"name": "X-Name", "value": "Zażółć"}, {"name": "X-Place", "value": "Köln"}]
    posted = entry("2026-11-21T05:00:00Z", "https://shop.example/find", "POST", postData=form, headers=headers)
    path = tmp_path / "visit.har"
    path.write_text(json.dumps({"log": {"entries": [posted]}}), "utf-8-sig")
    ((visit,), _) = read_recording(path)
    assert visit == Visit(0, "POST", "/find", {"X-Place": "Köln"}, b"q=a+b&empty=")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("none.log", None, "none.log cannot be read"),
        ("empty.log", "", "holds no request that can be asked again"),
        ("bad.har", "{", "bad.har is not a HAR file: JSONDecodeError"),
        ("bad.har", '{"log": []}', "bad.har is not a HAR file: TypeError"),
        ("bad.har", '{"log": {"entries": [{}]}}', "bad.har is not a HAR file: KeyError"),
        ("empty.har", '{"log": {"entries": []}}', "holds no request that can be asked again"),
    ],
)
def test_files_that_cannot_be_replayed(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    """They are told before anything is sent, with the place where they are named."""
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ScriptError) as caught:
        read_recording(tmp_path / name, where="replay.py:3: Replay.recording")
    assert caught.value.message.startswith("replay.py:3: Replay.recording: ")
    assert said in caught.value.message


@given(st.text())
def test_no_log_is_too_strange(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Lines that are none are passed over."""
    path = tmp_path_factory.mktemp("logs") / "access.log"
    path.write_text(f'{text}\n192.0.2.2 - - [21/Nov/2026:05:00:00 +0000] "GET / HTTP/1.1" 200 0\n', "utf-8", "replace")
    assert Visit(0, "GET", "/") in read_recording(path)[0]
