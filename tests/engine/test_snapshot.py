"""A snapshot is the exchange: loaded, it says and becomes the same as the one that was saved.

Streams of everything are cut at several places, and what was loaded there goes on beside the
exchange that was never saved. `FIXPIT_SEED=<number>` asks for other streams, `FIXPIT_STREAMS` for
more of each venue and `FIXPIT_COMMANDS` for longer ones; a failure names its seed, the place of the
cut and the command.
"""

from __future__ import annotations

import os
import random
from functools import cache

import pytest

from engine import snapshot
from engine.commands import Command, EnterOrder, PassTime, SeedDraws
from engine.digest import digest
from engine.exchange import Exchange
from engine.invariants import check
from engine.snapshot import DamagedSnapshot, OtherLayout
from engine.values import ORDER_QTY_MAX, PRICE_MAX
from tests.engine.test_everything import VENUES
from tests.support.everything import Everything
from tests.support.market import SECOND, SYMBOL, Rules, Venue, price

FIRST = int(os.environ.get("FIXPIT_SEED", "1"))
STREAMS = int(os.environ.get("FIXPIT_STREAMS", "3"))
COMMANDS = int(os.environ.get("FIXPIT_COMMANDS", "300"))
CUTS = 6

Stamped = tuple[Command, int, int]

every_stream = pytest.mark.parametrize(
    ("name", "seed"), [(name, FIRST + nth) for name in VENUES for nth in range(STREAMS)]
)


@cache
def commands_of(name: str, seed: int) -> tuple[Stamped, ...]:
    """A stream of everything as it was applied, the definitions first."""
    venue = Venue(VENUES[name])
    venue.at = SECOND
    venue.apply(SeedDraws(seed))
    stream = Everything(venue, seed)
    for _ in range(COMMANDS):
        venue.apply(stream.next())
    venue.at += 12 * 3600 * SECOND
    venue.apply(PassTime())
    return tuple(venue.applied)


def _full_digest(exchange: Exchange) -> str:
    return digest(exchange, finished=True)


@every_stream
def test_a_loaded_exchange_goes_on_as_the_saved_one(name: str, seed: int) -> None:
    """From every cut on, each command has equal events, and all end in the same state and bytes."""
    commands = commands_of(name, seed)
    draws = random.Random(seed)
    cuts = {0, len(commands), *(draws.randrange(len(commands)) for _ in range(CUTS))}
    exchange = Exchange()
    loaded: dict[int, Exchange] = {}
    for place in range(len(commands) + 1):
        if place in cuts:
            data = snapshot.save(exchange)
            loaded[place] = snapshot.load(data)
            assert _full_digest(loaded[place]) == _full_digest(exchange), (seed, place)
            assert snapshot.save(loaded[place]) == data, (seed, place)
            check(loaded[place])
        if place == len(commands):
            break
        events = exchange.apply(*commands[place])
        for cut, other in loaded.items():
            assert other.apply(*commands[place]) == events, (seed, cut, commands[place])
            assert other.next_at == exchange.next_at, (seed, cut, commands[place])
    final = snapshot.save(exchange)
    for cut, other in loaded.items():
        assert _full_digest(other) == _full_digest(exchange), (seed, cut)
        assert snapshot.save(other) == final, (seed, cut)


@every_stream
def test_an_exchange_saved_after_every_command_is_none_the_worse(name: str, seed: int) -> None:
    """An exchange that is saved and loaded over and over says what one that lives says."""
    exchange, living = Exchange(), Exchange()
    for stamped in commands_of(name, seed):
        exchange = snapshot.load(snapshot.save(exchange))
        assert exchange.apply(*stamped) == living.apply(*stamped), (seed, stamped)
    assert _full_digest(exchange) == _full_digest(living), seed


def test_saving_changes_nothing() -> None:
    """An exchange that was saved is still the one it was, and its bytes are the same again."""
    exchange = Exchange()
    for stamped in commands_of("timetable", FIRST):
        exchange.apply(*stamped)
    before = _full_digest(exchange)
    data = snapshot.save(exchange)
    assert _full_digest(exchange) == before
    assert snapshot.save(exchange) == data


