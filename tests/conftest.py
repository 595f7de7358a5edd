"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# Tests assert nothing about time: a busy machine must not make a property look false.
settings.register_profile("footfall", deadline=None)
settings.load_profile("footfall")
