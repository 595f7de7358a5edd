"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# Tests assert nothing about time: a busy machine must not make a property look false.
settings.register_profile("footfall", deadline=None)
settings.load_profile("footfall")
# CI and `make test` fail for a change, not for luck: the same examples each time. Plain `pytest` looks for new ones.
settings.register_profile("same-examples", settings.get_profile("footfall"), derandomize=True)
