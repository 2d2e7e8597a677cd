"""Plays the script with one client library and checks what its application callbacks received.

A party is a FIX session with a folder for the library's store; it outlives the client processes
that log on for it, as a session outlives its connections. Besides the lines of the script it holds
each party to what is always so: no session reject and no business reject either way, outgoing
MsgSeqNum(34) without a gap from one process to the next, ExecID(17) never twice.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tests.interop.client_process import ClientFailed, ClientProcess, Event
from tests.interop.config import Session
from tests.interop.relay import Relay
from tests.interop.tape import Fields, Step, Verb, differences, fill_in, readable, value_of
from tests.interop.venue import Venue

EVENT_SECONDS_MAX = 15.0
STORY_SECONDS_MAX = 150.0
REJECTS = frozenset({"3", "j"})

# Writes the configuration file and gives the command that starts the client with it
Starter = Callable[[Session], Sequence[str]]


class StoryFailed(Exception):
    """The tape is not as the script has it."""


@dataclass
class Party:
    """A FIX session of the client side and what is known of it."""

    name: str
    process: ClientProcess | None = None
    relay: Relay | None = None  # the line to the venue, once there has been one in the clear
    last_sent: int = 0
    sent: list[Fields] = field(default_factory=list)  # since the logon
    got: list[Fields] = field(default_factory=list)
    waiting: deque[Event] = field(default_factory=deque)  # seen, and not asked for yet


@dataclass(frozen=True)
class Stage:
    """Where a story is played: the venue, and what the parties are called there."""

    venue: Venue
    suffix: str  # of the comp ids: a member has one session for each version
    certificates: Path
    exec_ids: dict[str, str]  # with the message each came in; every story of the venue shares it


class Story:
    """One play of the script. `messages` and `rejects` count what came, also when it failed."""

    def __init__(
        self, run: str, starter: Starter, stage: Stage, folder: Path, tape: TextIO
    ) -> None:
        self.messages = 0
        self.rejects = 0
        self._bound = {"run": run}
        self._starter = starter
        self._stage = stage
        self._folder = folder
        self._tape = tape
        self._parties: dict[str, Party] = {}
        self._until = time.monotonic() + STORY_SECONDS_MAX

    def play(self, steps: Sequence[Step]) -> None:
        """Every step in turn. Raises StoryFailed with the line of the script that failed."""
        try:
            for step in steps:
                self._play(step)
        finally:
            for party in self._parties.values():
                if party.process is not None:
                    party.process.kill()
                if party.relay is not None:
                    party.relay.close()

    def _play(self, step: Step) -> None:
        party = self._parties.setdefault(step.party, Party(step.party))
        try:
            match step.verb:
                case Verb.LOGON:
                    self._logon(party, frozenset(step.argument.split()))
                case Verb.LOGOUT:
                    self._logout(party)
                case Verb.SEND:
                    self._running(party).tell(f"send {fill_in(step.argument, self._bound)}")
                case Verb.RECEIVE:
                    self._receive(party, step.argument)
                case Verb.SENT:
                    self._find(party, party.sent, step.argument)
                case Verb.GOT:
                    self._find(party, party.got, step.argument)
                case Verb.LOSES:
                    assert party.relay is not None, f"line {step.line}: no line to lose it on"
                    party.relay.lose(step.argument)
        except (ClientFailed, StoryFailed) as error:
            wanted = fill_in(step.argument, self._bound)
            raise StoryFailed(
                f"scenario.fix line {step.line}: {step.party} {step.verb} {wanted}\n    {error}"
            ) from None

    # -- the verbs -------------------------------------------------------------------------------

    def _logon(self, party: Party, words: frozenset[str]) -> None:
        session = self._session(party, over_tls="tls" in words, reset="reset" in words)
        session.store.mkdir(parents=True, exist_ok=True)
        party.process = ClientProcess(
            self._starter(session), self._folder / party.name / "client.log", self._folder
        )
        party.sent.clear()
        party.got.clear()
        party.waiting.clear()
        if session.reset:
            party.last_sent = 0
        event = self._next(party, {"logon", "logout", "app_in"})
        if event is None or event.kind != "logon":
            raise StoryFailed("the session must be logged on, was not")

    def _session(self, party: Party, *, over_tls: bool, reset: bool) -> Session:
        venue = self._stage.venue
        if not over_tls and party.relay is None:
            party.relay = Relay(venue.host, venue.port)
        port = venue.tls_port if over_tls or party.relay is None else party.relay.port
        return Session(
            host=venue.host,
            port=port,
            sender=party.name + self._stage.suffix,
            store=self._folder / party.name / "store",
            reset=reset,
            certificates=self._stage.certificates if over_tls else None,
        )

    def _logout(self, party: Party) -> None:
        process = self._running(party)
        process.tell("logout")
        while (event := self._next(party, {"app_in", "logout"})) is not None:
            if event.kind == "app_in":
                raise StoryFailed(f"nothing more must arrive, was {readable(event.fields)}")
        code = process.wait()
        party.process = None
        if not any(value_of(fields, 35) == "5" for fields in party.sent):
            raise StoryFailed("Logout(5) must be sent before the end of the connection, was not")
        if code != 0:
            raise StoryFailed(f"the exit code must be 0, was {code}")

    def _receive(self, party: Party, expected: str) -> None:
        event = self._next(party, {"app_in", "logout"})
        if event is None or event.kind == "logout":
            raise StoryFailed("a message must arrive, was the end of the session")
        found = differences(expected, event.fields, self._bound)
        if found:
            raise StoryFailed("\n    ".join([f"was {readable(event.fields)}", *found]))
        self._check_exec_id(party, event.fields)
        self.messages += 1

    def _find(self, party: Party, messages: list[Fields], expected: str) -> None:
        """Wait until there is such a message; what else comes meanwhile is kept."""
        seen = 0
        while not any(not self._differences(expected, fields) for fields in messages[seen:]):
            seen = len(messages)
            try:
                event = self._read(party)
            except ClientFailed:
                event = None
            if event is None:
                raise StoryFailed(f"it must be one of {[readable(one) for one in messages]}")
            party.waiting.append(event)

    def _differences(self, expected: str, fields: Fields) -> list[str]:
        return differences(expected, fields, dict(self._bound))

    # -- what is always so -----------------------------------------------------------------------

    def _next(self, party: Party, kinds: set[str]) -> Event | None:
        """The next event of these kinds, None at the end of the program."""
        while True:
            event = party.waiting.popleft() if party.waiting else self._read(party)
            if event is None or event.kind in kinds:
                return event

    def _read(self, party: Party) -> Event | None:
        """The next event of the program, written down and checked."""
        until = min(self._until, time.monotonic() + EVENT_SECONDS_MAX)
        event = self._running(party).next_event(until)
        if event is not None:
            self._write(party, event)
            self._check(party, event)
        return event

    def _running(self, party: Party) -> ClientProcess:
        if party.process is None:
            raise StoryFailed(f"{party.name} must be logged on, was not")
        return party.process

    def _check(self, party: Party, event: Event) -> None:
        if value_of(event.fields, 35) in REJECTS:
            self.rejects += 1
            raise StoryFailed(f"no reject must occur, was {readable(event.fields)}")
        if event.kind in {"admin_in", "app_in"}:
            party.got.append(event.fields)
        if event.kind in {"admin_out", "app_out"}:
            party.sent.append(event.fields)
            if value_of(event.fields, 43) != "Y":
                self._check_sequence(party, int(value_of(event.fields, 34) or 0))

    def _check_sequence(self, party: Party, sent: int) -> None:
        if sent != party.last_sent + 1:
            raise StoryFailed(f"outgoing MsgSeqNum(34) must be {party.last_sent + 1}, was {sent}")
        party.last_sent = sent

    def _check_exec_id(self, party: Party, fields: Fields) -> None:
        """A new one in every report; one that is resent may come twice to those who take it so."""
        exec_id = value_of(fields, 17)
        if exec_id is None:
            return
        known = self._stage.exec_ids
        message = f"{self._folder.name} {party.name} {value_of(fields, 34)}"
        if exec_id in known and (known[exec_id] != message or value_of(fields, 43) != "Y"):
            raise StoryFailed(f"ExecID(17) must never repeat, was {exec_id} again")
        known[exec_id] = message

    def _write(self, party: Party, event: Event) -> None:
        arrow = {"app_in": "<", "admin_in": "<", "app_out": ">", "admin_out": ">"}.get(event.kind)
        said = event.kind if arrow is None else f"{arrow} {readable(event.fields)}"
        print(f"{party.name} {said}", file=self._tape, flush=True)
