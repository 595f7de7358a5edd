"""A profile drafted from what a browser asked: readable, without what must not be repeated, with what came back put in."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.errors import UsageError
from footfall.load.draft import draft
from footfall.load.har import Asked, Recording, read_har

SITE = "https://shop.example"


def entry(at_s: float, url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    """One entry of a HAR file; answers take 100 ms."""
    content = {"mimeType": more.pop("kind", "text/html"), "text": more.pop("text", "")}
    response = {"status": more.pop("status", 200), "redirectURL": more.pop("to", ""), "content": content}
    request = {"method": method, "url": url if "://" in url else SITE + url, "headers": more.pop("headers", []), **more}
    return {"startedDateTime": f"2026-11-21T05:00:{at_s:06.3f}Z", "time": 100, "request": request, "response": response}


def har(*entries: dict[str, Any]) -> str:
    """A HAR file's text."""
    return json.dumps({"log": {"entries": entries}})


def drafted(*entries: dict[str, Any]) -> str:
    """The profile that is drafted from these."""
    return draft("checkout", "walk.har", read_har(har(*entries)), 20).text


def posted(kind: str, text: str) -> dict[str, Any]:
    """What a request sends."""
    return {"mimeType": kind, "text": text}


def test_other_sites_and_pictures_are_left_out() -> None:
    """They are counted in the draft, so that nobody wonders; `assets` takes the pictures in."""
    entries = (
        entry(0, "https://tracker.example/pixel", kind="application/json"),
        entry(1, "/"),
        entry(1.1, "/logo.png", kind="image/png"),
        entry(1.2, "/app.js", kind="text/javascript"),
        entry(1.3, "/api/items", "OPTIONS"),
        entry(1.4, "/api/items", kind="application/json", text="[]"),
    )
    recording = read_har(har(*entries))
    assert (recording.site, [each.path for each in recording.asked]) == (SITE, ["/", "/api/items"])
    text = drafted(*entries)
    assert "2 requests for style sheets, scripts, pictures and fonts were left out." in text
    assert "1 requests to other sites were left out." in text
    assert [each.path for each in read_har(har(*entries), assets=True).asked] == ["/", "/logo.png", "/app.js", "/api/items"]


def test_pauses_are_a_persons() -> None:
    """The user thinks where somebody thought, as long on average, and not where the page itself asked on."""
    text = drafted(entry(0, "/"), entry(0.2, "/api/a"), entry(4.3, "/shop"), entry(10.4, "/cart"))
    assert text.count("self.think()") == 2
    assert "think_s = 5.0" in text
    assert text.index('"/api/a"') < text.index("self.think()") < text.index('"/shop"')


def test_what_came_back_is_sent_on() -> None:
    """A CSRF token of a page and an order's number of an answer are taken from there; requests that differ by them are one."""
    token, ref = "f00dfeed12345678", "O-7FK2"
    ordered = json.dumps({"order": {"ref": ref, "id": 4711}})
    items = posted("application/json", '{"items": [{"product": 3}], "ok": true}')
    own = [{"name": "X-CSRF-Token", "value": token}]
    sent = posted("application/x-www-form-urlencoded", f"csrf={token}&order=4711&email=a%40b.example")
    text = drafted(
        entry(0, "/cart", text=f'<form><input type="hidden" name="csrf" value="{token}"><input name="email"></form>'),
        entry(1, "/api/orders", "POST", kind="application/json", text=ordered, headers=own, postData=items),
        entry(2, f"/api/orders/{ref}", kind="application/json"),
        entry(3, "/pay", "POST", postData=sent),
    )
    found = r"""csrf_token = self.client.get("/cart").find(r'<input type="hidden" name="csrf" value="([^"<>\s]+)')"""
    assert found in text
    assert 'json={"items": [{"product": 3}], "ok": True}' in text
    assert 'headers={"x-csrf-token": csrf_token}' in text
    assert 'ref = answer.json()["order"]["ref"]' in text
    assert 'self.client.get(f"/api/orders/{ref}", name="/api/orders/{ref}")' in text
    assert 'form={"csrf": csrf_token, "order": order_id, "email": "a@b.example"}' in text


def test_secrets_stay_out() -> None:
    """Passwords and keys come from the environment, whether typed into a form, sent as JSON or in a header."""
    made = draft("checkout", "walk.har", read_har(har(
        entry(0, "/"),
        entry(1, "/login", "POST", postData=posted("application/x-www-form-urlencoded", "email=ada&password=hunter22")),
        entry(2, "/api/me", headers=[{"name": "Authorization", "value": "Bearer abcdef123456"}]),
        entry(3, "/api/pay", "POST", postData=posted("application/json", '{"card": {"card_number": "4242424242424242", "cvc": "123"}}')),
    )), 20)  # fmt: skip
    assert made.secrets == ("CHECKOUT_PASSWORD", "CHECKOUT_AUTHORIZATION", "CHECKOUT_CARD_NUMBER", "CHECKOUT_CVC")
    for secret in ("hunter22", "abcdef123456", "4242", '"123"'):
        assert secret not in made.text
    assert 'form={"email": "ada", "password": os.environ["CHECKOUT_PASSWORD"]}' in made.text


