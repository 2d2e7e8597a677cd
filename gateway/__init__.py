"""The edges of the venue: FIX, the log, the configuration, the process."""
