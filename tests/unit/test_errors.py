"""An error says what is wrong, where, and what would do."""

from __future__ import annotations

from footfall.errors import (
    CannotJudgeError,
    ConfigError,
    Fault,
    FootfallError,
    JourneyError,
    ScriptError,
    StoreError,
    did_you_mean,
    nearest,
    perhaps,
)


def test_each_error_has_the_exit_code_of_the_table() -> None:
    """The design's table of exit codes is the classes' own."""
    codes = {cls: cls.exit_code for cls in (FootfallError, ConfigError, ScriptError, StoreError, CannotJudgeError, JourneyError)}
    assert codes == {FootfallError: 70, ConfigError: 2, ScriptError: 2, StoreError: 2, CannotJudgeError: 3, JourneyError: 1}


def test_a_configuration_error_tells_every_fault_with_its_line() -> None:
    """All at once: nobody wants to mend a file one run at a time."""
    faults = [
        Fault("thresholds.toml", 4, "journeys.checkout.lcpp", "unknown metric", "did you mean 'lcp'?"),
        Fault("thresholds.toml", None, "", "no budgets"),
    ]
    assert ConfigError(faults).message.splitlines() == [
        "thresholds.toml:4: journeys.checkout.lcpp: unknown metric (did you mean 'lcp'?)",
        "thresholds.toml: no budgets",
    ]


def test_the_nearest_name_is_offered_or_else_all() -> None:
    """A typo gets its mend; a wild guess gets the list."""
    known = ["booking", "checkout", "fulfillment"]
    assert nearest("chekout", known) == "checkout"
    assert did_you_mean("chekout", known) == "did you mean 'checkout'?"
    assert did_you_mean("zzz", known) == "known: booking, checkout, fulfillment"
    assert (perhaps("chekout", known), perhaps("CHECKOUT", known), perhaps("zzz", known)) == ("did you mean 'checkout'?",) * 2 + ("",)
    assert did_you_mean("zzz", []) == "none are known"
    assert did_you_mean("zzz", [f"device {number:03}" for number in range(190)]).endswith(", device 039 and 150 more")
