"""Where report templates come from: the suite's `reports/` folder where it has one of that name, else the starter's."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from markupsafe import Markup

from footfall.errors import ConfigError, Fault, FootfallError, UsageError, did_you_mean


@dataclass(frozen=True)
class Inline:
    """A style sheet or script that stands in a page, and its hash as a Content-Security-Policy names it."""

    text: Markup
    hash: str


def asset(name: str) -> str:
    """Return one of the browser libraries that the wheel carries. Raises FootfallError where footfall was copied, not installed."""
    try:
        return files("footfall").joinpath("assets", name).read_text(encoding="utf-8")
    except OSError as error:
        problem = f"footfall's own file assets/{name} is missing"
        raise FootfallError(problem, hint="it is fetched when footfall is installed: run `pip install .` in its checkout again") from error


_WRONG = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a team's own template may raise while it is filled."""


class TemplateSource:
    """Templates from `suite` (may be None) before those from `starter`; everything that they insert is escaped."""

    def __init__(self, suite: Path | None, starter: Path) -> None:
        folders = [folder for folder in (suite, starter) if folder is not None]
        self._environment = Environment(
            loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.globals["inline"] = self._inline

    def names(self) -> tuple[str, ...]:
        """The reports that can be made: the templates that are not parts of others (those begin with an underscore)."""
        found = (Path(name) for name in self._environment.list_templates(extensions=["html"]))
        return tuple(sorted(name.stem for name in found if not name.name.startswith("_")))

    def _inline(self, *names: str) -> Inline:
        """Return files of the templates' folder or of footfall's assets as one text that a page may carry, with its hash."""
        text = "\n".join(asset(name.removeprefix("asset:")) if name.startswith("asset:") else self._text(name) for name in names)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return Inline(Markup(text), f"'sha256-{digest}'")  # noqa: S704  # our own files and a team's

    def _text(self, name: str) -> str:
        return self._environment.get_template(name).render()

    def render(self, name: str, values: dict[str, Any]) -> str:
        """Return the template `name` (with its ending) filled with `values`.

        Raises UsageError where there is none of that name, ConfigError (file and line) where it is wrong.
        """
        try:
            return self._environment.get_template(name).render(values)
        except TemplateNotFound as error:
            problem = f"there is no report template {error.name!r}"
            raise UsageError(problem, hint=did_you_mean(str(error.name), self._environment.list_templates())) from error
        except _WRONG as error:
            raise ConfigError([_fault(name, error)]) from error


def _fault(name: str, error: Exception) -> Fault:
    """Say which template and line is wrong: a syntax error knows it, any other is found in the traceback."""
    if isinstance(error, TemplateSyntaxError):
        return Fault(f"reports/{error.name or name}", error.lineno, "", error.message or "not a template")
    line, trace = None, error.__traceback__
    file = name
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith((".html", ".css")):
            file, line = Path(trace.tb_frame.f_code.co_filename).name, trace.tb_lineno
        trace = trace.tb_next
    return Fault(f"reports/{file}", line, "", str(error) or type(error).__name__)
