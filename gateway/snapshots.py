"""A venue as it stood at one place of its log, in a file: a start goes on from there.

A snapshot is two files in the folder `snapshots` of the data directory, named by seq: the state
(msgpack behind a mark and a hash), and what sessions can still ask for. It is written by somebody
who follows the log, never by the running venue, and only once the log up to its place is on the
disk. The log stays the truth: a snapshot that is damaged, of another version, or not of this log is
passed over, and all of them can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from zlib import crc32

import msgspec

from engine import snapshot as exchange_snapshot
from engine.exchange import Exchange
from gateway.log.disk import Disk, write_durably
from gateway.log.reading import Place
from gateway.log.records import PasswordChanged, SessionNumbers, SessionOpened, SessionState
from gateway.log.sent_file import SentFile, SessionSent
from gateway.sequencer import Sequencer
from gateway.sessions import OUTPUT_LAYOUT, Sessions

LAYOUT = 1
"""Version of the form of `SavedVenue`."""
KEPT = 2
"""The newest snapshots; the one before the newest is for the day the newest is damaged."""

FOLDER = "snapshots"
_MARK = b"fixpit venue %d.%d.%d\n" % (LAYOUT, OUTPUT_LAYOUT, exchange_snapshot.LAYOUT)
_HASH_BYTES = 16
_NAME = re.compile(r"(\d{20})\.snapshot")


State = Literal["active", "suspended", "removed"]


class SavedSession(msgspec.Struct, array_like=True, gc=False):
    """A session: what the log last said of it, its numbers, where its sent messages are."""

    opened: SessionOpened
    password: PasswordChanged | None
    state: State
    numbers: SessionNumbers
    reset_at: int
    places: bytes


class SavedVenue(msgspec.Struct, array_like=True, gc=False):
    """Everything that a start makes of the log up to `seq`."""

    seq: int
    chain: int
    at: int
    wall: int
    sealed_seq: int
    unsealed_crc: int
    sent_crc: int
    sessions: list[SavedSession]
    exchange: bytes

    @property
    def place(self) -> Place:
        """Where in the log it belongs."""
        return Place(self.seq, self.chain)


class Snapshot:
    """A snapshot that is whole: `exchange` can be used once, `restore` brings back the rest."""

    def __init__(self, saved: SavedVenue, sent: Path) -> None:
        self.place = saved.place
        self.exchange: Exchange = exchange_snapshot.load(saved.exchange)
        self._saved = saved
        self._sent = sent

    def restore(self, sequencer: Sequencer, sessions: Sessions, sent: SentFile) -> None:
        """Bring everything but the exchange to where it was. Raises OSError."""
        saved = self._saved
        sequencer.seq, sequencer.at, sequencer.wall = saved.seq, saved.at, saved.wall
        sequencer.sealed_seq = saved.sealed_seq
        sent.begin_behind(self._sent, saved.unsealed_crc)
        for one in saved.sessions:
            sessions.restore(one.opened, one.reset_at)
            if one.password is not None:
                sessions.restore(one.password, 0)
            if one.state != "active":
                sessions.restore(SessionState(one.opened.comp_id, one.state), 0)
            sessions.restore(one.numbers, one.reset_at)
            fix = sessions.by_comp_id[one.opened.comp_id].fix
            fix.reset_at = one.reset_at
            assert isinstance(fix.out.sent, SessionSent)
            fix.out.sent.restore(one.places)


def newest(data_dir: Path, holds: Callable[[Place], bool]) -> Snapshot | None:
    """The newest usable snapshot whose place the log `holds`, if there is one."""
    folder = data_dir / FOLDER
    for seq in sorted(seqs(folder), reverse=True):
        saved = read(folder, seq)
        if saved is not None and holds(saved.place):
            try:
                return Snapshot(saved, _sent(folder, seq))
            except exchange_snapshot.SnapshotError:
                continue
    return None


def seqs(folder: Path) -> list[int]:
    """Where there are snapshots, in no order."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [int(match[1]) for name in names if (match := _NAME.fullmatch(name))]


def read(folder: Path, seq: int) -> SavedVenue | None:
    """The snapshot of this seq; None if it is damaged, or of another version."""
    try:
        data = _state(folder, seq).read_bytes()
        sent = _sent(folder, seq)
        mark, rest = data[: len(_MARK)], data[len(_MARK) :]
        body = rest[_HASH_BYTES:]
        if mark != _MARK or rest[:_HASH_BYTES] != _hash(body):
            return None
        saved = msgspec.msgpack.decode(body, type=SavedVenue)
        if saved.seq != seq or saved.sent_crc != _crc_of(sent):
            return None
    except (OSError, msgspec.DecodeError):
        return None
    return saved


def write(
    data_dir: Path,
    place: Place,
    exchange: Exchange,
    sequencer: Sequencer,
    sessions: Sessions,
    sent: SentFile,
) -> Path:
    """Write a snapshot of a venue that has followed its log up to `place`, and drop old ones.

    The log up to there must be on the disk. Raises OSError.
    """
    folder = data_dir / FOLDER
    disk = Disk()
    disk.make_folder(folder)
    messages = _sent(folder, place.seq)
    fresh = messages.with_name(messages.name + ".new")
    saved = save(place, exchange, sequencer, sessions, sent, fresh)
    fresh.replace(messages)
    body = msgspec.msgpack.encode(saved)
    state = _state(folder, place.seq)
    write_durably(disk, state, _MARK + _hash(body) + body)
    for old in sorted(seqs(folder))[:-KEPT]:
        _state(folder, old).unlink()
        _sent(folder, old).unlink(missing_ok=True)
    return state


def save(
    place: Place,
    exchange: Exchange,
    sequencer: Sequencer,
    sessions: Sessions,
    sent: SentFile,
    messages: Path,
) -> SavedVenue:
    """The state of a venue, its sent messages in the new file `messages`. Raises OSError."""
    assert sequencer.seq == place.seq
    unsealed_crc = sent.crc
    kept = [session.fix.out.sent for session in sessions.by_comp_id.values()]
    places, sent_crc = sent.save(messages, [one for one in kept if isinstance(one, SessionSent)])
    saved = []
    for (comp_id, session), where in zip(sessions.by_comp_id.items(), places, strict=True):
        fix = session.fix
        opened, password = sessions.said_of(comp_id)
        numbers = SessionNumbers(
            comp_id, fix.next_in, fix.out.next_out, fix.resets, fix.version.name
        )
        state = msgspec.convert(session.state, State)
        saved.append(SavedSession(opened, password, state, numbers, fix.reset_at, where))
    return SavedVenue(
        place.seq,
        place.chain,
        sequencer.at,
        sequencer.wall,
        sequencer.sealed_seq,
        unsealed_crc,
        sent_crc,
        saved,
        exchange_snapshot.save(exchange),
    )


def _state(folder: Path, seq: int) -> Path:
    return folder / f"{seq:020d}.snapshot"


def _sent(folder: Path, seq: int) -> Path:
    return folder / f"{seq:020d}.sent"


def _hash(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_HASH_BYTES).digest()


def _crc_of(file: Path) -> int:
    crc = 0
    with file.open("rb") as data:
        while chunk := data.read(1 << 20):
            crc = crc32(chunk, crc)
    return crc
