"""The table of what the venue speaks, and what is made from it: `python -m tests.specs.write`."""
