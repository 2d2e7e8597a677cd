"""A message from the venue -> its kind and its line."""

from __future__ import annotations

import pytest

from gateway.client.reports import contra_of, kind_of, line_of, trade_of
from tests.gateway.client.tape import message

AT = "60=20261122-12:01:03.214"
ORDER = f"35=8|37=O12|11=A|55=ERIC-B|54=1|38=200|40=2|44=87.30|59=0|{AT}"
STATE = "151=100|14=100|6=87.30"


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (
            f"{ORDER}|150=F|39=1|{STATE}|32=60|31=87.30|382=1|375=NON|527=T5",
            "12:01:03.214 FILL     O12 buy 100/200 ERIC-B @ 87.30,"
            " last 60 @ 87.30 from NON, leaves 100, trade T5",
        ),
        (
            f"{ORDER}|150=F|39=1|{STATE}|32=60|31=87.30",
            "12:01:03.214 FILL     O12 buy 100/200 ERIC-B @ 87.30, last 60 @ 87.30, leaves 100",
        ),
        (
            f"{ORDER}|150=0|39=0|151=200|14=0|6=0",
            "12:01:03.214 NEW      O12 buy 0/200 ERIC-B @ 87.30, leaves 200",
        ),
        (
            f"{ORDER}|150=0|39=0|151=200|14=0|43=Y",
            "12:01:03.214 NEW      O12 buy 0/200 ERIC-B @ 87.30, leaves 200 [sent again]",
        ),
        (
            f"35=8|11=A|55=ERIC-B|54=2|38=5|40=1|59=3|150=0|39=0|151=5|14=0|{AT}",
            "12:01:03.214 NEW      O12 sell 0/5 ERIC-B market ioc, leaves 5",
        ),
        (
            f"35=8|11=A|55=ERIC-B|54=5|38=5|40=4|44=84.50|99=85.00|150=L|39=0|151=5|14=0|{AT}",
            "12:01:03.214 TRIGGERED O12 short 0/5 ERIC-B stop 85.00 @ 84.50, leaves 5",
        ),
        (
            f"35=8|11=A|55=ERIC-B|54=2|38=5|40=3|99=85.00|150=0|39=0|151=5|58=it is|636=Y|{AT}",
            "12:01:03.214 TRIGGERED O12 sell 0/5 ERIC-B stop 85.00 market, leaves 5: it is",
        ),
        (
            f"{ORDER}|111=20|150=0|39=0|151=200|14=0|636=Y",
            "12:01:03.214 NEW      O12 buy 0/200 ERIC-B iceberg 20 @ 87.30, leaves 200",
        ),
        (
            f"{ORDER}|18=6|1138=0|150=0|39=0|151=200|14=0",
            "12:01:03.214 NEW      O12 buy 0/200 ERIC-B post-only hidden @ 87.30, leaves 200",
        ),
        (
            f"35=8|11=A|55=ERIC-B|54=2|38=5|40=P|18=M|150=D|39=0|151=5|14=0|58=moved|{AT}",
            "12:01:03.214 RESTATED O12 sell 0/5 ERIC-B peg mid, leaves 5: moved",
        ),
        (
            f"35=8|11=A|55=ERIC-B|54=2|38=5|40=P|99=85.00|150=0|39=0|151=5|14=0|{AT}",
            "12:01:03.214 NEW      O12 sell 0/5 ERIC-B stop 85.00 trailing, leaves 5",
        ),
        (
            f"{ORDER}|150=4|39=4|151=0|14=100|58=end of day",
            "12:01:03.214 CANCELED O12 buy 100/200 ERIC-B @ 87.30, leaves 0: end of day",
        ),
        (
            f"{ORDER}|150=8|39=8|151=0|14=0|103=99|58=PRICE_OFF_TICK: Price(44) ...",
            "12:01:03.214 REJECTED O12 buy 0/200 ERIC-B @ 87.30: PRICE_OFF_TICK: Price(44) ...",
        ),
        (
            f"{ORDER}|150=8|39=8|151=0|14=0|103=1",
            "12:01:03.214 REJECTED O12 buy 0/200 ERIC-B @ 87.30: no text, reason 103=1",
        ),
        (
            f"{ORDER}|150=8|39=8|151=0|14=0",
            "12:01:03.214 REJECTED O12 buy 0/200 ERIC-B @ 87.30: no reason given",
        ),
        (
            f"{ORDER}|150=I|39=1|{STATE}",
            "12:01:03.214 STATUS   O12 buy 100/200 ERIC-B @ 87.30,"
            " partially filled, leaves 100, average 87.30",
        ),
        (
            f"35=8|37=NONE|54=7|150=I|39=8|584=M|911=0|58=no working orders|{AT}",
            "12:01:03.214 STATUS   O12: no working orders",
        ),
        (
            f"{ORDER}|150=H|39=0|151=200|14=0|32=60|31=87.30",
            "12:01:03.214 BUSTED   O12 buy 0/200 ERIC-B @ 87.30, last 60 @ 87.30, leaves 200",
        ),
        (
            f"35=9|37=O12|11=C|41=A|39=2|434=1|102=0|58=TOO_LATE|{AT}",
            "12:01:03.214 REJECTED cancel of O12, which is filled: TOO_LATE",
        ),
        (
            "35=9|37=NONE|11=C|41=A|39=8|434=2|102=1|52=20261122-12:01:04.000",
            "12:01:04.000 REJECTED replace of O12, which is rejected: no text, reason 102=1",
        ),
        (f"35=r|11=M|530=7|531=7|533=3|{AT}", "12:01:03.214 MASS-CANCELED 3 orders"),
        (f"35=r|11=M|530=7|531=7|533=1|{AT}", "12:01:03.214 MASS-CANCELED 1 order"),
        (
            f"35=r|11=M|530=1|531=0|532=1|{AT}",
            "12:01:03.214 REJECTED cancel all: no text, reason 532=1",
        ),
        (
            f"35=3|45=2|371=44|372=D|373=6|58=Incorrect data format for value|{AT}",
            "12:01:03.214 REJECTED O12 (MsgType D, tag 44): Incorrect data format for value",
        ),
        (
            f"35=j|45=2|372=V|380=3|58=Unsupported Message Type|{AT}",
            "12:01:03.214 REJECTED O12 (MsgType V): Unsupported Message Type",
        ),
        (
            "35=5|52=20261122-12:01:03|58=venue closes",
            "12:01:03 LOGOUT   venue closes",
        ),
        (
            "8=FIX.4.4|9=1|35=B|49=PIT|56=AVA|34=2|52=20261122-12:01:03.214|148=News|10=000",
            "12:01:03.214 MESSAGE  35=B|148=News",
        ),
        ("35=5", "--:--:--.--- LOGOUT   no reason given"),
    ],
)
def test_a_message_becomes_a_line(report: str, line: str) -> None:
    """One line says what happened to which order, in the venue's own numbers."""
    assert line_of(message(report), "O12") == line


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        ("35=8|150=0|39=0", "new"),
        ("35=8|150=F|39=1", "partial"),
        ("35=8|150=F|39=2", "filled"),
        ("35=8|150=F|39=4", "fill"),
        ("35=8|20=0|150=1|39=1", "partial"),
        ("35=8|20=0|150=2|39=2", "filled"),
        ("35=8|20=1|150=0|39=0", "busted"),
        ("35=8|20=2|150=1|39=1", "corrected"),
        ("35=8|20=3|150=1|39=1", "status"),
        ("35=8|150=3|39=3", "done-for-day"),
        ("35=8|150=4|39=4", "canceled"),
        ("35=8|150=5|39=0", "replaced"),
        ("35=8|150=8|39=8", "order-rejected"),
        ("35=8|150=9|39=9", "suspended"),
        ("35=8|150=C|39=C", "expired"),
        ("35=8|150=D|39=0", "restated"),
        ("35=8|150=E|39=E", "pending"),
        ("35=8|150=Z|39=0", "report"),
        ("35=9|434=1", "cancel-rejected"),
        ("35=9|434=2", "replace-rejected"),
        ("35=r|531=1", "mass-canceled"),
        ("35=r|531=0", "mass-rejected"),
        ("35=3", "message-rejected"),
        ("35=j", "message-rejected"),
        ("35=5", "logout"),
        ("35=W", "message"),
    ],
)
def test_a_message_has_a_kind(report: str, kind: str) -> None:
    """FIX.4.2 and later versions come out in the same words."""
    assert kind_of(message(report)) == kind


@pytest.mark.parametrize(
    ("report", "contra"),
    [
        ("35=8|382=1|375=NON", "NON"),
        ("35=8|453=2|448=AVA|447=D|452=1|448=SHB|447=D|452=17", "SHB"),
        ("35=8|453=1|448=AVA|447=D|452=1", None),
        ("35=8|452=17", None),
    ],
)
def test_the_counterparty_is_found_in_each_version(report: str, contra: str | None) -> None:
    """ContraBroker(375) up to 4.4, the party of role 17 in 5.0SP2."""
    assert contra_of(message(report)) == contra


@pytest.mark.parametrize(
    ("report", "trade"),
    [
        ("35=8|880=M5", "M5"),
        ("35=8|198=x|527=T5", "T5"),
        ("35=8|20=0|198=T5", "T5"),
        ("35=8|198=x", None),
    ],
)
def test_the_match_id_is_found_in_each_version(report: str, trade: str | None) -> None:
    """880 in 5.0SP2, 527 in 4.4, 198 in 4.2, where 4.4 has the SecondaryOrderID."""
    assert trade_of(message(report)) == trade
