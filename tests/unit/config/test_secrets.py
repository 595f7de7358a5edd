"""Secrets come from the environment and never leave by an output."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.config.secrets import Masker, resolve, resolve_all, secret_values
from footfall.config.suite import load_suite
from footfall.errors import UsageError

ENVIRONMENT = {"TOKEN": "s3cr3t-value", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("env:TOKEN", "s3cr3t-value"),
        ("Bearer env:TOKEN", "Bearer s3cr3t-value"),
        ("plain", "plain"),
        ("myenv:TOKEN", "myenv:TOKEN"),  # only a word of its own is a reference
        ("env:TOKEN/path", "env:TOKEN/path"),
    ],
)
def test_references_are_replaced(text: str, value: str) -> None:
    """`env:NAME`, alone or after a word such as Bearer."""
    assert resolve(text, ENVIRONMENT) == value


@pytest.mark.parametrize("name", ["ABSENT", "EMPTY"])
def test_a_variable_that_is_not_set_is_named(name: str) -> None:
    """The message says where it is needed and what to type."""
    with pytest.raises(UsageError) as caught:
        resolve_all({"Authorization": f"env:{name}"}, ENVIRONMENT, "targets.staging.headers")
    assert caught.value.message == f"targets.staging.headers.Authorization needs the environment variable {name}, which is not set"
    assert caught.value.hint == f"export {name}=…"


def test_a_suite_s_secrets_are_all_that_it_names(tmp_path: Path) -> None:
    """Targets' and probes' headers, URLs and bodies."""
    (tmp_path / "footfall.toml").write_text(
        '[targets.a]\nurl = "env:URL"\nheaders = { A = "Bearer env:TOKEN" }\n'
        '[probes.p]\nurl = "/x"\nheaders = { B = "env:ABSENT" }\nbody = "env:BODY"\n',
        "utf-8",
    )
    environment = {"TOKEN": "token-1", "URL": "https://user:pw@x", "BODY": "body-1", "OTHER": "other"}
    assert secret_values(load_suite(tmp_path), environment) == {"token-1", "https://user:pw@x", "body-1"}


_secrets = st.text(min_size=4).filter(lambda text: len(text.strip()) >= 4)


@given(_secrets, st.text())
def test_no_form_of_a_secret_is_left(secret: str, around: str) -> None:
    """As it is, in a URL, in JSON and in base64."""
    masker = Masker([secret])
    for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], base64.b64encode(secret.encode()).decode()):
        assert form.strip("=") not in masker.mask(f"{around}{form}{around}").replace("***", "")


def test_a_secret_as_a_page_encodes_it_is_masked() -> None:
    """JavaScript's `btoa` takes each letter for a byte, where Python and `curl` write UTF-8."""
    secret = "pässwörd-42"
    for text in (secret, f"ada:{secret}"):
        for encoding in ("latin-1", "utf-8"):
            assert "***" in Masker([secret]).mask(base64.b64encode(text.encode(encoding)).decode())


@pytest.mark.parametrize("user", ["ada", "anna", "grace"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_in_the_base64_of_a_longer_text_is_masked(user: str, encode: Callable[[bytes], bytes]) -> None:
    """Basic authentication encodes `user:secret`: the name's length decides how the secret looks in it, and so does what follows."""
    secret = "p4ss>>word??!"
    for text in (f"{user}:{secret}", f"{user}:{secret}:more"):
        masked = Masker([secret]).mask(f"Authorization: Basic {encode(text.encode()).decode()}")
        assert "***" in masked
        left = masked.removeprefix("Authorization: Basic ").partition("***")
        assert len(left[0]) <= len(f"{user}:") * 8 / 6 + 1  # no more than the name and the bits that it shares a character with
        assert len(left[2].rstrip("=")) <= (len(text) - text.index(secret) - len(secret)) * 8 / 6 + 2


@given(_secrets.filter(lambda text: len(text) > 4), st.data())
def test_a_secret_that_was_cut_is_masked(secret: str, data: st.DataObject) -> None:
    """Texts are cut to a length before they are masked; the beginning of a secret at their end is one too."""
    kept = data.draw(st.integers(4, len(secret) - 1))
    assert not Masker([secret]).mask(f"told: {secret[:kept]}").replace("***", "").endswith(secret[:kept])


def test_what_is_not_secret_stays() -> None:
    """Short values would tear ordinary text apart, and so are left; without secrets nothing changes."""
    assert Masker(["abc", "", "s3cr3t"]).mask("abc: s3cr3t!") == "abc: ***!"
    assert Masker([]).mask("text") == "text"
    assert Masker(["s3cr3t"]).mask("s3c") == "s3c"
    assert Masker(["s3cr3t"]).mask("s3cr of old, then s3cx") == "s3cr of old, then s3cx"


@pytest.mark.parametrize("password", ["hunter22", "p%40ss w\u00f6rd", "50%off!", "a+b=c&d"])
def test_an_address_that_a_client_writes_in_its_own_way_is_masked(password: str) -> None:
    """Its host in small letters, without the usual port, quoted or not: an error quotes it so, and the password is in none."""
    secret = f"HTTPS://shop:{password}@Shop.Example:443/a path?key={password}"
    masker = Masker([secret])
    for told in (str(httpx.URL(secret)), str(httpx.Request("GET", secret).url), repr(httpx.URL(secret)), secret.lower()):
        masked = masker.mask(f"Client error '404 Not Found' for url '{told}'")
        assert password.lower() not in unquote(masked).lower(), masked
        assert quote(password) not in masked


def test_a_secret_in_an_address_is_masked_however_it_is_quoted() -> None:
    """As a browser, a form or httpx writes it."""
    secret = "p@ss w\u00f6rd/+?&=%x"
    told = (str(httpx.URL("https://shop.example", params={"key": secret})), f"https://shop.example/?key={secret}")
    assert {Masker([secret]).mask(str(httpx.Request("GET", url).url)).rpartition("=")[2] for url in told} == {"***"}


def test_the_longest_secret_goes_first() -> None:
    """One secret may be the start of another."""
    assert Masker(["token", "token-long"]).mask("token-long token") == "*** ***"


def test_a_secret_that_is_not_utf_8_is_masked_too() -> None:
    """The environment may hold any bytes."""
    assert Masker(["caf\udce9-secret"]).mask("is caf\udce9-secret") == "is ***"
