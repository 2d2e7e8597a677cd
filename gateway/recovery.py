"""Where a start begins: at the newest snapshot, then the rest of the log, else the whole log."""

from __future__ import annotations

from pathlib import Path

import structlog

from engine.exchange import Exchange
from gateway import snapshots
from gateway.log.reading import BEGINNING, holds
from gateway.log.segment_file import SegmentLog
from gateway.log.sent_file import SentFile
from gateway.replay import replay_record
from gateway.sequencer import Sequencer
from gateway.sessions import Sessions

log = structlog.get_logger()


class Recovery:
    """One start's recovery: `exchange` first, for all that is built around it; then `run`.

    `snapshot_seq` is where it began, `recovered` how many records the venue's state comes from.
    """

    def __init__(self, data_dir: Path, segments: SegmentLog) -> None:
        self._log = segments
        folder = data_dir / "log"
        self._snapshot = snapshots.newest(data_dir, lambda place: holds(folder, place))
        self.exchange = Exchange() if self._snapshot is None else self._snapshot.exchange
        self.snapshot_seq = 0
        self.recovered = 0

    def run(self, sequencer: Sequencer, sessions: Sessions, sent: SentFile) -> None:
        """Let happen again what is not in the snapshot.

        Raises LogCorrupt, PoisonCommand and OutputDiffers among them, and OSError.
        """
        place = BEGINNING
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is not None:
            snapshot.restore(sequencer, sessions, sent)
            place = snapshot.place
            self.snapshot_seq = self.recovered = place.seq
            log.info("log.snapshot", seq=place.seq)
        for record in self._log.recover(place):
            replay_record(sequencer, record)
            sent.end_turn()
            self.recovered += 1
        if self._log.torn_bytes:
            log.warning("log.torn_tail", bytes=self._log.torn_bytes)
