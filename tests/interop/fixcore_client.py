"""A fixcore-engine initiator with nothing of its own.

The library, its file store and what the configuration file says. The runner beside this file says
what to send, one line on stdin at a time, and reads one JSON line on stdout for each callback of
the library. The library's own log goes to stderr.

    fixcore_client.py CONFIG   a QuickFIX settings file with one session
    stdin:  send 35=D|11=1|…   (60=now is stamped here)      logout
    stdout: {"event":"logon"} {"event":"logout"}
            {"event":"app_in|app_out|admin_in|admin_out","fix":"8=…\\u0001…"}
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime

from fixcore.application import Application
from fixcore.log.base import Log, LogFactory
from fixcore.message import Message
from fixcore.session.session_id import SessionID
from fixcore.session.session_settings import SessionSettings
from fixcore.transport.initiator import SocketInitiator

TRANSACT_TIME = 60
MSG_TYPE = 35


def _tell(event: str, message: Message | None = None) -> None:
    """Print one event; a message is encoded anew from what the library made of it."""
    line = {"event": event}
    if message is not None:
        line["fix"] = message.encode().decode("latin-1")
    print(json.dumps(line), flush=True)


class _StderrLog(Log):  # type: ignore[misc] # the library has no types
    def on_incoming(self, message: str) -> None:
        print("in   ", message, file=sys.stderr, flush=True)

    def on_outgoing(self, message: str) -> None:
        print("out  ", message, file=sys.stderr, flush=True)

    def on_event(self, text: str) -> None:
        print("event", text, file=sys.stderr, flush=True)


class _StderrLogFactory(LogFactory):  # type: ignore[misc] # the library has no types
    def create(self, session_id: SessionID) -> Log:
        del session_id
        return _StderrLog()


class _Client(Application):  # type: ignore[misc] # the library has no types
    """Tells the runner of every callback."""

    def __init__(self) -> None:
        self.logged_out = asyncio.Event()

    def on_logon(self, session_id: SessionID) -> None:
        del session_id
        _tell("logon")

    def on_logout(self, session_id: SessionID) -> None:
        del session_id
        _tell("logout")
        self.logged_out.set()

    def to_admin(self, message: Message, session_id: SessionID) -> None:
        del session_id
        _tell("admin_out", message)

    def to_app(self, message: Message, session_id: SessionID) -> None:
        del session_id
        _tell("app_out", message)

    def from_admin(self, message: Message, session_id: SessionID) -> None:
        del session_id
        _tell("admin_in", message)

    def from_app(self, message: Message, session_id: SessionID) -> None:
        del session_id
        _tell("app_in", message)


def _message(text: str) -> Message:
    message = Message()
    for field in text.split("|"):
        tag, _, value = field.partition("=")
        if int(tag) == MSG_TYPE:
            message.header.set(MSG_TYPE, value)
        elif int(tag) == TRANSACT_TIME and value == "now":
            message.set_field(TRANSACT_TIME, f"{datetime.now(tz=UTC):%Y%m%d-%H:%M:%S}")
        else:
            message.set_field(int(tag), value)
    return message


async def _lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def main(arguments: list[str]) -> None:
    """Log on, obey stdin until `logout` or its end, log out and wait for the answer."""
    settings = SessionSettings.from_file(arguments[0])
    (session_id,) = settings.session_ids
    client = _Client()
    initiator = SocketInitiator(settings, client, log_factory=_StderrLogFactory())
    reader = await _lines()
    await initiator.start()
    while (line := (await reader.readline()).decode().strip()) and line != "logout":
        if line.startswith("send "):
            await initiator.sessions[session_id].send_app(_message(line.removeprefix("send ")))
    await initiator.logout()
    await client.logged_out.wait()
    await initiator.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
