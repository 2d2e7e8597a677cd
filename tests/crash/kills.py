"""A venue that is killed with -9 again and again, and the ledger that says what must survive.

Members trade as fast as the venue answers; at a random moment it is killed. One kill in four comes
while it recovers, between the lock on its log and its ready line. Sometimes the log gets the
beginning of another frame, or the file of sent messages is taken away: both may happen in a crash,
and neither loses anything. `python -m tests.crash.kills --kills 100 [--seed N]` for more than
`make test` does. What a venue must have kept is not said here but in `ledger`.
"""

from __future__ import annotations

import argparse
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom

from tests.crash.ledger import BUY, GOOD_TILL_CANCEL, SELL, Ledger, Member
from tests.crash.recovery import RecoveryKiller
from tests.support import logs, wire
from tests.support.process import CHECKOUT, VenueProcess

MEMBERS = ("AVA", "NON", "SHB")
PROBE = "SEB"
PRICES = {
    "ERIC-B": tuple(f"{87 + tick / 50:.2f}" for tick in range(8)),
    "VOLV-B": tuple(f"{262 + tick / 10:.1f}" for tick in range(8)),
}
UNMARKED_MAX = 60
LIFE_SECONDS = (0.01, 0.2)
SNAPSHOT_SHARE = 0.4
FOLLOWER_SECONDS = 0.8
"""About as long as a snapshot takes, with the start of its process."""
RECOVERY_SHARE = 0.25
"""So many of the kills come before the venue is ready."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was done; there is one only if every promise was kept, else an AssertionError."""

    kills: int
    """All of them; `kills_in_recovery` of these came before the venue was ready."""

    kills_in_recovery: int
    snapshots: int
    snapshots_killed: int
    """Followers that were killed before they were done; `snapshots` were taken and begun from."""

    acknowledged: int
    trades: int
    never_taken: int
    """Orders without an answer, of which the venue says that it has never heard."""

    lost: int
    repeated: int
    resent_compared: int
    """Messages that came again, with the same bytes as the first time."""

    seconds: float

    def text(self) -> str:
        """In a line."""
        return (
            f"{self.kills} kills, {self.kills_in_recovery} of them in recovery,"
            f" {self.snapshots} snapshots, {self.snapshots_killed} killed before they were done,"
            f" {self.acknowledged} orders acknowledged, {self.trades} trades,"
            f" {self.never_taken} orders never taken, {self.lost} lost, {self.repeated} repeated,"
            f" {self.resent_compared} resent messages the same to the byte,"
            f" in {self.seconds:.0f} s"
        )


