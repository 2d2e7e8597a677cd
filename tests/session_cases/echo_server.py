"""The echo as a server: `python -m tests.session_cases.echo_server --port 5001`.

For runners of session cases written elsewhere: the venue is ISLD, and its sessions are TW42, TW44
and TW50SP2 in the version that each is named after, TW in any. When connections are accepted one
line of JSON on stdout says where; what happens is told on stderr. SIGTERM ends it, and nothing is
kept.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path

from gateway import logging as operator_log
from gateway.app import Venue
from gateway.fix.message import Message
from gateway.fix.session import FixSession
from tests.session_cases.echo import EchoApplication, body, echo_config
from tests.support.fix import stock_versions

VENUE = "ISLD"
SESSIONS = {"TW42": "FIX.4.2", "TW44": "FIX.4.4", "TW50SP2": "FIXT.1.1", "TW": None}


class FamiliarEcho(EchoApplication):
    """An echo with a habit of QuickFIX's, which its case 2r for FIX 5.0 awaits: DefaultApplVerID in
    a BusinessMessageReject, where no dictionary has it.
    """

    def refusal(self, session: FixSession, message: Message) -> str:
        """BusinessMessageReject(j) of a message that is not taken."""
        appl_ver_id = session.version.appl_ver_id
        more = body({1137: appl_ver_id}) if appl_ver_id else ""
        return super().refusal(session, message) + more


async def serve(port: int, data_dir: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    config = echo_config(VENUE, SESSIONS, port)
    venue = Venue(config, data_dir, "none", application=FamiliarEcho, versions=stock_versions())
    venue.recover()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, venue.stop)
    await venue.start()
    assert venue.address is not None
    host, port = venue.address
    sys.stdout.write(json.dumps({"ready": True, "fix": {"host": host, "port": port}}) + "\n")
    sys.stdout.flush()
    await venue.run()
    if venue.failed is not None:
        raise venue.failed


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.session_cases.echo_server")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    port: int = parser.parse_args().port
    operator_log.configure()
    with tempfile.TemporaryDirectory(prefix="echo_server-") as folder:
        asyncio.run(serve(port, Path(folder)))


if __name__ == "__main__":
    main()
