"""A venue that is killed with -9 again and again, and the ledger that says what must survive.

Members trade as fast as the venue answers; at a random moment it is killed. Sometimes the log gets
the beginning of another frame, or the file of sent messages is taken away: both may happen in a
crash, and neither loses anything. `python -m tests.crash.kills --kills 100 [--seed N]` for more
than `make test` does.
"""

from __future__ import annotations

import argparse
import select
import sys
import tempfile
import time
from pathlib import Path
from random import Random, SystemRandom

from tests.crash.ledger import BUY, GOOD_TILL_CANCEL, SELL, Ledger
from tests.support import logs, wire
from tests.support.process import Client, VenueProcess

MEMBERS = ("AVA", "NON", "SHB")
PROBE = "SEB"
PRICES = {
    "ERIC-B": tuple(f"{87 + tick / 50:.2f}" for tick in range(8)),
    "VOLV-B": tuple(f"{262 + tick / 10:.1f}" for tick in range(8)),
}
UNMARKED_MAX = 60
LIFE_SECONDS = (0.01, 0.2)


class Kills:
    """Members, their ledger, and a venue with many lives."""

    def __init__(self, data_dir: Path, seed: int) -> None:
        self.data_dir = data_dir
        self.random = Random(seed)
        self.members = [Client(comp_id) for comp_id in MEMBERS]
        self.probe = Client(PROBE)
        self.ledger = Ledger([*self.members, self.probe])
        self.kills = 0
        self._recovered = 0
        self._torn = 0

    def run(self, kills: int) -> None:
        """So many lives that end with a kill, and one that ends well."""
        try:
            while self.kills < kills:
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

    def summary(self) -> str:
        """What was done, in a line."""
        marked = sum(1 for order in self.ledger.orders.values() if order.order_id)
        return (
            f"{self.kills} kills, {marked} orders acknowledged, {len(self.ledger.trades)} trades,"
            f" {self.ledger.given_up} orders never taken, 0 lost, 0 repeated"
        )

    def _start(self) -> VenueProcess:
        sync = self.random.choice(["group", "group", "interval:5", "none"])
        venue = VenueProcess(self.data_dir, "--sync", sync)
        assert venue.ready["recovered_commands"] >= self._recovered
        assert venue.stderr().count("log.torn_tail") >= self._torn
        self._recovered = venue.ready["recovered_commands"]
        return venue

    def _live_and_die(self) -> None:
        with self._start() as venue:
            self._check(venue)
            self._reset_somebody(venue)
            self._trade(self.random.uniform(*LIFE_SECONDS))
            venue.kill()
            for client in self.ledger.clients:
                if client.connected:
                    client.until_closed()  # What had left the venue is promised all the same.
        self.ledger.catch_up()
        self.kills += 1
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

    def _act(self, client: Client) -> None:
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

    def _enter(self, client: Client) -> None:
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


def main() -> None:
    """Run from the command line; a broken promise ends it with a traceback."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.kills")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    args = parser.parse_args()
    sys.stdout.write(f"seed {args.seed}\n")
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        kills = Kills(Path(folder), args.seed)
        kills.run(args.kills)
    sys.stdout.write(f"{kills.summary()} in {time.monotonic() - begin:.0f} s\n")


if __name__ == "__main__":
    main()
