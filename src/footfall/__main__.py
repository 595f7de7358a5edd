"""`python -m footfall` is `footfall`."""

from __future__ import annotations

import sys

from footfall.cli.main import main

sys.exit(main(sys.argv[1:]))
