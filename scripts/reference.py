"""Write the parts of docs/ that are made from the code: `python scripts/reference.py`.

A page says `<!-- made: NAME -->` … `<!-- /made -->`, and what stands between is made here. `tests/docs` hold it to be current.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from footfall import errors
from footfall.cli.main import EXIT_CODES, application
from footfall.config import patterns, schema
from footfall.gate.verdict import GLYPHS, Outcome, Verdict, exit_code
from footfall.metrics import CATALOGUE, LEGAL_STATISTICS, Kind, Source, suffixes
from footfall.report import json as verdicts_json

DOCS = Path(__file__).resolve().parents[1] / "docs"
_MADE = re.compile(r"(<!-- made: (?P<name>[^>]+?) -->\n).*?(<!-- /made -->)", re.DOTALL)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


# Commands -----------------------------------------------------------------------------------------------------------------------


def commands() -> str:
    """Return every command with its arguments and options, as `--help` tells them."""
    root = typer.main.get_command(application())
    return "\n".join(_command(path, command) for path, command in walk(root, ("footfall",)) if len(path) > 1)


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield a command and all below it with their words."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from walk(inner, (*path, name))


def _command(path: tuple[str, ...], command: Any) -> str:
    text = (command.help or "").partition("\f")[0].strip().replace("<", "&lt;")
    heading = f"{'#' * len(path)} {' '.join(path)}\n\n{text}\n"
    if getattr(command, "commands", None):
        return heading
    context = typer.Context(command, info_name=" ".join(path))
    usage = " ".join(command.collect_usage_pieces(context))
    rows = [_parameter(parameter) for parameter in command.params if not getattr(parameter, "hidden", False)]
    return f"{heading}\n```text\n{' '.join(path)} {usage}\n```\n" + (f"\n{table(('option', 'default', 'meaning'), rows)}" if rows else "")


def _parameter(parameter: Any) -> tuple[str, str, str]:
    words = ", ".join(_code(word) for word in (*parameter.opts, *parameter.secondary_opts))
    default = parameter.default
    if parameter.param_type_name == "argument":
        words = _code(parameter.name.upper())
    shown = "" if callable(default) or default in (None, "", (), []) or isinstance(default, bool) else str(default)
    if default == Path():
        shown = ""
    return words, _code(shown), parameter.help or ""


# Keys of the TOML files ---------------------------------------------------------------------------------------------------------


def keys(path: str) -> str:
    """Return the keys of a table of one of the files: `footfall gate`, `footfall targets.NAME`, `thresholds budget`."""
    file, _, dotted = path.partition(" ")
    found = _probe(dotted) if dotted.startswith("probes.") else _found(schema.schema(file), dotted.split("."))
    return table(("key", "takes", "default", "meaning"), _rows(found))


def _found(shape: Mapping[str, Any], words: list[str]) -> Mapping[str, Any]:
    if words == ["budget"]:
        return shape["definitions"]["trend-budget"]  # type: ignore[no-any-return]
    for word in words:
        shape = shape["additionalProperties"] if word == "NAME" else shape["properties"][word]
    return shape


def _rows(shape: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str, str, str]]:
    for key, inner in shape["properties"].items():
        name = f"{before}{key}"
        if any("description" in below for below in inner.get("properties", {}).values()):
            yield from _rows(inner, f"{name}.")
        elif not _is_named(inner):
            yield _code(name), _takes(inner), _code(_toml(inner.get("default"))), inner.get("description", "")


def _is_named(shape: Mapping[str, Any]) -> bool:
    """Whether it is a table of named tables, which has a section of its own."""
    below = shape.get("additionalProperties")
    return isinstance(below, dict) and ("properties" in below or "allOf" in below)


def _toml(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def _takes(shape: Mapping[str, Any]) -> str:
    """Say in words what a key takes."""
    if "enum" in shape:
        return ", ".join(_code(word) for word in shape["enum"] if word == word.upper() or word.upper() not in shape["enum"])
    if shape.get("pattern") == patterns.DURATION:
        return "duration"
    types = shape.get("type")
    found = [types] if isinstance(types, str) else list(types or ())
    words = {"string": "text", "boolean": "true or false", "integer": "whole number", "array": "list", "object": "table"}
    if found == ["array"]:
        items = shape.get("items", {})
        return f"list of {_takes(items)}" if "enum" in items else "list of texts"
    return " or ".join(words.get(each, each) for each in found)


def _probes() -> dict[str, Any]:
    """Return the schema of a probe by its kind."""
    probe = schema.schema("footfall")["properties"]["probes"]["additionalProperties"]
    return {part["if"]["properties"]["kind"]["const"]: part["then"] for part in probe["allOf"]}


def _probe(which: str) -> dict[str, Any]:
    """Return the keys of an HTTP probe, or those that only other kinds have; how a thing is watched stands elsewhere."""
    each = _probes()
    watched = _found(schema.schema("footfall"), ["watch", "journeys", "NAME"])["properties"]
    http = {key: shape for key, shape in each["http"]["properties"].items() if key not in watched}
    if which == "probes.http":
        return {"properties": http}
    others: dict[str, Any] = {}
    expects: dict[str, Any] = {}
    for shape in each.values():
        others.update({key: inner for key, inner in shape["properties"].items() if key not in {*http, *watched}})
        expects.update(shape["properties"]["expect"]["properties"])
    own = {key: inner for key, inner in expects.items() if key not in http["expect"]["properties"]}
    return {"properties": {**others, "expect": {"properties": own}}}


def kinds_of_probes() -> str:
    """Return what each kind of probe has beside the keys that every probe has."""
    each = _probes()
    common = set.intersection(*(set(shape["properties"]) for shape in each.values()))
    rows = []
    for kind, shape in each.items():
        needed = shape["required"]
        others = [key for key in shape["properties"] if key not in {*common, *needed}]
        expects = [key for key in shape["properties"]["expect"]["properties"] if key != "figures"]
        rows.append((_code(kind), *(", ".join(map(_code, names)) for names in (needed, others, expects))))
    return table(("kind", "needs", "may have", "`expect`"), rows)


# Metrics, verdicts, exit codes ----------------------------------------------------------------------------------------------------


def metrics(source: str) -> str:
    """Return the metrics of a source."""
    rows = ((_code(each.name), each.kind.value, each.unit, each.better.value, each.about) for each in CATALOGUE[Source(source)].values())
    return table(("metric", "kind", "base unit", "better", "what it is"), rows)


def statistics() -> str:
    """Return which statistics each kind of metric has."""
    rows = ((kind.value, ", ".join(map(_statistic, sorted(LEGAL_STATISTICS[kind])))) for kind in Kind)
    return table(("kind", "statistics"), rows)


def _statistic(name: str) -> str:
    return _code("pN" if name == "percentile" else name)


def units() -> str:
    """Return how quantities in each base unit are written."""
    names = ("ms", "bytes", "ratio", "count", "score", "per_s", "days")
    endings = {name: ", ".join(_code(end) if end else "nothing" for end in suffixes(name)) for name in names}
    return table(("base unit", "written with"), endings.items())


def verdicts() -> str:
    """Return what a gate exits with for each verdict."""
    rows = []
    for outcome in Outcome:
        one = [Verdict(outcome, "", "", "", "", "", "", "", "", "", "", "")]
        codes = exit_code(one), exit_code(one, strict=True), exit_code(one, allow_inconclusive=True)
        rows.append((f"{GLYPHS[outcome]} {outcome.value}", *map(str, codes)))
    return table(("verdict", "exit code", "with `--strict`", "with `--allow-inconclusive`"), rows)


def exit_codes() -> str:
    """Return the table of exit codes, as `footfall --help` tells it."""
    lines = [line.split(maxsplit=1) for line in EXIT_CODES.replace("130, 143", "130,143").splitlines() if re.match(r"\s+\d", line)]
    return table(("exit code", "means"), ((code.replace(",", ", "), meaning) for code, meaning in lines))


def error_types() -> str:
    """Return every type of error with its exit code."""
    known = _with_children(errors.FootfallError)
    rows = ((_code(kind.__name__), str(kind.exit_code), (kind.__doc__ or "").partition("\n")[0]) for kind in known)
    return table(("error", "exit code", "means"), rows)


def _with_children(kind: type[errors.FootfallError]) -> Iterator[type[errors.FootfallError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _with_children(child)


def verdicts_schema() -> str:
    """Return the properties of verdicts.json, and those of its parts."""
    found = verdicts_json.schema()
    parts = {"verdicts.json": found, "run": found["properties"]["run"], **found["$defs"]}
    return "\n".join(f"### {name}\n\n{table(('property', 'type', 'meaning'), _properties(shape))}" for name, shape in parts.items())


def _properties(shape: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, inner in shape["properties"].items():
        yield _code(name), _type(inner), inner.get("description", "")


def _type(shape: Mapping[str, Any]) -> str:
    if "$ref" in shape:
        return f"a {shape['$ref'].rpartition('/')[2]}"
    if "anyOf" in shape:
        return " or ".join(_type(each) for each in shape["anyOf"])
    if "enum" in shape:
        return ", ".join(_code(str(each)) for each in shape["enum"])
    if "const" in shape:
        return _code(str(shape["const"]))
    if shape.get("type") == "array" and "items" in shape:
        return f"list of {_type(shape['items'])}"
    types = shape.get("type", "anything")
    return types if isinstance(types, str) else " or ".join(types)


MAKERS: Mapping[str, Callable[[], str]] = {
    "commands": commands,
    "kinds of probes": kinds_of_probes,
    "statistics": statistics,
    "units": units,
    "verdicts": verdicts,
    "exit codes": exit_codes,
    "errors": error_types,
    "verdicts.json": verdicts_schema,
}


def made(name: str) -> str:
    """Return what stands in the block of that name."""
    if name in MAKERS:
        return MAKERS[name]()
    kind, _, rest = name.partition(": ")
    return {"keys": keys, "metrics": metrics}[kind](rest)


def renewed(text: str) -> str:
    """Return a page with all its blocks made again."""
    return _MADE.sub(lambda block: f"{block[1]}\n{made(block['name'])}\n{block[3]}", text)


def main() -> int:
    """Write every page anew whose blocks have changed."""
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text("utf-8")
        fresh = renewed(text)
        if fresh != text:
            path.write_text(fresh, "utf-8")
            sys.stdout.write(f"written: {path.relative_to(DOCS.parent)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
