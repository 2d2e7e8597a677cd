"""Two members trade over FIX and check every report: the client half of compose.yaml.

The FIX engine is fixcore-engine, which has nothing of fixpit in it: its stock FIX.4.4 dictionary,
every check it has switched on, its store in memory. This program waits for the venue to listen,
logs on as two members with passwords, plays SCRIPT, and compares each message that reached the
library's application callback with the line of the script. It prints the tape.

Exit code 0: everything came as the script has it and nothing else came. 1: it did not, the last
line says where. Environment: VENUE_HOST, VENUE_PORT, VENUE_COMP_ID, and for each comp id of MEMBERS
its password, such as AVA1_PASSWORD.

SCRIPT: `WHO > fields` is sent, `WHO < fields` must be what arrives next. A value {name} is bound
where it is first met and the same ever after, `-` means not there, `*` there with any value; fields
that a line leaves out may be there. {run} differs from run to run.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import FrameType
from typing import NoReturn

from fixcore.application import Application
from fixcore.log.base import Log, LogFactory
from fixcore.message import Message
from fixcore.session.session_id import SessionID
from fixcore.session.session_settings import SessionSettings
from fixcore.transport.initiator import SocketInitiator

VENUE_SECONDS_MAX = 60.0  # until the venue listens
LOGON_SECONDS_MAX = 10.0
REPORT_SECONDS_MAX = 10.0

MEMBERS = ("AVA1", "NON1")

SCRIPT = """
# AVA buys 100, the order rests.
AVA1 > 35=D|11={run}-1|1=HUS-1|55=ERIC-B|54=1|38=100|40=2|44=87.3|59=0
AVA1 < 35=8|150=0|39=0|11={run}-1|37={bid}|1=HUS-1|55=ERIC-B|54=1|44=87.3|38=100|151=100|14=0|6=0

# NON sells 40 at that price: filled, AVA in part. Both hear of one match, and of each other.
NON1 > 35=D|11={run}-2|55=ERIC-B|54=2|38=40|40=2|44=87.3|59=0
NON1 < 35=8|150=0|39=0|11={run}-2|37={hit}|55=ERIC-B|54=2|38=40|151=40|14=0|6=0|31=-
NON1 < 35=8|150=F|39=2|11={run}-2|37={hit}|31=87.3|32=40|151=0|14=40|6=87.3|851=2|375=AVA|527={m1}
AVA1 < 35=8|150=F|39=1|11={run}-1|37={bid}|31=87.3|32=40|151=60|14=40|6=87.3|851=1|375=NON|527={m1}

# NON sells 100 and would take less: AVA's price counts, its 60 are all there is, 40 rest.
NON1 > 35=D|11={run}-3|55=ERIC-B|54=2|38=100|40=2|44=87.28|59=0
NON1 < 35=8|150=0|39=0|11={run}-3|37={rest}|55=ERIC-B|54=2|38=100|151=100|14=0|6=0|31=-
NON1 < 35=8|150=F|39=1|11={run}-3|37={rest}|31=87.3|32=60|151=40|14=60|6=87.3|851=2|375=AVA|527={m2}
AVA1 < 35=8|150=F|39=2|11={run}-1|37={bid}|31=87.3|32=60|151=0|14=100|6=87.3|851=1|375=NON|527={m2}

# NON takes the rest back. AVA is too late to cancel what is filled.
NON1 > 35=F|11={run}-4|41={run}-3|55=ERIC-B|54=2|38=100
NON1 < 35=8|150=4|39=4|11={run}-4|41={run}-3|37={rest}|151=0|14=60|6=87.3|31=-
AVA1 > 35=F|11={run}-5|41={run}-1|55=ERIC-B|54=1|38=100
AVA1 < 35=9|11={run}-5|41={run}-1|37={bid}|39=2|434=1|102=0
"""

Fields = dict[int, str]

MSG_TYPE, USERNAME, PASSWORD, TRANSACT_TIME, EXEC_ID = 35, 553, 554, 60, 17
SESSION_TALK = frozenset("0124A")  # of these the library tells, and they are in order
HIDDEN_TAGS = frozenset((8, 9, 10, 34, 49, 52, 56))  # the same in every line of a tape
NUMBER_TAGS = frozenset((6, 14, 31, 32, 38, 44, 151))  # 87.3 and 87.30 are the same price


class Unexpected(Exception):
    """Something did not come as the script has it."""


def say(text: str) -> None:
    """One line of the tape."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def fields_of(message: Message) -> Fields:
    """All fields as they were on the wire; of a tag that repeats, the first."""
    fields: Fields = {}
    for part in message.encode().decode("latin-1").split("\x01")[:-1]:
        tag, _, value = part.partition("=")
        fields.setdefault(int(tag), value)
    return fields


