"""A trading day for tapes: Stockholm's timetable (rule 5.1) and the lines that begin and end it.

Moments are Stockholm's clock; the closing uncross comes within half a minute before 17:30.
"""

from __future__ import annotations

from tests.support.market import Rules

CLOCK = Rules(reference_price="100.00", phase="")

STOCKHOLM = (
    "08:00 PRE_OPEN 08:45 OPENING_CALL 09:00 CONTINUOUS+5 "
    "17:25 CLOSING_CALL 17:29:30 POST_TRADE+30 18:00 CLOSED "
    "32:00 PRE_OPEN 32:45 OPENING_CALL 33:00 CONTINUOUS+5 "
    "41:25 CLOSING_CALL 41:29:30 POST_TRADE+30 42:00 CLOSED"
)
SEED = 226
"""With it the opening uncross of ERIC-B comes at 09:00:03.2, nearly."""

BEGIN = f"""
    seed {SEED}
    at 07:00
    plan {STOCKHOLM}
    at 08:00
    -> segment PRE_OPEN
    -> ERIC-B PRE_OPEN
"""
OPEN = """
    at 08:45
    -> segment OPENING_CALL
    -> ERIC-B OPENING_CALL
    at 09:00
    -> segment CONTINUOUS
    at 09:00:05
    -> uncross O nothing
    -> ERIC-B CONTINUOUS
"""

NIGHT = """
    at 17:25
    -> segment CLOSING_CALL
    -> ERIC-B CLOSING_CALL
    at 17:30
    -> segment POST_TRADE
"""
