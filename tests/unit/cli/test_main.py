"""The front door: what it answers to a command line that is wrong."""

from __future__ import annotations

import pytest

from footfall.cli.main import main


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("history", "baseline", "set", "--nope"), "footfall history baseline set --help"),
        (("gate", "--iteration", "3"), "footfall gate --help"),
        (("--nope",), "footfall --help"),
    ],
)
def test_a_wrong_option_leads_to_the_help_of_its_own_command(
    words: tuple[str, ...], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and not the help of the whole group, where the option is not explained."""
    assert main(list(words)) == 2
    assert f"`{command}` explains it" in capsys.readouterr().err
