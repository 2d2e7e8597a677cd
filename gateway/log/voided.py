"""Commands that the operator declared not to have happened: the file VOIDED beside the segments.

A command that trips an assert stops the venue, stays in the log, and would stop every later start
too. The log is never changed, so its voiding stands beside it: seq, the CRC of the very record, who
said so and why. Reading the log gives `Voided` in its place, the same in every replay from then on.
"""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import msgspec

from engine.commands import Command
from gateway.log.disk import Disk, write_durably
from gateway.log.frames import LogCorrupt
from gateway.log.records import Apart, Record, Voided, encode_into

NAME = "VOIDED"


class Voiding(msgspec.Struct, frozen=True):
    """One line of the file; `record_crc` is that of the voided record, `at` real time (ns UTC)."""

    seq: int
    record_crc: int
    reason: str
    at: int


class Voidings:
    """All voidings of a log, by seq; `apply` is what a reader of the log does with a record."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        """Raises LogCorrupt if the file is damaged, OSError if it cannot be read."""
        self._folder, self._disk = folder, disk
        try:
            data = disk.read(folder / NAME)
        except FileNotFoundError:
            data = b""
        try:
            lines = [msgspec.json.decode(line, type=Voiding) for line in data.splitlines()]
        except msgspec.DecodeError as error:
            raise LogCorrupt(f"{NAME}: {error}") from error
        self.by_seq = {line.seq: line for line in lines}

    def apply(self, record: Record) -> Record:
        """The record, or what stands in its place. Raises LogCorrupt for a voiding of another."""
        voiding = self.by_seq.get(record.seq)
        if voiding is None:
            return record
        if voiding.record_crc != record_crc(record):
            raise LogCorrupt(f"{NAME}: seq {record.seq} must be the record that was voided")
        return _voided(record, voiding.reason)

    def add(self, record: Record, reason: str, at: int) -> Voiding:
        """Void a command, durably. Raises OSError."""
        assert not isinstance(record.entry, Apart)
        voiding = Voiding(record.seq, record_crc(record), reason, at)
        self.by_seq[record.seq] = voiding
        lines = [msgspec.json.encode(v) + b"\n" for _, v in sorted(self.by_seq.items())]
        write_durably(self._disk, self._folder / NAME, b"".join(lines))
        return voiding


def record_crc(record: Record) -> int:
    """The CRC-32 of a record as the log holds it."""
    buffer = bytearray()
    encode_into(record, buffer)
    return crc32(buffer)


def _voided(record: Record, reason: str) -> Record:
    command = record.entry
    assert not isinstance(command, Apart)
    return msgspec.structs.replace(record, entry=Voided(sender(command), reason))


def sender(command: Command) -> str:
    """The session that sent a command, "" if none did."""
    session: str = getattr(command, "session", "")
    return session