class Kills:
    """Members, their ledger, and a venue with many lives."""

    def __init__(self, data_dir: Path, seed: int) -> None:
        self.data_dir = data_dir
        self.random = Random(seed)
        self.members = [Member(comp_id) for comp_id in MEMBERS]
        self.probe = Member(PROBE)
        self.ledger = Ledger([*self.members, self.probe])
        self.kills = 0
        self._recovery = RecoveryKiller(data_dir, self.random)
        self.snapshots = self.snapshots_killed = 0
        self._recovered = 0
        self._torn = 0

    def run(self, kills: int) -> Result:
        """So many lives that end with a kill, and one that ends well."""
        begin = time.monotonic()
        try:
            while self.kills < kills:
                if self.kills and self.random.random() < RECOVERY_SHARE:
                    self._die_in_recovery()
                else:
                    self._live_and_die()
            with self._start() as venue:
                self._check(venue)
                for client in self.ledger.clients:
                    self.ledger.resend(client, 1, client.next_in - 1)
                    client.logout()
                assert venue.stop() == 0
        finally:
            for client in self.ledger.clients:
                client.close()
        return self._result(time.monotonic() - begin)

    def _result(self, seconds: float) -> Result:
        return Result(
            kills=self.kills,
            kills_in_recovery=self._recovery.kills,
            snapshots=self.snapshots,
            snapshots_killed=self.snapshots_killed,
            acknowledged=sum(1 for order in self.ledger.orders.values() if order.order_id),
            trades=len(self.ledger.trades),
            never_taken=self.ledger.given_up,
            lost=0,  # One of either would not have come this far.
            repeated=0,
            resent_compared=sum(client.compared for client in self.ledger.clients),
            seconds=seconds,
        )

    def _start(self) -> VenueProcess:
        sync = self.random.choice(["group", "group", "interval:5", "none"])
        venue = VenueProcess(self.data_dir, "--sync", sync)
        assert venue.ready["recovered_commands"] >= self._recovered
        told = venue.stderr().count("log.torn_tail")
        assert told >= self._torn
        self._torn = told
        self._recovered = venue.ready["recovered_commands"]
        return venue

    def _live_and_die(self) -> None:
        with self._start() as venue:
            self._check(venue)
            self._reset_somebody(venue)
            with self._follower():
                self._trade(self.random.uniform(*LIFE_SECONDS))
                venue.kill()
            for client in self.ledger.clients:
                if client.connected:
                    client.until_closed()  # What had left the venue is promised all the same.
        self.ledger.catch_up()
        self.kills += 1
        self._damage()

    @contextmanager
    def _follower(self) -> Iterator[None]:
        """Sometimes a snapshot is taken meanwhile; its process dies at some moment, or is done."""
        if self.random.random() >= SNAPSHOT_SHARE:
            yield
            return
        with subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "snapshot", str(self.data_dir)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=CHECKOUT,
        ) as process:
            yield
            try:
                process.wait(self.random.choice([self.random.uniform(0, FOLLOWER_SECONDS), 60]))
            except subprocess.TimeoutExpired:
                process.kill()
                self.snapshots_killed += 1
                return
            complaint = process.stderr.read() if process.stderr is not None else b""
            assert process.returncode == 0, complaint.decode()
            self.snapshots += 1

    def _die_in_recovery(self) -> None:
        """Nobody is connected, so nothing was promised; the log may be cut off or not yet."""
        self._recovery.kill_one()
        self.kills += 1
        told = (self.data_dir / "stderr").read_text().count("log.torn_tail")
        if told < self._torn:
            # It may have died between cutting off a begun frame and saying so, or before both.
            self._torn = told
        elif self.random.random() < 0.5:
            self._damage()

    def _check(self, venue: VenueProcess) -> None:
        for client in self.ledger.clients:
            self.ledger.log_on(client, venue.port, give_up=self.random.random() < 0.3)
        for client in self.ledger.clients:
            client.sync()
        self.ledger.catch_up()
        self.ledger.check_trades()
        self.ledger.check_orders()
        for symbol in PRICES:
            side = self.random.choice([BUY, SELL])
            self.ledger.check_priority(self.probe, symbol, side, self.random)
        self.ledger.check_trades()

    def _reset_somebody(self, venue: VenueProcess) -> None:
        """Sometimes a member's numbers start again; after the kill they go on from there."""
        client = self.random.choice([*self.members, None, None])
        if client is not None:
            client.logout()
            client.logon(venue.port, reset=True)
            self.ledger.start_again(client)

    def _trade(self, seconds: float) -> None:
        """Orders, cancels and questions as fast as the venue answers them."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            online = [client for client in self.members if client.connected]
            busy = len(self.ledger.unmarked) > UNMARKED_MAX
            if not busy:
                self._act(self.random.choice(online))
            online = [client for client in online if client.connected]
            ready, _, _ = select.select(online, [], [], 0.001 if busy else 0)
            for client in ready:
                client.take_ready()
            self.ledger.catch_up()

    def _act(self, client: Member) -> None:
        chance = self.random.random()
        own = self.ledger.working(client.comp_id)
        if chance < 0.03:
            client.send("0")
        elif chance < 0.05:
            client.send("2", [(7, max(1, client.next_in - 5)), (16, 0)])
        elif chance < 0.06 and client is not self.members[0]:
            client.close()
        elif chance < 0.25 and own:
            order = self.random.choice(own)
            cancel = wire.cancel(self.ledger.new_id(), order.cl_ord_id, order.side, order.symbol)
            client.send("F", cancel)
        else:
            for _ in range(self.random.randrange(1, 5)):
                self._enter(client)

    def _enter(self, client: Member) -> None:
        symbol, side = self.random.choice([*PRICES]), self.random.choice([BUY, SELL])
        qty, price = self.random.randrange(1, 100), self.random.choice(PRICES[symbol])
        self.ledger.enter(client, symbol, side, qty, price, GOOD_TILL_CANCEL)

    def _damage(self) -> None:
        """What a crash may leave behind: a frame that was begun, a file that can be made again."""
        chance = self.random.random()
        if chance < 0.3:
            newest = logs.segments(self.data_dir / "log")[-1]
            begun = b"FPfr" + self.random.randbytes(self.random.randrange(80))
            newest.write_bytes(newest.read_bytes() + begun)
            self._torn += 1
        elif chance < 0.5:
            (self.data_dir / "sent.dat").unlink()


def run(kills: int, seed: int) -> Result:
    """Kill a fresh venue so often; a broken promise is an AssertionError."""
    with tempfile.TemporaryDirectory() as folder:
        return Kills(Path(folder), seed).run(kills)


def main() -> None:
    """Run from the command line; a broken promise ends it with a traceback."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.kills")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    args = parser.parse_args()
    sys.stdout.write(f"seed {args.seed}\n")
    sys.stdout.flush()
    sys.stdout.write(f"{run(args.kills, args.seed).text()}\n")


if __name__ == "__main__":
    main()