def readable(fields: Mapping[int, str]) -> str:
    """One message as a line, without what every message carries and without the password."""
    shown = {tag: "***" if tag == PASSWORD else value for tag, value in fields.items()}
    return "|".join(f"{tag}={value}" for tag, value in shown.items() if tag not in HIDDEN_TAGS)


class Members(Application):  # type: ignore[misc] # the library has no types
    """What the library calls back: keeps each member's inbox and prints the tape."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = passwords
        self.inbox: dict[str, asyncio.Queue[Fields]] = {who: asyncio.Queue() for who in passwords}
        self.logged_on = {who: asyncio.Event() for who in passwords}
        self.logged_out = {who: asyncio.Event() for who in passwords}

    def on_logon(self, session_id: SessionID) -> None:
        self.logged_on[session_id.sender_comp_id].set()

    def on_logout(self, session_id: SessionID) -> None:
        self.logged_out[session_id.sender_comp_id].set()

    def to_admin(self, message: Message, session_id: SessionID) -> None:
        who = session_id.sender_comp_id
        if message.msg_type == "A":
            message.set_field(USERNAME, who)
            message.set_field(PASSWORD, self._passwords[who])
        self._tell(who, ">", fields_of(message), expected=message.msg_type in SESSION_TALK | {"5"})

    def to_app(self, message: Message, session_id: SessionID) -> None:
        self._tell(session_id.sender_comp_id, ">", fields_of(message), expected=True)

    def from_admin(self, message: Message, session_id: SessionID) -> None:
        who = session_id.sender_comp_id
        known = SESSION_TALK | {"5"} if self.logged_on[who].is_set() else SESSION_TALK
        self._tell(who, "<", fields_of(message), expected=message.msg_type in known)

    def from_app(self, message: Message, session_id: SessionID) -> None:
        self._tell(session_id.sender_comp_id, "<", fields_of(message), expected=False)

    def _tell(self, who: str, arrow: str, fields: Fields, *, expected: bool) -> None:
        """Print it; all that is not the session's ordinary talk the script has to name."""
        say(f"{who} {arrow} {readable(fields)}")
        if not expected:
            self.inbox[who].put_nowait(fields)


class _EventLog(Log):  # type: ignore[misc] # the library has no types
    """The library's own words; the messages the callbacks print already, without the password."""

    def __init__(self, who: str) -> None:
        self._who = who

    def on_incoming(self, message: str) -> None:
        pass

    def on_outgoing(self, message: str) -> None:
        pass

    def on_event(self, text: str) -> None:
        say(f"{self._who} - {text}")


class _EventLogFactory(LogFactory):  # type: ignore[misc] # the library has no types
    def create(self, session_id: SessionID) -> Log:
        return _EventLog(session_id.sender_comp_id)


class Play:
    """The script, played with members that are logged on."""

    def __init__(self, initiator: SocketInitiator, members: Members) -> None:
        self._sessions = {
            session_id.sender_comp_id: session for session_id, session in initiator.sessions.items()
        }
        self._members = members
        self._bound = {"run": f"{time.time_ns() // 1_000_000:x}"}
        self._exec_ids: set[str] = set()
        self.checked = 0

    async def line(self, text: str) -> None:
        """One line of the script. Raises Unexpected when another message came, or none."""
        who, arrow, wanted = text.split(" ", 2)
        if arrow == ">":
            await self._sessions[who].send_app(self._message(wanted))
            return
        try:
            was = await asyncio.wait_for(self._members.inbox[who].get(), REPORT_SECONDS_MAX)
        except TimeoutError:
            raise Unexpected(f"{text}\n  did not come in {REPORT_SECONDS_MAX:.0f} s") from None
        differences = [tag for tag, value in _pairs(wanted) if not self._same(tag, value, was)]
        if differences:
            raise Unexpected(f"{text}\n  was {readable(was)}\n  differs in {differences}")
        self._once(was)
        self.checked += 1

    def _message(self, text: str) -> Message:
        message = Message()
        for tag, value in _pairs(text):
            if tag == MSG_TYPE:
                message.header.set(MSG_TYPE, value)
            else:
                message.set_field(tag, value.format_map(self._bound))
        message.set_field(TRANSACT_TIME, f"{datetime.now(tz=UTC):%Y%m%d-%H:%M:%S}")
        return message

    def _same(self, tag: int, wanted: str, fields: Fields) -> bool:
        if wanted == "-":
            return tag not in fields
        if tag not in fields:
            return False
        name = wanted.removeprefix("{").removesuffix("}")
        if wanted == f"{{{name}}}":
            wanted = self._bound.setdefault(name, fields[tag])
        wanted = wanted.format_map(self._bound)
        if tag in NUMBER_TAGS:
            return Decimal(wanted) == Decimal(fields[tag])
        return wanted in ("*", fields[tag])

    def _once(self, fields: Fields) -> None:
        exec_id = fields.get(EXEC_ID)
        if exec_id in self._exec_ids:
            raise Unexpected(f"ExecID(17) must never repeat, was {exec_id} again")
        if exec_id is not None:
            self._exec_ids.add(exec_id)


