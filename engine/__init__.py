"""The market, pure: commands in, events out; no clock, socket, task, file or log.

Enter through `engine.exchange.Exchange`. `engine/ruff.toml` and `tests/test_tidy.py` keep it pure.
"""

import fixpit.build  # noqa: F401  compiled or not: before any module is loaded