def test_a_loaded_exchange_shares_nothing() -> None:
    """What happens to a loaded exchange does not happen to the saved one, nor to another load."""
    exchange = Exchange()
    *earlier, last = commands_of("guarded", FIRST)
    for stamped in earlier:
        exchange.apply(*stamped)
    data = snapshot.save(exchange)
    snapshot.load(data).apply(*last)
    assert snapshot.save(exchange) == data
    assert snapshot.save(snapshot.load(data)) == data


def test_money_that_fits_no_integer_of_msgpack_is_kept() -> None:
    """An order that traded for more than 2^64, even days ago, keeps its sums to the last unit."""
    venue = Venue(Rules(tick_size="0.50", reference_price="100.00"))
    high = PRICE_MAX - price("0.50")
    for nth, (side, qty) in enumerate((("2", ORDER_QTY_MAX), ("1", ORDER_QTY_MAX - 1)), start=1):
        venue.apply(EnterOrder("AVA", "AVA", f"N{nth}", SYMBOL, side, "2", qty, high, "1"))
    resting = venue.exchange.orders.find("AVA", "N1")
    assert resting is not None
    resting.renew(venue.exchange.trades.count)
    assert resting.notional > 2**64
    again = snapshot.load(snapshot.save(venue.exchange)).orders.find("AVA", "N1")
    assert again == resting
    assert resting.ledger is not None
    assert resting.ledger.notional_before == resting.notional


def test_limits_of_what_is_remembered_are_kept() -> None:
    """A loaded exchange forgets finished orders and trades when the saved one does."""
    exchange = Exchange()
    exchange.orders.done_max = 20
    exchange.trades.trades_max = 10
    loaded = exchange
    for place, stamped in enumerate(commands_of("plain", FIRST)):
        if place == COMMANDS // 2:
            loaded = snapshot.load(snapshot.save(exchange))
        if place >= COMMANDS // 2:
            assert loaded.apply(*stamped) == exchange.apply(*stamped), stamped
        else:
            exchange.apply(*stamped)
    assert loaded.orders.done_count == exchange.orders.done_count == 20
    assert snapshot.save(loaded) == snapshot.save(exchange)


# Bytes that are no snapshot


def _saved() -> bytes:
    exchange = Exchange()
    for stamped in commands_of("plain", FIRST)[:60]:
        exchange.apply(*stamped)
    return snapshot.save(exchange)


def test_another_layout_is_refused() -> None:
    """A snapshot of another version is named as such, whatever else is in it."""
    data = bytearray(_saved())
    at = len(snapshot.MARK)
    data[at : at + 4] = (snapshot.LAYOUT + 1).to_bytes(4)
    with pytest.raises(OtherLayout, match=f"must be {snapshot.LAYOUT}, was") as refused:
        snapshot.load(bytes(data))
    assert refused.value.layout == snapshot.LAYOUT + 1


def test_no_damage_goes_unnoticed() -> None:
    """One changed bit anywhere, a cut anywhere or a byte too much is refused by type."""
    data = _saved()
    draws = random.Random(FIRST)
    places = [*range(snapshot.HEAD_BYTES), *(draws.randrange(len(data)) for _ in range(200))]
    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << draws.randrange(8)
        with pytest.raises(snapshot.SnapshotError):
            snapshot.load(bytes(damaged))
        with pytest.raises(snapshot.SnapshotError):
            snapshot.load(data[:place])
    with pytest.raises(DamagedSnapshot):
        snapshot.load(data + b"\0")


def test_a_form_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes with a right head but another form inside are damaged, not half loaded."""
    data = _saved()
    body = data[snapshot.HEAD_BYTES :][:-1]
    monkeypatch.setattr(snapshot, "_hash", lambda _: b"\0" * 16)
    head = data[: snapshot.HEAD_BYTES - 16] + b"\0" * 16
    with pytest.raises(DamagedSnapshot, match="not the form"):
        snapshot.load(head + body)
