"""Make a load profile of a recording: a user who asks the same again, with what came back put in where it was sent on. Pure.

What came back and was sent on (a CSRF token, an order's number) is found by its value, and taken from the answer that held it.
Passwords and keys are taken from the environment, and so are tokens and sessions that no answer held, whether they stand in a form,
in JSON, in a header or in a query.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import json
import keyword
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_plus

from footfall.config.secret_words import is_issued, is_secret
from footfall.load.har import Asked, Recording
from footfall.load.replay import Visit, is_sendable

_PAUSE_S = 0.5
"""Between two requests: a longer one was a person's, a shorter one the page's."""
_THINK_S = (1.0, 30.0)
_GENERATED = re.compile(r"(?=.*\d).{6,}|.{16,}")
_NUMBER = re.compile(r"\d+")
_OWN = re.compile(r"x-(?!forwarded|footfall|client-data|devtools)")
_FEWEST_DIGITS = 3
_CONTEXT = 60
_WIDTH = 110
_METHODS = frozenset({"get", "head", "post", "put", "patch", "delete"})
_TAKEN = frozenset({"self", "answer", "os", "task", "hold", "ramp", *dir(builtins)})


@dataclass(frozen=True)
class Draft:
    """A profile's module, and the environment variables that it takes secrets from."""

    text: str
    secrets: tuple[str, ...]


class _Code(str):
    """Text that is Python already."""

    __slots__ = ()


@dataclass
class _Line:
    """One request as it will be written; `taken` names what is taken from its answer, and how."""

    asked: Asked
    arguments: list[str]
    remark: str = ""
    taken: dict[str, str] = field(default_factory=dict)


def draft(name: str, source: str, recording: Recording, users: int) -> Draft:
    """Return the profile `name` for `users` users, drafted from the recording in the file `source`."""
    writer = _Writer(name)
    lines = [writer.line(asked) for asked in recording.asked]
    text = _module(name, _head(name, source, recording, secrets=bool(writer.secrets)), lines, users)
    ast.parse(text)  # a draft that is no Python would be a fault of ours
    return Draft(text, tuple(writer.secrets))