def test_what_nobody_handed_out_stays_out_too() -> None:
    """Keys in a query, tokens that no answer held, a password in another language, a PIN that is a number, a form with a name twice."""
    made = draft("checkout", "walk.har", read_har(har(
        entry(0, "/api?page=2&api_key=SECRET1&access_token=SECRET2%2F=", headers=[{"name": "X-Auth-Token", "value": "SECRET3"}]),
        entry(1, "/login", "POST", postData=posted("application/x-www-form-urlencoded", "a=1&a=2&haslo=SECRET4")),
        entry(2, "/again", "POST", postData=posted("application/json", '{"refresh_token": "SECRET5", "pin": 909090}')),
    )), 20)  # fmt: skip
    assert "SECRET" not in made.text
    assert "909090" not in made.text
    assert [each.removeprefix("CHECKOUT_") for each in made.secrets] == [
        "API_KEY", "ACCESS_TOKEN", "X_AUTH_TOKEN", "HASLO", "REFRESH_TOKEN", "PIN",
    ]  # fmt: skip
    assert '"/api?page=2"' in made.text
    assert '"api_key": os.environ["CHECKOUT_API_KEY"]' in made.text
    assert 'form={"a": ["1", "2"], "haslo": os.environ["CHECKOUT_HASLO"]}' in made.text
    assert '"pin": int(os.environ["CHECKOUT_PIN"])' in made.text


def test_a_token_that_an_answer_held_is_taken_from_it() -> None:
    """In a query too: each user has its own."""
    text = drafted(
        entry(0, "/login", "POST", kind="application/json", text='{"token": "f00dfeed12345678"}'),
        entry(1, "/api/me?token=f00dfeed12345678"),
    )
    assert 'token = self.client.post("/login").json()["token"]' in text
    assert 'self.client.get("/api/me", params={"token": token})' in text


def test_redirects_are_followed_once() -> None:
    """What a redirect led to is the client's to fetch; one that leads to another site is not followed at all."""
    text = drafted(
        entry(0, "/order", "POST", status=303, to="/order/done", postData=posted("application/x-www-form-urlencoded", "a=b")),
        entry(0.2, "/order/done"),
        entry(1, "/pay", status=302, to="https://bank.example/pay"),
        entry(2, "/missing", status=404),
    )
    assert "/order/done" not in text
    assert 'self.client.get("/pay", status=302, redirects=False)' in text
    assert 'self.client.get("/missing", status=404)' in text


def test_numbered_paths_are_one_request() -> None:
    """As in a replay: figures stand under one name; a query does not tell requests apart."""
    text = drafted(entry(0, "/products/12/reviews?page=2"))
    assert 'self.client.get("/products/12/reviews?page=2", name="/products/{n}/reviews")' in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not a HAR file: JSONDecodeError"),
        ("[]", "is not a HAR file"),
        (har(), "holds no request"),
        (har(entry(0, "/", status=0)), "holds no request"),
        ('{"log": {"entries": [{}]}}', "is not a HAR file: KeyError"),
    ],
)
def test_files_that_hold_nothing_to_ask(text: str, said: str) -> None:
    """The message says what is wrong, and where such files come from."""
    with pytest.raises(UsageError) as caught:
        read_har(text)
    assert said in caught.value.message
    assert "Export HAR" in (caught.value.hint or "")


TEXTS = st.text(max_size=30)
REQUESTS = st.builds(
    Asked,
    st.just(0.0),
    st.just(0.1),
    st.sampled_from(["GET", "POST", "PUT", "PROPFIND"]),
    TEXTS.map(lambda text: f"/{text}"),
    st.dictionaries(st.sampled_from(["authorization", "x-a", "accept"]), TEXTS),
    st.one_of(TEXTS, st.dictionaries(TEXTS, TEXTS | st.integers() | st.lists(TEXTS)).map(json.dumps)),
    st.sampled_from(["", "application/json", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"]),
    st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
    st.sampled_from([200, 302, 304, 404]),
    st.one_of(TEXTS, st.dictionaries(TEXTS, TEXTS | st.integers()).map(json.dumps)),
    st.sampled_from(["text/html", "application/json"]),
)


@settings(max_examples=50)
@given(st.lists(REQUESTS, min_size=1, max_size=3))
def test_whatever_was_asked_the_draft_is_python(asked: list[Asked]) -> None:
    """However strange the site's addresses, fields and answers are."""
    ast.parse(draft("any_name", "a \"strange\" ''' file\\.har", Recording(SITE, tuple(asked), {}), 1).text)
