"""Status requests as members of each version write them -> commands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.commands import Command, RequestSecurityStatus, RequestTradingSessionStatus
from gateway.fix.decoder import Decoder
from gateway.fix.message import SessionReject
from gateway.fix.order_entry import Sender
from gateway.fix.status_requests import STATUS_COMMANDS
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import decoded, dialects, our_decoder, stock_decoder

SENDER = Sender("AVA1", "AVA", "Europe/Stockholm")

SESSION = RequestTradingSessionStatus
SECURITY = RequestSecurityStatus

CASES = [
    (FIX42, "35=g|335=R1|336=STO|263=1", SESSION("AVA1", "R1", "STO", "1")),
    (FIX44, "35=g|335=R1|336=STO|625=3|338=1|339=3|263=0", SESSION("AVA1", "R1", "STO", "0")),
    (FIX50SP2, "35=g|335=R1|1300=STO|263=2", SESSION("AVA1", "R1", "STO", "2")),
    (FIX50SP2, "35=g|335=R1|336=1|1300=STO|263=1", SESSION("AVA1", "R1", "STO", "1")),
    (FIX42, "35=g|335=R1|263=1", SESSION("AVA1", "R1", "", "1")),
    (FIX44, "35=g|335=R1|263=1", SESSION("AVA1", "R1", "", "1")),
    (FIX50SP2, "35=g|335=R1|336=1|263=1", SESSION("AVA1", "R1", "", "1")),
    (FIX50SP2, "35=g|335=R1|336=2|263=1", SESSION("AVA1", "R1", "2", "1")),
    (FIX42, "35=e|324=R1|55=ERIC-B|263=0", SECURITY("AVA1", "R1", "ERIC-B", "0")),
    (FIX44, "35=e|324=R1|263=1|55=ERIC-B|336=STO", SECURITY("AVA1", "R1", "ERIC-B", "1")),
    (FIX50SP2, "35=e|324=R1|263=2|55=ERIC-B|1300=STO", SECURITY("AVA1", "R1", "ERIC-B", "2")),
    (FIX44, "35=e|324=R1|263=0|48=SE0000108656|22=4", SECURITY("AVA1", "R1", "", "0")),
]


@pytest.mark.parametrize(("version", "text", "command"), CASES)
@pytest.mark.parametrize("decoder_of", [our_decoder, stock_decoder])
def test_a_request_becomes_a_command(
    version: str, text: str, command: Command, decoder_of: Callable[[str], Decoder]
) -> None:
    """What the stock dictionary of the version allows is taken, and says the same in each."""
    to_venue, _ = dialects("AVA1", version)
    message = decoded(to_venue.whole(text.replace("|", "|34=2|", 1)), decoder_of(version))
    assert STATUS_COMMANDS[message.msg_type](message, SENDER) == command


@pytest.mark.parametrize(
    ("version", "text", "told"),
    [
        (FIX44, "35=g|34=2|335=R1|336=STO", "Required tag missing: 263"),
        (FIX42, "35=g|34=2|336=STO|263=1", "Required tag missing: 335"),
        (FIX42, "35=e|34=2|324=R1|263=1", "Required tag missing: 55"),
        (FIX44, "35=e|34=2|324=R1|55=ERIC-B|263=3",
         "Value is incorrect (out of range) for this tag: 263"),
    ],
)  # fmt: skip
def test_what_breaks_the_dictionary_never_gets_here(version: str, text: str, told: str) -> None:
    """The decoder rejects it by tag and reason."""
    to_venue, _ = dialects("AVA1", version)
    with pytest.raises(SessionReject) as caught:
        decoded(to_venue.whole(text), our_decoder(version))
    assert f"{caught.value.text}: {caught.value.ref_tag}" == told
