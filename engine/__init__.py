"""The market, pure: commands in, events out; no clock, socket, task, file or log.

Enter through `engine.exchange.Exchange`. `engine/ruff.toml` and `tests/test_tidy.py` keep it pure.
"""
