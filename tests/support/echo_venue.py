"""The venue with an echo in place of its market: what the session cases are played against."""

from __future__ import annotations

from pathlib import Path

from gateway.fix.versions import FIX44
from tests.session_cases.echo import EchoApplication, echo_config
from tests.support.fix import MEMBER, VENUE, Dialect, dialects, stock_versions
from tests.support.venue_in_memory import VenueInMemory


class EchoVenue(VenueInMemory):
    """A venue in memory that serves all of a stock FIX version and trades nothing."""

    def __init__(self, folder: Path, version: str = FIX44) -> None:
        super().__init__(
            folder,
            echo_config(VENUE, {MEMBER: None}),
            stock_versions(),
            application=EchoApplication,
            version=version,
        )

    def dialects(self, who: str) -> tuple[Dialect, Dialect]:
        """Every client says it is AVA."""
        return dialects(MEMBER, self.version)
