"""The one entrance: every change has its place in the log, and the log brings everything back."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.commands import DefineMember, EnterOrder, PassTime
from gateway.log.records import Record, SessionNumbers, decode, encode_into, payload
from tests.support import wire
from tests.support.machine import SECOND, START, Machine

MEMBERS = ("AVA", "NON", "SHB")
SEEDS = range(8)
STEPS = 250


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """The demo venue in memory."""
    machine = Machine(tmp_path / "live")
    machine.begin()
    yield machine
    machine.close()


def test_stamps_count_up_and_time_does_not_go_back(machine: Machine) -> None:
    """`seq` without gaps; `at` stands still when the clock is set back, `wall` follows it."""
    first = machine.sequencer.seq + 1
    for seconds in (0, 5, 3, 6):
        machine.now = START + seconds * SECOND
        machine.sequencer.submit(PassTime(), 7)
    stamps = [
        (r.seq - first, (r.at - START) // SECOND, (r.wall - START) // SECOND, r.next_in)
        for r in machine.log.records[first - 1 :]
    ]
    assert stamps == [(0, 0, 0, 7), (1, 5, 5, 7), (2, 5, 3, 7), (3, 6, 6, 7)]


def test_a_note_takes_a_number_and_no_time(machine: Machine) -> None:
    """What moves a session only is logged at the market time of the command before."""
    machine.sequencer.submit(PassTime())
    machine.now += 5 * SECOND
    machine.sequencer.note(SessionNumbers("AVA", 2, 2, 0), 2)
    seq = machine.sequencer.seq
    assert machine.log.records[-1] == Record(
        seq, START, START + 5 * SECOND, 2, SessionNumbers("AVA", 2, 2, 0)
    )


def test_what_is_due_comes_first_at_its_own_moment(machine: Machine) -> None:
    """Two orders end before the loop comes round: each is stamped with its own time."""
    for i in (1, 2):
        until = START + 10 * i * SECOND
        order = EnterOrder("AVA", "AVA", f"A{i}", "ERIC-B", "1", "2", 10, 870_000, "6", until)
        machine.sequencer.submit(order)
    machine.now += 60 * SECOND
    machine.sequencer.submit(DefineMember("NEW", "New"))
    stamps = [
        (type(r.entry).__name__, (r.at - START) // SECOND, (r.wall - START) // SECOND)
        for r in machine.log.records[-3:]
    ]
    assert stamps == [("PassTime", 10, 60), ("PassTime", 20, 60), ("DefineMember", 60, 60)]


def test_a_command_ahead_comes_before_what_is_due(machine: Machine) -> None:
    """At the market time of the command before it."""
    order = EnterOrder("AVA", "AVA", "A", "ERIC-B", "1", "2", 10, 870_000, "6", START + SECOND)
    machine.sequencer.submit(order)
    machine.now += 60 * SECOND
    machine.sequencer.submit_ahead(DefineMember("NEW", "New"))
    machine.sequencer.carry_out(START + 60 * SECOND)
    assert [
        (type(r.entry).__name__, (r.at - START) // SECOND) for r in machine.log.records[-2:]
    ] == [
        ("DefineMember", 0),
        ("PassTime", 1),
    ]


def test_a_command_is_logged_before_it_is_applied(machine: Machine) -> None:
    """A bug in carrying it out leaves it in the log, where it can be found."""
    bad = DefineMember("AVA", "Avanza")
    machine.exchange.seq = machine.sequencer.seq + 10
    with pytest.raises(AssertionError):
        machine.sequencer.submit(bad)
    assert machine.log.records[-1].entry == bad


def test_only_the_next_record_can_be_replayed(machine: Machine, tmp_path: Path) -> None:
    """A gap in the log is a bug, not a way to continue."""
    again = Machine(tmp_path / "again")
    with pytest.raises(AssertionError):
        again.replay(machine.log.records[1:])
    again.close()


def test_time_after_a_replay_does_not_go_back(machine: Machine, tmp_path: Path) -> None:
    """A machine whose clock is behind the log continues at the log's time."""
    machine.now += 60 * SECOND
    machine.sequencer.submit(PassTime())
    again = Machine(tmp_path / "again")
    again.replay(machine.log.records)
    again.sequencer.submit(PassTime())
    again.close()
    last = again.log.records[-1]
    assert (last.at - START, last.wall - START) == (60 * SECOND, 0)


