"""Make a journey of a recorded Playwright script: its navigations and clicks become steps. Nothing of it is run.

Reads what `playwright codegen` writes for Python (`--target python-pytest` and `--target python`), and plain scripts like it.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from footfall.config.secret_words import is_secret
from footfall.errors import UsageError

_SETUP = frozenset({"launch", "launch_persistent_context", "new_context", "start", "stop", "close"})
_TYPING = frozenset({"fill", "type", "press_sequentially"})
_CLICKS = frozenset({"click", "dblclick", "tap"})
_LEADING = frozenset({"link", "button", "menuitem", "tab"})
_NAME_LENGTH = 40
_NAMING = ("get_by_label", "get_by_placeholder", "get_by_text", "get_by_title", "get_by_alt_text", "get_by_test_id")
_FILLED_IN = re.compile(r"""get_by_(?:label|placeholder)\(["'](.+?)["']|get_by_role\("(?:radio|spinbutton|\w*box)", name=["'](.+?)["']""")
_SEEN = re.compile(r"""\bexpect\(.*?(?:name=|to_(?:contain|have)_(?:text|title)\()["'](.+?)["']""")


@dataclass(frozen=True)
class Draft:
    """A journey's module: its text, the names of its steps, and the environment variables that it takes secrets from."""

    text: str
    steps: tuple[str, ...]
    secrets: tuple[str, ...]


@dataclass
class _Step:
    name: str
    lines: list[str] = field(default_factory=list)
    checked: bool = False


def draft(name: str, script: str, site: str = "") -> Draft:
    """Return the journey `name` drafted from a recorded script; addresses on `site`, or else on the first page's site, become paths.

    Raises UsageError for what is no Python, is asynchronous, or opens no page.
    """
    try:
        tree = ast.parse(script)
    except SyntaxError as error:
        raise UsageError(
            f"line {error.lineno} of the script is not Python: {error.msg}", hint="record it with --target python-pytest"
        ) from error
    if any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(tree)):
        raise UsageError("the script is asynchronous", hint="record it with `playwright codegen --target python-pytest`")
    body, rest = _recorded(tree)
    origin = _origin(site) or next((_origin(url) for url in _visited(body) if _origin(url)), "")
    edits = _Edits(name, origin)
    source = edits.applied(script, body)
    steps = _steps(body, source)
    return Draft(_module(name, steps, rest, script, _page_names(body)), tuple(step.name for step in steps), tuple(edits.secrets))


def _recorded(tree: ast.Module) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Return the statements that were recorded, and what else the module holds that they may need."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(_visited([node])):
            return _actions(node.body), [other for other in tree.body if other is not node and _is_needed(other)]
    inner = [statement for node in tree.body for statement in (node.body if isinstance(node, ast.With) else [node])]
    if not any(_visited(inner)):
        raise UsageError("the script opens no page", hint='a recorded script has a line such as page.goto("https://…")')
    kept: list[ast.stmt] = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) and _is_needed(node)]
    return _actions([node for node in inner if not isinstance(node, ast.Import | ast.ImportFrom)]), kept


def _is_needed(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] not in {"playwright", "__future__"}
    return not isinstance(node, ast.With | ast.If | ast.Expr)