class _Writer:
    """Puts values that came back, and secrets, in the place of what was recorded."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines: list[_Line] = []
        self._known: dict[str, str] = {}
        self.secrets: list[str] = []

    def line(self, asked: Asked) -> _Line:
        """Return how a request is asked again; those before it must have been asked."""
        path, params = self._params(asked.path)
        options = {**params, **self._body(asked), **self._headers(asked), **_expected(asked)}
        remark = "A form with files was sent here: multipart={...} sends one" if asked.body_type.startswith("multipart/") else ""
        line = _Line(asked, [*self._place(path), *(f"{key}={literal(value)}" for key, value in options.items())], remark)
        self._lines.append(line)
        return line

    def _params(self, path: str) -> tuple[str, dict[str, Any]]:
        """Return a path without the secrets in its query, and the option that sends them."""
        plain, _, query = path.partition("?")
        pairs = [(each, *(unquote_plus(part) for part in each.partition("=")[::2])) for each in query.split("&")]
        secrets = {name: self._value(name, value) for _, name, value in pairs if value and (is_secret(name) or is_issued(name))}
        if not secrets:
            return path, {}
        rest = "&".join(each for each, name, value in pairs if name not in secrets)
        return plain + (f"?{rest}" if rest else ""), {"params": secrets}

    def _place(self, path: str) -> Iterator[str]:
        """Yield the path, and the name that groups it with others of its kind."""
        put = [self._came_back(unquote(token), "id", pages=False) or token for token in re.split("([/?&=])", path)]
        varies = any(isinstance(each, _Code) for each in put)
        braced = [f"{{{each}}}" if isinstance(each, _Code) else each for each in put]
        told = [f"{{{each}}}" if isinstance(each, _Code) else each.replace("{", "{{").replace("}", "}}") for each in put]
        yield f"f{_quoted(''.join(told))}" if varies else _quoted(path)
        plain = "".join(braced).partition("?")[0]
        grouped = "/".join(each if each.startswith("{") else Visit(0, "", f"/{each}").name[1:] for each in plain.split("/"))
        if grouped != path or varies:
            yield f"name={_quoted(grouped)}"

    def _body(self, asked: Asked) -> dict[str, Any]:
        """Return the option that sends a body."""
        if not (asked.body or asked.form) or asked.body_type.startswith("multipart/"):
            return {}
        if asked.form:
            fields: dict[str, list[Any]] = {}
            for name, value in asked.form:
                fields.setdefault(name, []).append(self._value(name, value))
            return {"form": {name: values if len(values) > 1 else values[0] for name, values in fields.items()}}
        content = _Code(repr(asked.body.encode("utf-8", "replace")))
        if "json" in asked.body_type:
            try:
                return {"json": self._inside("", json.loads(asked.body))}
            except ValueError:
                return {"content": content}
        return {"content": content}

    def _headers(self, asked: Asked) -> dict[str, Any]:
        """Return the headers that a site may depend on; all others a browser or the crowd's client decides."""
        own = {name: text for name, text in asked.headers.items() if (name == "authorization" or _OWN.match(name)) and is_sendable(text)}
        if "application/json" in asked.headers.get("accept", ""):
            own["accept"] = "application/json"
        if asked.body and asked.body_type and not asked.body_type.startswith("multipart/") and "json" not in asked.body_type:
            own |= {} if asked.form else {"content-type": asked.body_type}
        return {"headers": {name: self._value(name, text) for name, text in own.items()}} if own else {}

    def _inside(self, key: str, value: Any) -> Any:
        """Return JSON with what came back, and secrets, put in."""
        if isinstance(value, dict):
            return {name: self._inside(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._inside(key, inner) for inner in value]
        if isinstance(value, str):
            return self._value(key, value)
        if isinstance(value, int) and not isinstance(value, bool):
            return _Code(f"int({self._secret(key)})") if is_secret(key) else self._came_back(str(value), key, pages=False) or value
        return value

    def _value(self, key: str, value: str) -> str:
        issued = is_issued(key)
        if value and is_secret(key) and not issued:
            return self._secret(key)
        found = self._came_back(value, key, pages=True)
        return found or (self._secret(key) if value and issued else value)

    def _secret(self, key: str) -> _Code:
        variable = re.sub(r"\W+", "_", f"{self._name}_{key}").upper()
        if variable not in self.secrets:
            self.secrets.append(variable)
        return _Code(f"os.environ[{_quoted(variable)}]")

    def _came_back(self, value: str, hint: str, *, pages: bool) -> _Code | None:
        """Return the name of a value that an earlier answer held, where it looks like one that a site makes anew each time.

        Numbers are looked for only in what answered a change, for lists are full of them; the text of pages only with `pages`.
        """
        if value in self._known:
            return _Code(self._known[value])
        number = bool(_NUMBER.fullmatch(value))
        if not _GENERATED.fullmatch(value) and not (number and len(value) >= _FEWEST_DIGITS):
            return None
        for line in reversed(self._lines):
            how, key = ("", "") if number and line.asked.method == "GET" else _how(line.asked, value, pages=pages and not number)
            if how:
                name = self._known[value] = _variable(key or hint, set(self._known.values()))
                line.taken[name] = how
                return _Code(name)
        return None


def _expected(asked: Asked) -> dict[str, Any]:
    """Return what must be said of an answer that is not simply well."""
    if 300 <= asked.status < 400 and asked.status != 304:  # it led away from the site, where the crowd must not go
        return {"status": asked.status, "redirects": False}
    return {"status": asked.status} if asked.status >= 400 else {}


def _how(asked: Asked, value: str, *, pages: bool) -> tuple[str, str]:
    """Return how to take a value from an answer, and what it is called there; nothing where it is not in it."""
    if "json" in asked.answer_type:
        keys = next(_keys_to(_parsed(asked.answer), value), ())
        words = [key for key in keys if isinstance(key, str)]
        called = "_".join(words[-2:] if words and words[-1] in _TAKEN else words[-1:])
        return "".join((".json()", *(f"[{literal(key)}]" for key in keys))) if keys else "", called
    at = asked.answer.find(value) if pages else -1
    if at < 0:
        return "", ""
    begin = max(asked.answer.rfind("<", 0, at), asked.answer.rfind("\n", 0, at) + 1, at - _CONTEXT)
    pattern = re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", asked.answer[begin:at]) + r'([^"<>\s]+)'
    found = re.search(pattern, asked.answer)
    if found is None or found[1] != value:
        return "", ""
    plain = "'" not in pattern and pattern.isprintable()
    return ".find(" + (f"r'{pattern}'" if plain else _quoted(pattern)) + ")", ""


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _keys_to(data: Any, value: str) -> Iterator[tuple[str | int, ...]]:
    """Yield the ways to every leaf of that value."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, each in inner:
        if isinstance(each, dict | list):
            yield from ((key, *rest) for rest in _keys_to(each, value))
        elif isinstance(each, str | int) and not isinstance(each, bool) and str(each) == value:
            yield (key,)


def _variable(text: str, used: set[str]) -> str:
    """Return a name for a value that is not used yet."""
    plain = re.sub(r"\W+", "_", text.lower()).removeprefix("x_").strip("_0123456789") or "value"
    name = f"{plain}_value" if keyword.iskeyword(plain) or plain in _TAKEN or not plain.isidentifier() else plain
    return next(each for each in (name, *(f"{name}_{number}" for number in range(2, len(used) + 3))) if each not in used)


def literal(value: Any) -> str:
    """Return a value as Python writes it, texts in double quotes."""
    if isinstance(value, _Code):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(str(key))}: {literal(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _head(name: str, source: str, recording: Recording, *, secrets: bool) -> str:
    """Return the module down to its first class."""
    origin = " from " + re.sub(r"[^\w. -]", "", source) if source else ""
    title = f'"""{name.replace("_", " ").capitalize()}: drafted by `footfall new profile`{origin}. Say here who these people are.'
    out = [f"{count} requests {why} were left out." for why, count in recording.left_out.items()]
    rows = [
        *([title, "", *out, '"""'] if out else [f'{title}"""']),
        "",
        "from __future__ import annotations",
        "",
        *(["import os", ""] if secrets else []),
        "from locust import task",
        "",
        "from footfall.load.stages import hold, ramp",
        "from footfall.load.users import LeanUser, StagedShape",
        "",
    ]
    return "\n".join(rows)


