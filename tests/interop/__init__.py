"""Real FIX clients of other makers against a real server process: `python -m tests.interop.run`."""
