"""Puts the recorder into this Locust process, once, when `footfall.load.users` is imported."""

from __future__ import annotations

import functools
import os
import signal
from typing import Any

import gevent
from locust import argument_parser, events, runners
from locust.env import Environment
from locust.runners import WorkerRunner

from footfall.errors import FootfallError
from footfall.load.users.agent import Agent
from footfall.load.users.refusal import refuse

_GRACE_S = 3.0
STOP_TIMEOUT_S = 5.0
"""How long users may go on with what they have begun when a test ends, unless `--stop-timeout` says otherwise."""

runners.MASTER_HEARTBEAT_TIMEOUT = 10
"""Seconds without a word of its master after which a worker ends. In Locust's own minute it would load a site that nobody watches."""

installed = Agent(events, os.environ)
"""This process's recorder."""

# A worker asks for this once per option on every spawn message, and each time a whole parser is built: half a second in which no
# user moves, and on a busy machine enough to be taken for dead.
argument_parser.default_args_dict = functools.cache(argument_parser.default_args_dict)


def _prepare(environment: Environment, **_: Any) -> None:
    try:
        installed.prepare(environment)
    except FootfallError as error:
        refuse(error)
    # Locust's own default kills users in the middle of a request, which the site then answers and nobody records.
    environment.stop_timeout = environment.stop_timeout or STOP_TIMEOUT_S
    options = environment.parsed_options
    if options is not None and (options.headless or options.autostart or options.worker):
        _stop_softly(environment)


events.init.add_listener(_prepare)


def _add_options(parser: Any) -> None:
    parser.add_argument("--hold", default="", help="Hold the users (or the rate) for this long, in the place of the profile's stages.")
    parser.add_argument("--rate", type=float, default=None, help="Scale an open profile so that its highest rate is this, per second.")


events.init_command_line_parser.add_listener(_add_options)


def _stop_softly(environment: Environment) -> None:
    """Let the first SIGINT or SIGTERM end the test in order; Locust's own handler would interrupt any line of code.

    A worker that was forked by its master leaves the first moment to the master's word, and ends when the master has died.
    """
    runner, options = environment.runner, environment.parsed_options
    if runner is None or options is None:
        return
    forked = isinstance(runner, WorkerRunner) and bool(options.processes)
    asked: list[int] = []

    def stop(number: int) -> None:
        if asked:
            os._exit(128 + number)
        asked.append(number)
        installed.asked_to_stop = True
        gevent.spawn_later(_GRACE_S if forked else 0.0, runner.quit)

    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, stop, number)
    if forked:
        gevent.spawn(_end_with_master, os.getppid(), stop)


def _end_with_master(master: int, stop: Any) -> None:
    while os.getppid() == master:
        gevent.sleep(1)
    stop(signal.SIGTERM)
    gevent.sleep(2 * _GRACE_S)
    os._exit(1)
