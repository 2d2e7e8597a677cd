"""Plays the script with one client library and checks what its application callbacks received.

A party is a FIX session with a folder for the library's store; it outlives the client processes
that log on for it, as a session outlives its connections. Besides the lines of the script it holds
each party to what is always so: no session reject and no business reject either way, outgoing
MsgSeqNum(34) without a gap from one process to the next, ExecID(17) never twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.interop.client_process import ClientFailed, ClientProcess, Event
from tests.interop.tape import Fields, Step, Verb, differences, fill_in, readable, value_of

EVENT_SECONDS_MAX = 15.0
STORY_SECONDS_MAX = 60.0
REJECTS = frozenset({"3", "j"})

# (comp id, store folder, reset) -> the command that starts the client
CommandLine = Callable[[str, Path, bool], Sequence[str]]


class StoryFailed(Exception):
    """The tape is not as the script has it."""


@dataclass
class Party:
    """A FIX session of the client side and what is known of it."""

    name: str
    process: ClientProcess | None = None
    last_sent: int = 0
    session_messages: list[Fields] = field(default_factory=list)  # sent since the logon


class Story:
    """One play of the script. `messages` and `rejects` count what came, also when it failed."""

    def __init__(self, run: str, command: CommandLine, folder: Path, exec_ids: set[str]) -> None:
        self.messages = 0
        self.rejects = 0
        self._bound = {"run": run}
        self._command = command
        self._folder = folder
        self._parties: dict[str, Party] = {}
        self._exec_ids = exec_ids  # of the whole venue, so every story shares it
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

    def _play(self, step: Step) -> None:
        party = self._parties.setdefault(step.party, Party(step.party))
        try:
            match step.verb:
                case Verb.LOGON:
                    self._logon(party, reset=step.argument == "reset")
                case Verb.LOGOUT:
                    self._logout(party)
                case Verb.SEND:
                    self._running(party).tell(f"send {fill_in(step.argument, self._bound)}")
                case Verb.RECEIVE:
                    self._receive(party, step.argument)
                case Verb.SENT:
                    self._sent(party, step.argument)
        except (ClientFailed, StoryFailed) as error:
            wanted = fill_in(step.argument, self._bound)
            raise StoryFailed(
                f"scenario.fix line {step.line}: {step.party} {step.verb} {wanted}\n    {error}"
            ) from None

    # -- the verbs -------------------------------------------------------------------------------

    def _logon(self, party: Party, *, reset: bool) -> None:
        store = self._folder / party.name / "store"
        store.mkdir(parents=True, exist_ok=True)
        party.process = ClientProcess(
            self._command(party.name, store, reset),
            self._folder / party.name / "client.log",
            self._folder,
        )
        party.session_messages.clear()
        if reset:
            party.last_sent = 0
        event = self._next(party, {"logon", "logout", "app_in"})
        if event is None or event.kind != "logon":
            raise StoryFailed("the session must be logged on, was not")

    def _logout(self, party: Party) -> None:
        process = self._running(party)
        process.tell("logout")
        while (event := self._next(party, {"app_in", "logout"})) is not None:
            if event.kind == "app_in":
                raise StoryFailed(f"nothing more must arrive, was {readable(event.fields)}")
        code = process.wait()
        party.process = None
        if not any(value_of(fields, 35) == "5" for fields in party.session_messages):
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
        self._check_exec_id(event.fields)
        self.messages += 1

    def _sent(self, party: Party, expected: str) -> None:
        for fields in party.session_messages:
            if not differences(expected, fields, dict(self._bound)):
                return
        sent = [readable(fields) for fields in party.session_messages]
        raise StoryFailed(f"the library must have sent it, was {sent}")

    # -- what is always so -----------------------------------------------------------------------

    def _next(self, party: Party, kinds: set[str]) -> Event | None:
        """The next event of these kinds; every event on the way is printed and checked."""
        until = min(self._until, time.monotonic() + EVENT_SECONDS_MAX)
        while (event := self._running(party).next_event(until)) is not None:
            self._print(party, event)
            self._check(party, event)
            if event.kind in kinds:
                return event
        return None

    def _running(self, party: Party) -> ClientProcess:
        if party.process is None:
            raise StoryFailed(f"{party.name} must be logged on, was not")
        return party.process

    def _check(self, party: Party, event: Event) -> None:
        if value_of(event.fields, 35) in REJECTS:
            self.rejects += 1
            raise StoryFailed(f"no reject must occur, was {readable(event.fields)}")
        if event.kind == "admin_out":
            party.session_messages.append(event.fields)
        if event.kind in {"admin_out", "app_out"} and value_of(event.fields, 43) != "Y":
            sent = int(value_of(event.fields, 34) or 0)
            if sent != party.last_sent + 1:
                raise StoryFailed(
                    f"outgoing MsgSeqNum(34) must be {party.last_sent + 1}, was {sent}"
                )
            party.last_sent = sent

    def _check_exec_id(self, fields: Fields) -> None:
        exec_id = value_of(fields, 17)
        if exec_id is None:
            return
        if exec_id in self._exec_ids:
            raise StoryFailed(f"ExecID(17) must never repeat, was {exec_id} again")
        self._exec_ids.add(exec_id)

    def _print(self, party: Party, event: Event) -> None:
        arrow = {"app_in": "<", "admin_in": "<", "app_out": ">", "admin_out": ">"}.get(event.kind)
        said = event.kind if arrow is None else f"{arrow} {readable(event.fields)}"
        print(f"  {party.name} {said}", flush=True)
