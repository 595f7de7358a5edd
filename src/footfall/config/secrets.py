"""Secrets come from the environment (`env:NAME`), and never leave by an output."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from footfall.config.suite import Suite
from footfall.errors import UsageError

MASK = "***"
SHORTEST = 4
"""Characters of a secret below which masking it would tear ordinary text apart."""
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


def secret_values(suite: Suite, environment: Mapping[str, str]) -> frozenset[str]:
    """Return the values of all `env:NAME` that a suite names and that are set."""
    texts = [
        *(text for target in suite.targets.values() for text in (target.url or "", *target.headers.values())),
        *(text for probe in suite.probes.values() for text in (probe.url, probe.body, *probe.headers.values())),
        *(value for probe in suite.probes.values() for value in probe.options.values() if isinstance(value, str)),
        *(text for each in suite.alerts.channels.values() for text in (each.url, each.key, each.secret, each.server)),
        suite.watch.call,
        suite.watch.serve_token,
        *suite.watch.dashboard.tokens.values(),
    ]
    names = {name for text in texts for name in _REFERENCE.findall(text)}
    return frozenset(environment[name] for name in names if environment.get(name))


class Masker:
    """Replaces secrets in texts, also as they look in a URL, in JSON and in base64."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(re.escape(form) for form in longest_first)) if forms else None

    def mask(self, text: str) -> str:
        """Return the text with every secret replaced by `***`."""
        return self._pattern.sub(MASK, text) if self._pattern else text


def _forms(secret: str) -> Iterable[str]:
    """Return how a secret may appear: as it is, its lines and trimmed form, quoted for URLs and JSON, and in base64."""
    for text in {secret, secret.strip(), *(line.strip() for line in secret.splitlines())}:
        if len(text) >= SHORTEST:
            raw = text.encode("utf-8", "surrogateescape")  # a variable need not be UTF-8
            yield from (text, quote(raw, safe=""), quote_plus(raw), json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
            yield from (base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("="))