def _module(name: str, head: str, lines: list[_Line], users: int) -> str:
    camel = "".join(word.capitalize() for word in name.split("_"))
    pauses = [0.0, *(after.asked.at_s - before.asked.until_s for before, after in itertools.pairwise(lines))]
    long = [pause for pause in pauses if pause > _PAUSE_S]
    think_s = min(max(statistics.median(long or [3.0]), _THINK_S[0]), _THINK_S[1])
    rows: list[str] = []
    for line, pause in zip(lines, pauses, strict=True):
        rows += ["self.think()"] if pause > _PAUSE_S else []
        rows += [row for told in _told(line) for row in told.split("\n")]
    body = "\n".join(f"        {row}" for row in rows)
    return f'''{head}

class {camel}User(LeanUser):
    """Asks what was recorded. Say with `has={{...}}` what a right answer holds: a site that only shows errors is quick."""

    think_s = {think_s:.1f}  # seconds, on average

    @task
    def {name}(self) -> None:
        """Say here what they come for."""
{body}


class {camel}(StagedShape):
    """{users} users for half a minute."""

    stages = (ramp(to={users}, over="5s"), hold("30s"))
'''


def _told(line: _Line) -> Iterator[str]:
    """Yield the code of one request, and of what is taken from its answer."""
    if line.remark:
        yield f"# {line.remark}"
    method = line.asked.method.lower()
    arguments = line.arguments if method in _METHODS else [_quoted(line.asked.method), *line.arguments]
    function = f"self.client.{method if method in _METHODS else 'request'}"
    call = f"{function}({', '.join(arguments)})"
    if len(call) > _WIDTH:
        call = "\n".join((f"{function}(", *(f"    {each}," for each in arguments), ")"))
    if len(line.taken) == 1:
        [(name, how)] = line.taken.items()
        yield f"{name} = {call}{how}"
        return
    yield f"answer = {call}" if line.taken else call
    yield from (f"{name} = answer{how}" for name, how in line.taken.items())
