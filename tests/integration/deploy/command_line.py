"""What footfall's own command line makes of the words that a template hands to it."""

from __future__ import annotations

from typing import Any

import typer

from footfall.cli.main import application


def parsed(arguments: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Return a command's options, and the words that it hands on; a word that it does not know is an error."""
    group = typer.main.get_command(application())
    assert isinstance(group, typer.core.TyperGroup)
    command = group.get_command(group.make_context("footfall", ["doctor"]), arguments[0])
    assert command is not None, arguments
    context = command.make_context(arguments[0], arguments[1:])
    return context.params, context.args
