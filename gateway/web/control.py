"""The venue as the control API may use it: what there is to see, and the way of every change.

A change happens in one step of the loop, like a message of a session, and is answered when its
record is durable: what an operator has been told is there after a restart. Imports no HTTP library.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.exchange import Exchange
from gateway.config import Config, ConfigError, MemberConfig, SessionConfig, session
from gateway.config_words import not_yet_served
from gateway.market_time import MarketTime
from gateway.publisher import Publisher
from gateway.sequencer import Sequencer
from gateway.session_desk import DeskRefusal, SessionDesk
from gateway.sessions import Sessions
from gateway.turns import NotDurable, Turns

_T = TypeVar("_T")

Address = tuple[str, int] | None


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a venue behind the API; `config` is what it was started with.

    `reload` takes the venue file that `read_config` reads again, `failed` hears of a bug that left
    a change half-done. The log is in `data_dir`.
    """

    version: str
    sync: str
    config: Config
    exchange: Exchange
    sequencer: Sequencer
    publisher: Publisher
    sessions: Sessions
    turns: Turns
    desk: SessionDesk
    recovered: int
    fix: Address
    fix_tls: Address
    http: Address
    read_config: Callable[[], Config]
    reload: Callable[[Config], list[str]]
    failed: Callable[[BaseException], None]
    market: MarketTime
    data_dir: Path

    def change(self, action: Callable[[], _T]) -> _T:
        """Do it now, and return what it gives; answer nobody before `durable`.

        Raises what the action raises, NotDurable if the venue has failed.
        """
        if self.turns.stopped:
            raise NotDurable
        before = self.sequencer.seq
        try:
            return action()
        except DeskRefusal:
            raise
        except Exception as error:
            # With a record in this turn's frame the bug would be in the log: as everywhere.
            if self.sequencer.seq != before:
                self.failed(error)
            raise

    async def durable(self) -> None:
        """Wait until all that was done up to now is kept; NotDurable if it never will be."""
        await self.turns.until_durable()

    def new_session(self, table: object) -> SessionConfig:
        """What [[sessions]] of the venue file would make of this table; raises ConfigError."""
        members = tuple(
            MemberConfig(id=member, name=name) for member, name in self.exchange.members.items()
        )
        config = msgspec.structs.replace(self.config, members=members)
        one = session(table, config)
        for sentence in not_yet_served(msgspec.structs.replace(config, sessions=(one,))):
            raise ConfigError("", 0, "", sentence.removeprefix("sessions[0]."))
        return one
