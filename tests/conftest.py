"""What holds for all tests."""

from __future__ import annotations

import signal

from hypothesis import settings

# Whoever runs the tests in the background of a shell has them ignore Ctrl-C, and every process that they start as well.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests assert nothing about time: a busy machine must not make a property look false.
settings.register_profile("footfall", deadline=None)
settings.load_profile("footfall")
# CI and `make test` fail for a change, not for luck: the same examples each time. Plain `pytest` looks for new ones.
settings.register_profile("same-examples", settings.get_profile("footfall"), derandomize=True)
