"""The table of borders: what is run, what may get out of it, what the inputs are made of.

An exception that is not in the table is a bug, whatever the input. `executions` are chosen so that
all targets together take about ten seconds in `make test`; `python -m tests.fuzz.run` goes on.
"""

from __future__ import annotations

from tests.fuzz import corpus, decoder, dictionaries, framer, sessions, texts
from tests.fuzz.engine import Target

TARGETS = {
    # MessageTooLong ends the stream, and is compared like everything else that comes of it.
    "framer": Target(framer.run, (), corpus.streams, corpus.WORDS, 8_000),
    # SessionReject is what validation answers with; it is caught where it is compared.
    "decoder": Target(decoder.run, (), corpus.messages, corpus.WORDS, 30_000),
    "dictionary": Target(
        dictionaries.run,
        dictionaries.ESCAPES,
        dictionaries.seeds,
        dictionaries.WORDS,
        20_000,
        separator=b"<",
    ),
    "session": Target(
        sessions.run, (), sessions.seeds, sessions.WORDS + corpus.WORDS, 8_000, separator=b"|"
    ),
    "view": Target(texts.view_run, (), texts.view_seeds, corpus.WORDS, 6_000),
    "password": Target(
        texts.password_run, (), texts.password_seeds, texts.PASSWORD_WORDS, 10_000, separator=b"$"
    ),
}
