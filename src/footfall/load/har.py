"""What a browser asked of one site, read from a HAR file: requests with their answers, redirects followed, in order of time. Pure."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from footfall.errors import UsageError

_ASSETS = ("image/", "font/", "audio/", "video/", "text/css", "javascript", "application/font", "application/wasm")
_ENDINGS = (
    ".css",
    ".js",
    ".mjs",
    ".map",
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".svg",
    ".webp",
    ".avif",
    ".ico",
    ".woff",
    ".woff2",
    ".ttf",
)
_PREFLIGHT = "OPTIONS"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Asked:
    """One request and its answer. `form` are the fields of a sent form; `until_s` is when the answer was there."""

    at_s: float
    until_s: float
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    body_type: str = ""
    form: tuple[tuple[str, str], ...] = ()
    status: int = 200
    answer: str = ""
    answer_type: str = ""


@dataclass(frozen=True)
class Recording:
    """The requests to one site, and how many others were left out, by reason."""

    site: str
    asked: tuple[Asked, ...]
    left_out: Mapping[str, int]


def read_har(text: str, *, assets: bool = False) -> Recording:
    """Read a HAR file's text; style sheets, scripts, pictures and fonts only with `assets`.

    The site is that of the first page. Raises UsageError for what is no HAR file, or asks nothing.
    """
    try:
        entries = sorted(json.loads(text.removeprefix("\ufeff"))["log"]["entries"], key=_moment)
        site = _site(next((entry for entry in entries if _is_page(entry)), entries[0] if entries else None))
        asked, left_out = _kept(entries, site, assets=assets)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(f"the file is not a HAR file: {type(error).__name__}: {error}", hint=_HINT) from error
    if not asked:
        raise UsageError("the file holds no request that a crowd could send", hint=_HINT)
    return Recording(site, tuple(_followed(asked)), left_out)


_HINT = "in a browser's developer tools: Network, then Export HAR; or `playwright codegen --save-har FILE URL`"


def _moment(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["startedDateTime"])


def _is_page(entry: Mapping[str, Any]) -> bool:
    return "html" in str(entry["response"]["content"].get("mimeType", ""))


def _site(entry: Mapping[str, Any] | None) -> str:
    parts = urlsplit(entry["request"]["url"] if entry else "")
    return f"{parts.scheme}://{parts.netloc}"


def _kept(entries: Iterable[Mapping[str, Any]], site: str, *, assets: bool) -> tuple[list[Asked], Mapping[str, int]]:
    kept: list[Asked] = []
    left_out: Counter[str] = Counter()
    first: datetime | None = None
    for entry in entries:
        url = urlsplit(entry["request"]["url"])
        reason = _unwanted(entry, f"{url.scheme}://{url.netloc}" == site, url.path, assets=assets)
        if reason:
            left_out[reason] += 1
            continue
        first = first or _moment(entry)
        kept.append(_asked(entry, (_moment(entry) - first).total_seconds()))
    return kept, left_out


def _unwanted(entry: Mapping[str, Any], ours: bool, path: str, *, assets: bool) -> str:
    """Return why a request is left out, or nothing."""
    if not ours:
        return "to other sites"
    if entry["request"]["method"] == _PREFLIGHT or int(entry["response"]["status"]) <= 0:
        return "without an answer"
    kind = str(entry["response"]["content"].get("mimeType", ""))
    if not assets and (any(each in kind for each in _ASSETS) or path.endswith(_ENDINGS)):
        return "for style sheets, scripts, pictures and fonts"
    return ""


def _asked(entry: Mapping[str, Any], at_s: float) -> Asked:
    request, response = entry["request"], entry["response"]
    url, posted, content = urlsplit(request["url"]), request.get("postData") or {}, response["content"]
    return Asked(
        at_s,
        at_s + timedelta(milliseconds=max(float(entry.get("time") or 0), 0)).total_seconds(),
        str(request["method"]),
        (url.path or "/") + (f"?{url.query}" if url.query else ""),
        {str(header["name"]).lower(): str(header["value"]) for header in request.get("headers", ())},
        str(posted.get("text") or ""),
        str(posted.get("mimeType") or "").partition(";")[0].strip().lower(),
        form_of(posted),
        int(response["status"]),
        str(response.get("redirectURL") or "") or _text(content),
        str(content.get("mimeType", "")).partition(";")[0],
    )


def form_of(posted: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a form that was sent; some browsers record them apart, some only as text."""
    if posted.get("params"):
        return tuple((str(each["name"]), str(each.get("value", ""))) for each in posted["params"])
    plain = str(posted.get("mimeType") or "").startswith(FORM)
    return tuple(parse_qsl(str(posted.get("text") or ""), keep_blank_values=True)) if plain else ()


def _text(content: Mapping[str, Any]) -> str:
    text = str(content.get("text") or "")
    return base64.b64decode(text).decode("utf-8", "replace") if content.get("encoding") == "base64" else text


def _followed(asked: Iterable[Asked]) -> Iterable[Asked]:
    """Yield requests with redirects followed, as a crowd's client follows them: what they led to is their answer."""
    waiting: Asked | None = None
    for each in asked:
        if waiting is not None and each.path == _led_to(waiting):
            each = replace(waiting, until_s=each.until_s, status=each.status, answer=each.answer, answer_type=each.answer_type)  # noqa: PLW2901
        elif waiting is not None:
            yield waiting
        waiting = each if 300 <= each.status < 400 and each.status != 304 else None
        if waiting is None:
            yield each
    if waiting is not None:
        yield waiting


def _led_to(asked: Asked) -> str:
    """Return the path that a redirect leads to; its address stands where an answer's text would."""
    parts = urlsplit(urljoin(asked.path, asked.answer))
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
