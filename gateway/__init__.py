"""The edges of the venue: FIX, the log, the configuration, the process."""

import fixpit.build  # noqa: F401  compiled or not: before any module is loaded