def _actions(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Leave out what opens and closes the browser: pytest-playwright does it."""
    return [
        node for node in statements if not _is_setup(node) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]


def _is_setup(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.With):
        return False
    value = getattr(node, "value", None)
    called = value.func.attr if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) else ""
    return called in _SETUP or (called == "new_page" and isinstance(node, ast.Assign))


def _calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            function = inner.func
            yield function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", ""), inner


def _visited(statements: Sequence[ast.stmt]) -> Iterator[str]:
    for statement in statements:
        for called, call in _calls(statement):
            if called == "goto":
                yield _text(call) or "/"


def _text(call: ast.Call) -> str:
    """The first argument, where it is a literal text."""
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else ""


def _page_names(body: Sequence[ast.stmt]) -> str:
    """Return the variable that the script calls its first page."""
    for statement in body:
        for called, call in _calls(statement):
            if called == "goto" and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
                return call.func.value.id
    return "page"


class _Edits:
    """What is written otherwise than it was recorded: addresses of the site, and secrets that were typed."""

    def __init__(self, name: str, origin: str) -> None:
        self._name = name
        self._origin = origin
        self.secrets: list[str] = []
        self._typed: list[str] = []

    def applied(self, script: str, body: Sequence[ast.stmt]) -> dict[ast.stmt, str]:
        """Return each statement's text, edited."""
        return {statement: self._text_of(script, statement) for statement in body}

    def _text_of(self, script: str, statement: ast.stmt) -> str:
        lines = script.encode().splitlines(keepends=True)  # the tree counts columns in bytes
        starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
        source = script.encode()

        def at(line: int, column: int) -> int:
            return starts[line - 1] + column

        begin, end = at(statement.lineno, 0), at(statement.end_lineno or statement.lineno, statement.end_col_offset or 0)
        for node, text in sorted(self._replacements(statement), key=lambda edit: -at(edit[0].lineno, edit[0].col_offset)):
            first, last = at(node.lineno, node.col_offset), at(node.end_lineno or node.lineno, node.end_col_offset or 0)
            source = source[:first] + text.encode() + source[last:]
            end += len(text.encode()) - (last - first)
        return textwrap.dedent(source[begin:end].decode())

    def _replacements(self, statement: ast.stmt) -> Iterator[tuple[ast.expr, str]]:
        for called, call in _calls(statement):
            text = _text(call)
            if self._origin and (text == self._origin or text.startswith(self._origin + "/")):
                yield call.args[0], quoted(text.removeprefix(self._origin) or "/")
            elif called in _TYPING and text and isinstance(call.func, ast.Attribute) and _is_hidden(call.func.value):
                yield call.args[0], f"journey.secret({quoted(self._secret(text))})"

    def _secret(self, typed: str) -> str:
        """Return the variable that a secret is taken from: one for each that was typed."""
        if typed not in self._typed:
            self._typed.append(typed)
            self.secrets.append(f"{self._name.upper()}_PASSWORD" + (f"_{len(self._typed)}" if len(self._typed) > 1 else ""))
        return self.secrets[self._typed.index(typed)]


def _is_hidden(locator: ast.expr) -> bool:
    """Whether a field's locator says that it is for a secret."""
    told = " ".join(node.value for node in ast.walk(locator) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return is_secret(told) or "token" in told.lower()


def quoted(text: str) -> str:
    """Write a text as both TOML and Python read it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _steps(body: Sequence[ast.stmt], source: dict[ast.stmt, str]) -> list[_Step]:
    """Group statements: a step ends with what leads somewhere, and has the checks that follow it."""
    steps: list[_Step] = []
    pending = _Step("")

    def close(name: str) -> None:
        nonlocal pending
        pending.name = name
        steps.append(pending)
        pending = _Step("")

    for statement in body:
        checks, leads = _is_check(statement), _leads_to(statement)
        if _opens(statement) and pending.lines:
            close(_first_words(pending) or "fill in")
        into = steps[-1] if (checks or _takes_value(statement)) and not pending.lines and steps else pending
        into.lines.append(source[statement])
        into.checked = into.checked or checks
        if leads:
            close(leads)
    if pending.lines:
        close(_first_words(pending) or "end")
    _told_apart(steps)
    return steps


def _told_apart(steps: Sequence[_Step]) -> None:
    """Give steps of one name names of their own: by what the customer sees then, or filled in, or did before; else by a number."""
    used: set[str] = set()
    before = ""
    for step in steps:
        step.name = unused(_names_of(step, before), used)
        before = step.name


def _names_of(step: _Step, before: str) -> Iterator[str]:
    told = "\n".join(step.lines)
    yield step.name
    for word, found in (("to", _SEEN.search(told)), ("with", _FILLED_IN.search(told))):
        if found and (text := _words(next(filter(None, found.groups())))):
            yield f"{step.name} {word} {text}"[:_NAME_LENGTH].strip()
    if before and not before.startswith(step.name):
        yield f"{step.name} after {before}"[:_NAME_LENGTH].strip()


def _is_check(statement: ast.stmt) -> bool:
    return any(called == "expect" for called, _ in _calls(statement))


def _takes_value(statement: ast.stmt) -> bool:
    """Whether it is `page1 = page1_info.value`, which belongs to the pop-up before it."""
    return isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Attribute)


def _opens(statement: ast.stmt) -> bool:
    return any(called == "goto" for called, _ in _calls(statement))


def _leads_to(statement: ast.stmt) -> str:
    """Return a step's name for what navigates or submits, else ""."""
    if _is_check(statement):
        return ""
    for called, call in _calls(statement):
        if called == "goto":
            path = urlsplit(_text(call)).path.strip("/")
            return _words(path.replace("/", " ")) or "home"
        if called in _CLICKS:
            role = _locators(call).get("get_by_role")
            if role is not None and _text(role) in _LEADING:
                return _accessible_name(role) or _text(role)
            if isinstance(statement, ast.With):  # expect_popup, expect_navigation, expect_download
                return f"open {_called(call)}".strip()[:_NAME_LENGTH]
        if called == "press" and any(isinstance(each, ast.Constant) and each.value == "Enter" for each in call.args):
            return _called(call) or "enter"
    return ""


def _locators(call: ast.Call) -> dict[str, ast.Call]:
    """Return the locators that an action works on; of several of a kind the last in the chain counts."""
    return dict(reversed([*_calls(call.func)]))


def _accessible_name(role: ast.Call) -> str:
    """Return a role's `name=` as words, that of a pattern too."""
    named = next((word.value for word in role.keywords if word.arg == "name"), None)
    if isinstance(named, ast.Call):  # re.compile("…")
        return _words(_text(named))
    return _words(str(named.value)) if isinstance(named, ast.Constant) else ""


def _called(call: ast.Call) -> str:
    """Return what customers call the thing that an action works on, or nothing where its locator does not say."""
    locators = _locators(call)
    if "get_by_role" in locators:
        return _accessible_name(locators["get_by_role"])
    return next((_words(_text(locators[name])) for name in _NAMING if name in locators), "")


def _words(text: str) -> str:
    """Return text as a step's name: small letters, digits and spaces."""
    return " ".join(re.findall(r"\w+", text.lower()))[:_NAME_LENGTH].strip()


def _first_words(step: _Step) -> str:
    found = re.search(r"""name=["'](.+?)["']|get_by_\w+\(["'](.+?)["']""", step.lines[0])
    return _words(found[1] or found[2]) if found else ""


def unused(names: Iterable[str], used: set[str]) -> str:
    """Return the first of several names for one thing that is not used yet, else the first with a number; it is used from now on."""
    wanted = list(names)
    numbered = (f"{wanted[0]} {count}" for count in range(2, len(used) + 3))
    found = next(each for each in (*wanted, *numbered) if each not in used)
    used.add(found)
    return found


def _module(name: str, steps: Sequence[_Step], rest: Sequence[ast.stmt], script: str, page: str) -> str:
    told = "\n".join(_step_text(step, page) for step in steps)
    kept = [text for node in rest if (text := ast.get_source_segment(script, node)) and _is_used(node, told)]
    imports = [text for text in kept if text.startswith(("import ", "from "))]
    others = [text for text in kept if text not in imports]
    checks = ["from playwright.sync_api import expect"] if any(step.checked for step in steps) else []
    blocks = [
        f'"""{name.replace("_", " ").capitalize()}: drafted by `footfall new journey`. Say here what the customer does."""',
        "from __future__ import annotations",
        *(["\n".join(imports)] if imports else []),
        *checks,
        "from footfall.browser.journey import Journey",
    ]
    function = (
        f'def test_{name}(journey: Journey) -> None:\n    """Say here what must hold at the end."""\n    {page} = journey.page\n{told}'
    )
    text = "\n\n".join(blocks) + "\n\n\n" + "\n\n\n".join([*others, function]) + "\n"
    ast.parse(text)  # a draft that is no Python would be a fault of ours
    return text


def _is_used(node: ast.stmt, told: str) -> bool:
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return True
    names = [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    return any(re.search(rf"\b{re.escape(each)}\b", told) for each in names) or "pytest" in names


def _step_text(step: _Step, page: str) -> str:
    lines = [*step.lines]
    if not step.checked:
        lines.append(f'# What does the customer see now? expect({page}.get_by_role("heading", name="…")).to_be_visible()')
    return f"    with journey.step({quoted(step.name)}):\n" + textwrap.indent("\n".join(lines), " " * 8)
