"""What Corner answers when it will not do what was asked, and how it reads what people send."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

RETRY = {"Retry-After": "1"}
_UNSAYABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")  # JSON can name halves of characters, which no file can hold
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,}")


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault of the program
    """An answer other than yes: its HTTP status, a code for programs, a sentence for people, and headers where HTTP wants some."""

    def __init__(
        self, status: int, code: str, message: str, fields: dict[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields or {}
        self.headers = headers or {}


def not_found(what: str) -> Refusal:
    """There is no such thing."""
    return Refusal(404, "not_found", f"There is no such {what}.")


def conflict(message: str, code: str = "wrong_state") -> Refusal:
    """It exists, but not in a state in which this can be done."""
    return Refusal(409, code, message)


def cannot_write() -> Refusal:
    """The disk is full or broken."""
    message = "The shop cannot write anything down just now. Please try again in a moment."
    return Refusal(503, "database_failed", message, headers=RETRY)


class Fields:
    """Reads named values from a form or a JSON object and collects everything that is wrong before it refuses."""

    def __init__(self, values: Mapping[str, object], *, texts: bool = False) -> None:
        self._values = values
        self._texts = texts  # a form holds numbers as text; JSON must not
        self.wrong: dict[str, str] = {}

    def text(self, name: str, *, most: int = 120, required: bool = True) -> str:
        """A text without control characters and lone surrogates, stripped; empty where it may be."""
        value = self._values.get(name)
        if value is None:
            value = ""
        if not isinstance(value, str):
            return self._bad(name, "must be a text")
        value = value.strip()
        if required and not value:
            return self._bad(name, "is needed")
        if len(value) > most:
            return self._bad(name, f"must have at most {most} characters")
        if _UNSAYABLE.search(value):
            return self._bad(name, "must not hold control characters")
        return value

    def email(self, name: str = "email") -> str:
        """An address that looks like one."""
        value = self.text(name, most=254)
        if value and not _EMAIL.fullmatch(value):
            return self._bad(name, "does not look like an email address")
        return value.lower()

    def integer(self, name: str, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self._values.get(name)
        if self._texts and isinstance(value, str) and re.fullmatch(r"-?\d{1,12}", value.strip()):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self._bad(name, f"must be a whole number from {least} to {most}")
            return least
        return value

    def cents(self, name: str, most: int) -> int:
        """An amount of money that a person wrote in euros, in cents."""
        value = self.text(name).replace(",", ".")
        if not re.fullmatch(r"\d{1,7}(\.\d{1,2})?", value) or round(float(value) * 100) > most:
            self._bad(name, f"must be an amount from 0 to {most // 100}")
            return 0
        return round(float(value) * 100)

    def choice(self, name: str, options: Collection[str]) -> str:
        """One of the options."""
        value = self.text(name)
        if value and value not in options:
            return self._bad(name, f"must be one of {', '.join(sorted(options)[:12])}")
        return value

    def done(self) -> None:
        """Raise a 422 that names every field at fault."""
        if self.wrong:
            said = "; ".join(f"{name} {why}" for name, why in self.wrong.items())
            raise Refusal(422, "invalid", f"Please check: {said}.", self.wrong)

    def _bad(self, name: str, why: str) -> str:
        self.wrong.setdefault(name, why)
        return ""