def _pairs(text: str) -> list[tuple[int, str]]:
    parts = (field.partition("=") for field in text.split("|"))
    return [(int(tag), value) for tag, _, value in parts]


def _settings(host: str, port: str, venue_comp_id: str) -> SessionSettings:
    settings = SessionSettings()
    for comp_id in MEMBERS:
        settings.set_session(
            SessionID("FIX.4.4", comp_id, venue_comp_id),
            {
                "ConnectionType": "initiator",
                "SocketConnectHost": host,
                "SocketConnectPort": port,
                "ReconnectInterval": "3600",  # one attempt: a Logon that is refused stays refused
                "HeartBtInt": "30",
                "ResetOnLogon": "Y",  # the store dies with this process
                "UseDataDictionary": "Y",
                "DataDictionary": "FIX44.xml",
                "ValidateFieldsOutOfRange": "Y",
                "ValidateFieldsHaveValues": "Y",
                "ValidateUserDefinedFields": "Y",
                "CheckLatency": "Y",
            },
        )
    return settings


async def listening(host: str, port: str) -> None:
    """Return once the venue takes connections; compose starts both services at the same time."""
    until = time.monotonic() + VENUE_SECONDS_MAX
    while True:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 5)
        except OSError as error:  # nobody listens, or the name is not known yet; TimeoutError too
            if time.monotonic() > until:
                raise Unexpected(f"{host}:{port} must listen by now: {error}") from None
            await asyncio.sleep(0.2)
        else:
            writer.close()
            await writer.wait_closed()
            return


async def _all(events: Mapping[str, asyncio.Event], what: str) -> None:
    try:
        async with asyncio.timeout(LOGON_SECONDS_MAX):
            for event in events.values():
                await event.wait()
    except TimeoutError:
        missing = [who for who, event in events.items() if not event.is_set()]
        raise Unexpected(f"{', '.join(missing)} must be {what}, was not") from None


async def trade(environment: Mapping[str, str]) -> int:
    """Log on, play the script, log out; returns how many messages were checked."""
    host, port = environment["VENUE_HOST"], environment["VENUE_PORT"]
    members = Members({who: environment[f"{who}_PASSWORD"] for who in MEMBERS})
    await listening(host, port)
    settings = _settings(host, port, environment["VENUE_COMP_ID"])
    async with SocketInitiator(settings, members, log_factory=_EventLogFactory()) as initiator:
        await _all(members.logged_on, "logged on")
        play = Play(initiator, members)
        for line in filter(None, SCRIPT.splitlines()):
            if line.startswith("#"):
                say(line)
            else:
                await play.line(line)
        await initiator.logout()
        await _all(members.logged_out, "logged out")
    for who, inbox in members.inbox.items():
        if not inbox.empty():
            raise Unexpected(f"{who}: nothing more must come, was {readable(inbox.get_nowait())}")
    return play.checked


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise SystemExit(128 + number)


def main() -> int:
    """Exit code 0 when everything came as the script has it, 1 otherwise."""
    signal.signal(signal.SIGTERM, _stop)  # as process 1 of a container it has no default
    try:
        checked = asyncio.run(trade(os.environ))
    except Unexpected as error:
        say(f"FAILED: {error}")
        return 1
    say(f"ok: {checked} messages came as the script has them, and nothing else")
    return 0


if __name__ == "__main__":
    sys.exit(main())
