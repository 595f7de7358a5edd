"""What fields that hold secrets are called, in the languages that sites are written in: shared by all that drafts from recordings."""

from __future__ import annotations

import re
import unicodedata

_WORDS = (
    # English, and what programs say in any language
    "passw",
    "passphrase",
    "passcode",
    "passkey",
    "pwd",
    "secret",
    "credential",
    "api.?key",
    "access.?key",
    "private.?key",
    "one.time",
    "security code",
    "card.?number",
    # German, Dutch, the north
    "kennwort",
    "geheim",
    "karten.?nummer",
    "kaart.?nummer",
    "wachtwoord",
    "losenord",
    "passord",
    "adgangskode",
    "kodeord",
    "salasana",
    # French, Spanish, Portuguese, Italian, Romanian
    "mot.?de.?passe",
    "code secret",
    "numero.?de.?carte",
    "contrasen",
    "contrasinal",
    "numero.?de.?tarjeta",
    "senha",
    "palavra.?passe",
    "numero.?do.?cartao",
    "parola.?d.?ordine",
    "numero.?della.?carta",
    # Polish, Czech, Slovak, Hungarian, Turkish
    "hasl[oa]",
    "numer.?karty",
    "hesl[oa]",
    "jelszo",
    "sifre",
    # Ukrainian, Russian, Greek
    "парол",
    "секрет",
    "номер.?карт",
    "κωδικ",
    # Japanese, Chinese, Korean
    "パスワード",
    "暗証番号",
    "密码",
    "密碼",
    "口令",
    "비밀번호",
)
_WHOLE = ("otp", "totp", "pin", "pass", "mdp", "cvc", "cvv", "csc", "clave", "parola")
"""Short ones, which other words begin with or hold."""


def _folded(text: str) -> str:
    """Return small letters without their marks, words in camelCase set apart."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text)
    plain = (letter for letter in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(letter))
    return "".join(plain).casefold().replace("ł", "l").replace("ø", "o")


_SECRET = re.compile("|".join([*map(_folded, _WORDS), rf"(?<![a-z])(?:{'|'.join(_WHOLE)})(?![a-z])"]))
_ISSUED = re.compile(r"token|session|jwt|bearer|csrf|xsrf|signature|auth(?!or(?!i[sz]))|(?<![a-z])sid(?![a-z])")


def is_secret(name: str) -> bool:
    """Whether what is called so is a secret that people know: a password, a PIN, a card's number, a key."""
    return bool(_SECRET.search(_folded(name)))


def is_issued(name: str) -> bool:
    """Whether what is called so is a secret that a site hands out: a token, a session."""
    return bool(_ISSUED.search(_folded(name)))
