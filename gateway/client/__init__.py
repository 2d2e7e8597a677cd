"""The FIX client: a session with a venue, for people at a terminal and for scripts.

It is the second, independent implementation of FIX in this project. Messages are written and read
with simplefix and checked here; nothing of `gateway.fix` is imported, so that a mistake made there
cannot hide by being made twice.

Pure: `wire` bytes <-> messages; `session` the FIX session, `events` what it tells; `parser` text ->
`commands`; `orders` what the client knows of its own orders; `requests` command -> message;
`reports` message -> printed line; `expectations` what a script waits for. Not pure: `sequence_file`
the numbers kept between runs, `connection` socket and clock, `shell` and `terminal` the rest.
"""
