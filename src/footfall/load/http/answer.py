"""Answers and what is expected of them: a 200 with the wrong body is an error too."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType
from typing import Any, TypedDict

import orjson

_EXCERPT = 200
_PACKINGS = frozenset({b"gzip", b"x-gzip", b"deflate"})
_NOT_YET = object()

Check = Callable[["Response"], bool | str | None]


class RequestFailed(Exception):  # noqa: N818  # it is a fact about a request, told to Locust as its exception
    """Why a request counts as failed: `kind` groups such failures (`status 500`), the text is this one's example."""

    def __init__(self, kind: str, text: str = "", *, own: bool = False) -> None:
        super().__init__(kind if not text else f"{kind}: {text}")
        self.kind = kind
        self.own = own


class AbandonedError(Exception):
    """A user wanted to go on from an answer that failed; the failure has been counted, the task is given up."""


class Options(TypedDict, total=False):
    """What `get`, `post` and the others take beside the path.

    `name` groups requests whose paths differ (`/api/orders/{ref}`). `json`, `form`, `multipart`
    (texts, and files as (name, content, media type)) or `content` is the body, `params` the query.
    The answer must have `status` (one or several; any 2xx unless told otherwise), its JSON must have what `has` holds (values, types,
    `...` for anything; nested dicts alike), and `check` must not return False or a text that says what is wrong.
    """

    name: str
    params: Mapping[str, Any]
    json: Any
    form: Mapping[str, Any]
    multipart: Mapping[str, str | tuple[str, bytes, str]]
    content: bytes
    headers: Mapping[str, str]
    status: int | Sequence[int]
    has: Mapping[str, Any]
    check: Check
    timeout_s: float
    redirects: bool


class Response:
    """An answer. `status` is 0 when none came; `error` says why the request failed, None when it did what it should."""

    __slots__ = ("_abandoned", "_body", "_headers", "_parsed", "_raw_headers", "_unpacked", "elapsed_ms", "error", "size", "status", "url")

    def __init__(self, url: str, status: int, headers: list[tuple[bytes, bytes]], body: bytes, abandoned: type[Exception]) -> None:
        self.url = url
        self.status = status
        self.elapsed_ms = 0.0
        self.error: RequestFailed | None = None
        self._raw_headers = headers
        self._headers: dict[str, str] | None = None
        self._body = body
        self.size = len(body)
        """How many bytes of body came over the network."""
        self._abandoned = abandoned
        self._unpacked = not body
        self._parsed: Any = _NOT_YET

    @property
    def ok(self) -> bool:
        """Whether the request did what it should."""
        return self.error is None

    @property
    def status_code(self) -> int:
        """The status, by the name that Locust's own clients give it."""
        return self.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers by lower-case name; of several with one name the last."""
        if self._headers is None:
            self._headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._raw_headers}
        return self._headers

    @property
    def received(self) -> int:
        """How many bytes of body came over the network."""
        return self.size

    @property
    def content(self) -> bytes:
        """The body, unpacked. Raises RequestFailed when it is packed wrongly."""
        if not self._unpacked:
            if _is_packed(self._raw_headers):
                try:
                    self._body = zlib.decompress(self._body, wbits=47)
                except zlib.error as error:
                    raise RequestFailed("body does not unpack", str(error)) from error
            self._unpacked = True
        return self._body

    @property
    def text(self) -> str:
        """The body as text, in UTF-8."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body's JSON. Gives the task up when the request failed (which has been counted), so that nobody goes on from it."""
        if self.error is not None:
            raise self._abandoned(str(self.error))
        return self.parsed()

    def parsed(self) -> Any:
        """Return the body's JSON, failed or not. Raises RequestFailed."""
        if self._parsed is _NOT_YET:
            try:
                self._parsed = orjson.loads(self.content)
            except ValueError as error:
                raise RequestFailed("not JSON", self.excerpt()) from error
        return self._parsed

    def find(self, pattern: str) -> str:
        """Return what the first group of a regular expression matches in the text: a CSRF token, an id. Gives the task up without one."""
        match = re.search(pattern, self.text) if self.error is None else None
        if match is None:
            raise self._abandoned(str(self.error or f"nothing in the answer matches {pattern!r}"))
        return match[1]

    def excerpt(self) -> str:
        """Return the beginning of the body, for an error's example."""
        try:
            return self.text[:_EXCERPT]
        except RequestFailed:
            return ""


def _is_packed(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    return any(len(name) == 16 and name.lower() == b"content-encoding" and value.lower() in _PACKINGS for name, value in headers)


def fault(response: Response, options: Options) -> RequestFailed | None:
    """Hold an answer against what was expected of it."""
    expected = options.get("status")
    status = response.status
    fits = 200 <= status < 300 if expected is None else status == expected if isinstance(expected, int) else status in expected
    if not fits:
        return RequestFailed(f"status {status}", response.excerpt())
    try:
        if "has" in options and (wrong := difference(options["has"], response.parsed())):
            return RequestFailed("wrong body", f"{wrong}; body: {response.excerpt()}")
        if "check" in options:
            return _checked(options["check"], response)
    except RequestFailed as failure:
        return failure
    return None


def _checked(check: Check, response: Response) -> RequestFailed | None:
    try:
        said = check(response)
    except (AssertionError, LookupError, TypeError, ValueError, AttributeError) as error:
        return RequestFailed("check failed", f"{type(error).__name__}: {error}; body: {response.excerpt()}")
    if said is False or (isinstance(said, str) and said):
        return RequestFailed("check failed", f"{said or 'it said no'}; body: {response.excerpt()}")
    return None


def difference(wanted: Any, seen: Any, place: str = "$") -> str:
    """Say where `seen` lacks what `wanted` holds; empty when it has all of it."""
    if isinstance(wanted, EllipsisType):
        return ""
    if isinstance(wanted, type):
        return "" if isinstance(seen, wanted) else f"{place} is {seen!r:.80}, not {wanted.__name__}"
    if isinstance(wanted, Mapping):
        return _difference_in_object(wanted, seen, place)
    return "" if seen == wanted else f"{place} is {seen!r:.80}, not {wanted!r}"


def _difference_in_object(wanted: Mapping[str, Any], seen: Any, place: str) -> str:
    if not isinstance(seen, Mapping):
        return f"{place} is {seen!r:.80}, not an object"
    for key, value in wanted.items():
        if key not in seen:
            return f"{place}.{key} is missing"
        if wrong := difference(value, seen[key], f"{place}.{key}"):
            return wrong
    return ""
