"""Signatures, fields, passwords, attempts, PDFs: the small rules."""

from __future__ import annotations

import contextlib
import mailbox
import time
from pathlib import Path

import pytest

from footfall.demo import accounts, papers, places, post, provider
from footfall.demo.refusals import Fields, Refusal


def test_a_webhook_is_known_by_its_signature() -> None:
    """Another body, another key, an old time, a broken header: none passes."""
    secret, body, now = b"secret", b'{"events":[]}', time.time()
    good = provider.sign(secret, body, now)
    assert provider.signed(secret, body, good)
    assert not provider.signed(secret, body + b" ", good)
    assert not provider.signed(b"other", body, good)
    assert not provider.signed(secret, body, provider.sign(secret, body, now - 1000))
    assert not provider.signed(secret, body, good.replace("v1=", "v2="))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"events":[1]}', b'{"events":[{"type":"payment.succeeded"}]}'])
def test_a_webhook_without_sense_is_refused(body: bytes) -> None:
    """A 400, never an exception of Python's own."""
    with pytest.raises(Refusal) as caught:
        provider.paid_intents(body)
    assert caught.value.status == 400


def test_all_wrong_fields_are_named_at_once() -> None:
    """One refusal holds them all."""
    fields = Fields({"name": 5, "email": "nobody", "age": True, "size": "huge"})
    fields.text("name")
    fields.email()
    fields.integer("age", 0, 100)
    fields.choice("size", ("small", "large"))
    fields.text("street")
    with pytest.raises(Refusal) as caught:
        fields.done()
    assert list(caught.value.fields) == ["name", "email", "age", "size", "street"]


@pytest.mark.parametrize(("text", "cents"), [("5", 500), ("5.5", 550), ("5,05", 505), ("0.1", 10), ("19.99", 1999)])
def test_euros_become_cents(text: str, cents: int) -> None:
    """With a point or a comma, without a rounding error."""
    assert Fields({"fee": text}, texts=True).cents("fee", 10_000) == cents


@pytest.mark.parametrize("text", ["", "-1", "1.234", "five", "1e3", "1000"])
def test_other_amounts_are_refused(text: str) -> None:
    """Negative, too fine, too large, no number."""
    fields = Fields({"fee": text}, texts=True)
    fields.cents("fee", 10_000)
    assert "fee" in fields.wrong


def test_a_form_may_write_numbers_as_text_and_json_may_not() -> None:
    """`"2"` is a number in a form only."""
    assert Fields({"n": "2"}, texts=True).integer("n", 1, 9) == 2
    fields = Fields({"n": "2"})
    fields.integer("n", 1, 9)
    assert "n" in fields.wrong


def test_a_password_is_known_by_its_hash() -> None:
    """Salted, so that the same password has two hashes."""
    one, other = accounts.hash_password("long enough"), accounts.hash_password("long enough")
    assert one != other
    assert accounts.check_password("long enough", one)
    assert not accounts.check_password("long enougH", one)


def test_too_many_wrong_passwords_are_a_429_for_that_one_only() -> None:
    """The eleventh attempt; somebody else may still try."""
    attempts = accounts.Attempts()
    for _ in range(accounts.ATTEMPTS):
        attempts.check("a")
        attempts.failed("a")
    with pytest.raises(Refusal) as caught:
        attempts.check("a")
    assert caught.value.status == 429
    attempts.check("b")


@pytest.mark.parametrize(("content", "pages"), [(b"/Type /Page /Type/Page>>", 2), (b"/Type /Pages", 0), (b"", 0), (b"/Type\n/Page\n", 1)])
def test_pages_are_counted(content: bytes, pages: int) -> None:
    """Pages, not the page tree."""
    assert papers.count_pages(content) == pages


def test_letters_are_a_mailbox_that_any_mail_program_reads(tmp_path: Path) -> None:
    """Two letters, the second with a name that tries to begin a third one."""
    names = ("Ada", "Bo\nFrom nobody@example.org Sat Nov 21 12:00:00 2026")
    rows = [{"kind": "order", "ref": "O1", "name": name, "email": "ada@example.org", "amount": 1234, "created": 1.0} for name in names]
    file = tmp_path / "outgoing.mbox"
    file.write_bytes(b"".join(post.letter(row) for row in rows))  # type: ignore[arg-type]
    with contextlib.closing(mailbox.mbox(file)) as read:
        letters = list(read)
    assert [letter["Subject"] for letter in letters] == ["We have your order: O1"] * 2
    assert all("€12.34".encode() in letter.as_bytes() for letter in letters)


@pytest.mark.parametrize(("text", "names"), [("war", ["Warsaw"]), (" LI", ["Lille", "Linz", "Lisbon"]), ("zzz", []), ("", [])])
def test_places_are_found_by_their_beginning(text: str, names: list[str]) -> None:
    """Whatever the case; nothing for nothing."""
    assert [place.name for place in places.look_up(text)] == names
