"""What fields that hold secrets are called, in many languages, and what only sounds like it."""

from __future__ import annotations

import pytest

from footfall.config.secret_words import is_issued, is_secret

SECRETS = (
    "password", "newPassword", "user_pass", "pwd", "Passwort", "Kennwort", "haslo", "Hasło", "Podaj hasło", "motdepasse", "Mot de passe",
    "mdp", "Contraseña", "contrasena", "senha", "Palavra-passe", "wachtwoord", "Lösenord", "heslo", "Parolă", "Şifre", "Пароль",
    "パスワード", "密码", "비밀번호", "apiKey", "client_secret", "userPin", "PIN", "card_number", "cvc", "Kartennummer",
)  # fmt: skip
ISSUED = ("x-auth-token", "refresh_token", "accessToken", "authenticity_token", "Authorization", "session_id", "sid", "JWT", "xsrf")
HARMLESS = ("email", "compass", "shipping", "opinion", "author", "authority", "side", "keyword", "spinner", "passenger", "quantity")


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_by_its_name(name: str) -> None:
    """Whatever the language, the accents and the way of writing names."""
    assert is_secret(name)


@pytest.mark.parametrize("name", ISSUED)
def test_what_a_site_hands_out(name: str) -> None:
    """Tokens and sessions are secrets for as long as they last."""
    assert is_issued(name)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_none(name: str) -> None:
    """Other fields stay as they were recorded."""
    assert not is_secret(name)
    assert not is_issued(name)
