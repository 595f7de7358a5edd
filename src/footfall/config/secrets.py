"""Secrets come from the environment (`env:NAME`), and never leave by an output."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from urllib.parse import quote, quote_plus, unquote, urlsplit

from footfall.config.suite import Suite
from footfall.errors import UsageError

MASK = "***"
SHORTEST = 4
"""Characters of a secret below which masking it would tear ordinary text apart."""
_SHORTEST_WITHIN = 6
"""Characters of base64 that are masked wherever they stand: fewer occur by chance in any long base64 text."""
_LEGAL = "!$&'()*+,/:;=?@"
"""What a client leaves as it is in an address, though it could be quoted."""
_SIGNED_IN = re.compile(r"(?<=://)\S*@")
_REFERENCE = re.compile(r"(?<!\S)env:([A-Za-z_][A-Za-z0-9_]*)(?!\S)", re.ASCII)


def resolve(text: str, environment: Mapping[str, str], where: str = "") -> str:
    """Put the environment's values in the place of `env:NAME` (`Bearer env:TOKEN` too). Raises UsageError for one that is not set."""

    def value(match: re.Match[str]) -> str:
        found = environment.get(match[1])
        if not found:
            place = f"{where} needs" if where else "a setting needs"
            raise UsageError(f"{place} the environment variable {match[1]}, which is not set", hint=f"export {match[1]}=…")
        return found

    return _REFERENCE.sub(value, text)


def resolve_all(texts: Mapping[str, str], environment: Mapping[str, str], where: str = "") -> dict[str, str]:
    """Resolve each value of a table such as a target's headers. Raises UsageError as `resolve` does."""
    return {name: resolve(text, environment, f"{where}.{name}" if where else name) for name, text in texts.items()}


def places(suite: Suite) -> dict[str, str]:
    """Return the variables that a suite names by `env:NAME`, each with the key that first needs it (`targets.staging.url`)."""
    named: dict[str, str] = {}
    for where, text in _texts(suite):
        for name in _REFERENCE.findall(text):
            named.setdefault(name, where)
    return named


def secret_values(suite: Suite, environment: Mapping[str, str]) -> frozenset[str]:
    """Return the values of all `env:NAME` that a suite names and that are set."""
    return frozenset(environment[name] for name in places(suite) if environment.get(name))


def recorded_secrets(suite: Suite, environment: Mapping[str, str]) -> frozenset[str]:
    """Return what no record of a run may show: the values of all `env:NAME`, but of a target's address only whom it signs in as.

    Its host is no secret: every page of the site names it.
    """
    named = {name: environment[name] for name in places(suite) if environment.get(name)}
    addresses = {name for target in suite.targets.values() for name in _REFERENCE.findall(target.url or "")}
    whole = {value for name, value in named.items() if name not in addresses}
    return frozenset(whole.union(*(signed_in(value) for name, value in named.items() if name in addresses)))


def signed_in(address: str) -> set[str]:
    """Return the password in an address, as it stands there and as it is meant, or else its user, who is a token then."""
    user, _, password = address.partition("://")[2].rpartition("@")[0].partition(":")
    return {text for text in (password or user, unquote(password or user)) if text}


def without_password(url: str) -> str:
    """Return a site's address as it may be shown: without whom it signs in as."""
    return _SIGNED_IN.sub(f"{MASK}@", url)


def _texts(suite: Suite) -> Iterator[tuple[str, str]]:
    """Yield every text of a suite that may name a variable, with its key."""
    for target in suite.targets.values():
        yield f"targets.{target.name}.url", target.url or ""
        yield from ((f"targets.{target.name}.headers.{name}", text) for name, text in target.headers.items())
    for probe in suite.probes.values():
        where = f"probes.{probe.name}"
        yield from ((f"{where}.url", probe.url), (f"{where}.body", probe.body))
        yield from ((f"{where}.headers.{name}", text) for name, text in probe.headers.items())
        yield from ((f"{where}.{name}", value) for name, value in probe.options.items() if isinstance(value, str))
    for channel in suite.alerts.channels.values():
        yield from ((f"alerts.channels.{channel.name}.{key}", getattr(channel, key)) for key in ("url", "key", "secret", "server"))
    yield from ((f"watch.{key}", getattr(suite.watch, key)) for key in ("control", "call", "serve_token"))
    yield from ((f"watch.dashboard.{name}", text) for name, text in suite.watch.dashboard.tokens.items())


class Masker:
    """Replaces secrets in texts, also as they look in a URL, in JSON and in base64."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        self._longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(re.escape(form) for form in self._longest_first)) if forms else None

    def mask(self, text: str) -> str:
        """Return the text with every secret replaced by `***`, and so the first part of one at its end, where the text was cut."""
        if self._pattern is None:
            return text
        masked = self._pattern.sub(MASK, text)
        cut = max((_cut(masked, form) for form in self._longest_first), default=0)
        return masked[: len(masked) - cut] + MASK if cut else masked


def _cut(text: str, form: str) -> int:
    """Return how many characters of a secret's beginning the text ends with: 0 where there are too few to mean anything."""
    begun = text.find(form[:SHORTEST], max(0, len(text) - len(form) + 1))
    while begun != -1 and not form.startswith(text[begun:]):
        begun = text.find(form[:SHORTEST], begun + 1)
    return len(text) - begun if begun != -1 else 0


def texts_of(secret: str) -> set[str]:
    """Return what of a secret may stand in a text: it, trimmed too, and each line of it."""
    return {secret, secret.strip(), *map(str.strip, secret.splitlines())}


def _forms(secret: str) -> Iterable[str]:
    """Return how a secret may appear: as it is, its lines and trimmed form, quoted, in base64; an address as clients write it."""
    for text in texts_of(secret) | {*_of_address(secret.strip())}:
        if len(text) >= SHORTEST:
            raw = text.encode("utf-8", "surrogateescape")  # a variable need not be UTF-8
            yield from (text, quote_plus(raw), *(quote(raw, safe=safe) for safe in ("", _LEGAL, _LEGAL + "%")))
            yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
            for written in {raw, text.encode("latin-1")} if _is_latin(text) else {raw}:  # a page's `btoa` takes letters for bytes
                for encode in (base64.b64encode, base64.urlsafe_b64encode):
                    yield encode(written).decode().rstrip("=")
                    yield from _within_longer(written, encode)


def _is_latin(text: str) -> bool:
    return all(ord(letter) < 256 for letter in text)


def _of_address(secret: str) -> Iterable[str]:
    """Return an address as the client writes it in its errors, and the password in it."""
    if "://" not in secret:
        return
    import httpx  # noqa: PLC0415  # a tenth of a second that only those with such a secret wait for

    with suppress(httpx.InvalidURL, ValueError):
        url = httpx.URL(secret)
        yield from (str(url), url.password, url.userinfo.decode("ascii", "replace").partition(":")[2], urlsplit(secret).password or "")


def _within_longer(raw: bytes, encode: Callable[[bytes], bytes]) -> Iterable[str]:
    """Return how a secret looks within the base64 of a longer text (`user:secret`), where what stands before it shifts it by k bytes."""
    for k in range(3):
        first, end = -(-8 * k // 6), 8 * (k + len(raw)) // 6
        inner = encode(bytes(k) + raw).decode()[first:end]  # without the characters that hold bits of its neighbours too
        if len(inner) >= _SHORTEST_WITHIN:
            yield inner