# A restart brings back what was there, byte for byte


class Traffic:
    """Seeded members who do everything a session can do, and a record of what was there."""

    def __init__(self, machine: Machine, seed: int) -> None:
        self.machine = machine
        self.random = random.Random(seed)
        self.states: dict[int, dict[str, object]] = {}
        self._ids = 0
        self._entered: list[tuple[str, str, str]] = []
        self._actions: list[Callable[[str], None]] = [self.enter] * 8
        self._actions += [self.cancel, self.replace, self.ask, self.mass_cancel]
        self._actions += [self.admin, self.gap, self.resend, self.skip, self.nonsense]
        self._actions += [self.leave, self.drop, self.reset, self.newcomer]

    def run(self) -> None:
        """All steps; after each the turn ends, mostly, and what is there is noted."""
        for _ in range(STEPS):
            self.machine.now += self.random.randrange(2 * SECOND)
            comp_id = self.random.choice(MEMBERS)
            if self.machine.session(comp_id).connected:
                self.random.choice(self._actions)(comp_id)
            else:
                self.machine.logon(comp_id)
            self.machine.market.on_timer(self.machine.now)
            if self.random.random() < 0.8:
                self.end_turn()
        self.end_turn()

    def end_turn(self) -> None:
        """Close connections that are over, and note what a restart here must bring back."""
        for comp_id in MEMBERS:
            if self.machine.session(comp_id).wants_close:
                self.machine.drop(comp_id)
        self.machine.turn()
        self.states[self.machine.log.last_seq] = self.machine.state()

    def _id(self) -> str:
        self._ids += 1
        return f"C{self._ids}"

    def _some_order(self, comp_id: str) -> tuple[str, str]:
        own = [(i, side) for owner, i, side in self._entered if owner == comp_id]
        return self.random.choice(own or [("NONE", "1")])

    def _terms(self) -> dict[str, str]:
        seconds = self.machine.now + self.random.randrange(60) * SECOND
        gtd = {"_59": "6", "_126": wire.time_text(seconds)}
        return self.random.choice([{}, {}, {"_59": "1"}, {"_59": "3"}, {"_1": "acc"}, gtd])

    def enter(self, comp_id: str) -> None:
        """An order near the others, sometimes off tick or of an unknown symbol."""
        cl_ord_id, side = self._id(), self.random.choice("12")
        price = self.random.choice(["87.30", "87.32", "87.34", "87.33"])
        symbol = self.random.choice(["ERIC-B"] * 9 + ["NO-SUCH"])
        qty = self.random.randrange(1, 300)
        self._entered.append((comp_id, cl_ord_id, side))
        fields = wire.order(cl_ord_id, side, qty, price, symbol, **self._terms())
        self.machine.send(comp_id, "D", fields)

    def cancel(self, comp_id: str) -> None:
        """One of its orders, dead or alive."""
        orig, side = self._some_order(comp_id)
        self.machine.send(comp_id, "F", wire.cancel(self._id(), orig, side))

    def replace(self, comp_id: str) -> None:
        """Another quantity and price for one of its orders."""
        orig, side = self._some_order(comp_id)
        cl_ord_id = self._id()
        self._entered.append((comp_id, cl_ord_id, side))
        terms = dict(wire.order(cl_ord_id, side, self.random.randrange(1, 300), "87.32"))
        self.machine.send(comp_id, "G", sorted({**terms, 41: orig}.items()))

    def ask(self, comp_id: str) -> None:
        """The state of one order, or of all."""
        if self.random.random() < 0.5:
            self.machine.send(comp_id, "AF", [(584, self._id()), (585, "7")])
            return
        cl_ord_id, side = self._some_order(comp_id)
        self.machine.send(comp_id, "H", [(11, cl_ord_id), (54, side), (55, "ERIC-B")])

    def mass_cancel(self, comp_id: str) -> None:
        """All its orders."""
        fields = [(11, self._id()), (530, "7"), (60, "20261122-10:00:00")]
        self.machine.send(comp_id, "q", fields)

    def admin(self, comp_id: str) -> None:
        """A heartbeat, with or without being asked, or a question; or silence, and our own."""
        kind = self.random.choice("01t")
        if kind == "t":
            self.machine.now += 31 * SECOND
            self.machine.session(comp_id).on_timer(self.machine.now)
            return
        self.machine.send(comp_id, kind, [(112, "T")])

    def gap(self, comp_id: str) -> None:
        """Two messages get lost, one arrives, then the client fills the gap."""
        due = self.machine.session(comp_id).next_in
        fields = wire.order(self._id(), "1", 10, "87.30")
        self.machine.send(comp_id, "D", fields, seq=due + 2)
        if self.random.random() < 0.7:
            self.machine.send(comp_id, "4", [(36, due + 2), (123, "Y")], seq=due)
        self.machine.next_out(comp_id, due + 3)

    def resend(self, comp_id: str) -> None:
        """It wants some messages again; that moves only its own number."""
        out = self.machine.session(comp_id).out
        self.machine.send(comp_id, "2", [(7, self.random.randrange(1, out.next_out + 1)), (16, 0)])
        while out.resend.pending:
            out.continue_resend(self.machine.now)

    def skip(self, comp_id: str) -> None:
        """SequenceReset-Reset: its numbers go on further up."""
        due = self.machine.session(comp_id).next_in
        self.machine.send(comp_id, "4", [(36, due + 5)], seq=due)
        self.machine.next_out(comp_id, due + 5)

    def nonsense(self, comp_id: str) -> None:
        """A type we do not serve, a type nobody knows, a message with a field missing."""
        msg_type = self.random.choice(["B", "ZZ", "D"])
        self.machine.send(comp_id, msg_type, [(11, self._id())])

    def leave(self, comp_id: str) -> None:
        """Logout."""
        self.machine.send(comp_id, "5")

    def drop(self, comp_id: str) -> None:
        """The connection breaks: Day orders go."""
        self.machine.drop(comp_id)

    def reset(self, comp_id: str) -> None:
        """Numbers start again, in the session or with a new connection."""
        if self.random.random() < 0.5:
            self.machine.drop(comp_id)
            self.machine.logon(comp_id, reset=True)
            return
        self.machine.send(comp_id, "A", [(98, "0"), (108, "30"), (141, "Y")], seq=1)
        self.machine.next_out(comp_id, 2)

    def newcomer(self, comp_id: str) -> None:
        """A member nobody has heard of."""
        if comp_id == "AVA" and "NEW" not in self.machine.sessions.by_comp_id:
            self.machine.open("NEW", "NEW")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_replay_brings_back_numbers_and_messages(tmp_path: Path, seed: int) -> None:
    """After each turn of a busy day: the same numbers, resets and sent bytes as in the live run."""
    live, again = Machine(tmp_path / "live"), Machine(tmp_path / "again")
    live.begin()
    traffic = Traffic(live, seed)
    traffic.run()
    differ, begin = [], 0
    for turn, state in traffic.states.items():
        again.replay(as_read_back(live.log.records[begin:turn]))
        begin = turn
        if again.state() != state:
            differ.append(turn)
    files = live.sent_path.read_bytes() == again.sent_path.read_bytes()
    live.close()
    again.close()
    assert (differ, files, len(traffic.states) > STEPS // 2) == ([], True, True)


def as_read_back(records: list[Record]) -> list[Record]:
    """The records as they come out of a log."""
    buffer = bytearray()
    for record in records:
        encode_into(record, buffer)
    return decode(payload(len(records), buffer))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_venue_that_was_replayed_goes_on_like_one_that_was_not(tmp_path: Path, seed: int) -> None:
    """Restart in the middle of the day; both say the same to everybody for the rest of it."""
    live, again = Machine(tmp_path / "live"), Machine(tmp_path / "again")
    live.begin()
    Traffic(live, seed).run()
    again.replay(as_read_back(live.log.records))
    again.now = live.now
    tapes = []
    for machine in (live, again):
        for comp_id in MEMBERS:
            if machine.session(comp_id).connected:
                machine.session(comp_id).disconnect()
        lines = {comp_id: machine.logon(comp_id, reset=True) for comp_id in MEMBERS}
        for comp_id in MEMBERS:
            machine.send(comp_id, "AF", [(584, "ALL"), (585, "7")])
        machine.send("AVA", "D", wire.order("LAST", "1", 100_000, "87.40"))
        machine.turn()
        tapes.append({comp_id: [m.data for m in lines[comp_id].received] for comp_id in MEMBERS})
        machine.close()
    assert tapes[0] == tapes[1]
