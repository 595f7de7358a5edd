"""What a locustfile and Locust's flags ask for together: of which sites, how many users, by which stages."""

from __future__ import annotations

from locust.env import Environment

from footfall.errors import UsageError
from footfall.load.users.shape import ArrivalShape, ReplayShape, StagedShape
from footfall.load.users.user import LeanUser


def own_hosts(environment: Environment) -> list[str]:
    """Return the sites that the user classes name, where all of them do."""
    hosts = [user.host for user in environment.user_classes if user.host]
    return hosts if len(hosts) == len(environment.user_classes) else []


def adapt(environment: Environment) -> None:
    """Fit the stages to Locust's flags. Raises UsageError or ScriptError."""
    options, shape = environment.parsed_options, environment.shape_class
    rate = getattr(options, "rate", None)
    if options is not None and isinstance(shape, StagedShape):
        shape.adapt(options.num_users, options.run_time, rate, getattr(options, "hold", ""))
    elif rate:
        raise UsageError("--rate is for open profiles, whose shape is an ArrivalShape", hint="use --users")


def most_users(environment: Environment) -> int | None:
    """Return the most users that there will be, as far as anybody has said."""
    shape = environment.shape_class
    return shape.most_users if isinstance(shape, StagedShape) else getattr(environment.parsed_options, "num_users", None)


def check_users(environment: Environment) -> None:
    """Raise UsageError for users who cannot do what the profile's shape asks of them."""
    wanted = LeanUser if isinstance(environment.shape_class, ArrivalShape) else object
    for user in environment.user_classes:
        if not issubclass(user, wanted):
            raise UsageError(f"{user.__name__} cannot wait for arrivals", hint="the users of an open profile are LeanUsers")
        if wanted is LeanUser and any(isinstance(task, type) for task in user.tasks):
            raise UsageError(
                f"{user.__name__} has a TaskSet among its tasks, and one arrival is one task", hint="in an open profile tasks are functions"
            )
    options = environment.parsed_options
    if isinstance(environment.shape_class, ReplayShape) and options is not None and (options.master or options.worker):
        raise UsageError("a replay runs in one process", hint="leave out --processes and --workers")
