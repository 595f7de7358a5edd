"""`python -m footfall.load.users.kind loadtests/ci.py`: which kind of shape a profile has, as a line of JSON.

`staged` (closed), `arrivals` (open), `replay`, `own` (a shape of Locust's own) or `none`. A text cannot say it: the shape may be inherited.
"""

from __future__ import annotations

import json
import sys

from locust.util.load_locustfile import load_locustfile

from footfall.errors import ScriptError
from footfall.load.users.refusal import script_error
from footfall.load.users.shape import ArrivalShape, ReplayShape, StagedShape

_KINDS = ((ReplayShape, "replay"), (ArrivalShape, "arrivals"), (StagedShape, "staged"), (object, "own"))


def main(path: str) -> None:
    """Load a profile as Locust does, and print what it has."""
    try:
        _, shapes = load_locustfile(path)
    except ScriptError as error:
        told = {"error": error.message, "hint": error.hint}
    except Exception as error:  # noqa: BLE001  # whatever a profile raises
        wrong = script_error(error)
        told = {"error": wrong.message, "hint": wrong.hint}
    else:
        told = {"kind": next((kind for cls, kind in _KINDS for shape in shapes[:1] if isinstance(shape, cls)), "none")}
    sys.stdout.write("\n" + json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
