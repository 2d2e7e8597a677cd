"""Passwords checked and made off the loop: answers, turns, bounds. The work waits in an executor
until the test lets it go on, and is done at once then.
"""

from __future__ import annotations

import asyncio

import pytest

from gateway.fix.credentials import (
    CHECKS_WAITING_HARD_MAX,
    CHECKS_WAITING_MAX,
    Credentials,
    Place,
)
from gateway.passwords import hash_password, matches
from tests.support.passwords import PASSWORD, HeldExecutor, cheap_hash

HASH = cheap_hash(PASSWORD)
TURNS = 20


class Desk:
    """Credentials over an executor that waits; what was answered, in order."""

    def __init__(self) -> None:
        self.executor = HeldExecutor()
        self.bugs: list[BaseException] = []
        self.answers: list[str] = []
        self.credentials = Credentials(self.executor, self.bugs.append)

    def ask(self, name: str, password: str = PASSWORD, place: Place | None = None) -> None:
        """Have a password checked; the answer is `name yes` or `name no`."""

        def answer(right: bool) -> None:  # noqa: FBT001 - as it is called
            self.answers.append(f"{name} {'yes' if right else 'no'}")

        self.credentials.check(password, HASH, answer, place or Place())

    async def settle(self) -> None:
        """Let all that waits be done."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        while self.executor.waiting:
            self.executor.answer()
            for _ in range(TURNS):
                await asyncio.sleep(0)


async def test_a_password_is_checked_when_there_is_time() -> None:
    """Nothing is hashed where it is asked for; right and wrong are told apart."""
    desk = Desk()
    desk.ask("right")
    desk.ask("wrong", "sesan")
    assert (desk.executor.done, desk.answers) == (0, [])
    await desk.settle()
    assert (desk.answers, desk.bugs) == (["right yes", "wrong no"], [])


@pytest.mark.parametrize("kind", ["scrypt", "argon2"])
async def test_a_changed_password_is_hashed_as_the_old_one(kind: str) -> None:
    """The same kind of hash; where the old one is wrong there is none."""
    old = HASH if kind == "scrypt" else hash_password(PASSWORD, "argon2")
    desk = Desk()
    made: list[str] = []
    desk.credentials.change(PASSWORD, old, "much better", made.append)
    desk.credentials.change("sesan", old, "much better", made.append)
    await desk.settle()
    hashed, nothing = made
    assert (hashed.startswith("$argon2id$"), nothing) == (kind == "argon2", "")
    assert matches("much better", hashed)


async def test_sources_take_turns() -> None:
    """However many one source sends, another waits for one of them only."""
    desk = Desk()
    for number in range(4):
        desk.ask(f"a{number}", place=Place("10.0.0.1"))
    desk.ask("b0", place=Place("10.0.0.2"))
    desk.ask("c0", place=Place("10.0.0.3"))
    await desk.settle()
    assert [answer.split()[0] for answer in desk.answers] == ["a0", "b0", "c0", "a1", "a2", "a3"]


async def test_who_comes_first_is_served_first() -> None:
    """Before every source, in the order they came."""
    desk = Desk()
    for name, first in [("a", False), ("b", False), ("c", True), ("d", True)]:
        desk.ask(name, place=Place("10.0.0.1", first=first))
    await desk.settle()
    assert [answer.split()[0] for answer in desk.answers] == ["c", "d", "a", "b"]


async def test_nothing_is_hashed_for_who_has_left() -> None:
    """Whether anybody still waits is asked when its turn comes."""
    desk, gone = Desk(), False
    desk.ask("a", place=Place("10.0.0.1"))
    desk.ask("b", place=Place("10.0.0.1", wanted=lambda: not gone))
    desk.ask("c", place=Place("10.0.0.1"))
    gone = True
    await desk.settle()
    assert (desk.answers, desk.executor.done) == (["a yes", "c yes"], 2)


async def test_what_may_wait_is_bounded() -> None:
    """One source alone may have all, several share it, and there is an end for everybody."""
    desk = Desk()
    for number in range(CHECKS_WAITING_MAX):
        assert not desk.credentials.is_full_for("10.0.0.1")
        desk.ask(str(number), place=Place("10.0.0.1"))
    assert desk.credentials.is_full_for("10.0.0.1")
    assert not desk.credentials.is_full_for("10.0.0.2")
    for number in range(CHECKS_WAITING_MAX // 2):
        assert not desk.credentials.is_full_for("10.0.0.2")
        desk.ask(str(number), place=Place("10.0.0.2"))
    assert desk.credentials.is_full_for("10.0.0.2")
    count = CHECKS_WAITING_MAX + CHECKS_WAITING_MAX // 2
    for number in range(CHECKS_WAITING_HARD_MAX - count):
        assert not desk.credentials.is_full_for(f"10.0.1.{number}")
        desk.ask(str(number), place=Place(f"10.0.1.{number}"))
    assert desk.credentials.is_full_for("10.0.2.1")
    assert desk.credentials.is_busy
    await desk.settle()
    assert len(desk.answers) == CHECKS_WAITING_HARD_MAX
    assert not desk.credentials.is_busy


async def test_a_bug_in_a_check_or_behind_it_is_told() -> None:
    """It is not lost in a task: the venue has to stop."""
    desk = Desk()

    def broken(_: bool) -> None:  # noqa: FBT001 - as it is called
        raise ZeroDivisionError("a bug")

    desk.credentials.check(PASSWORD, HASH, broken)
    await desk.settle()
    assert [type(bug) for bug in desk.bugs] == [ZeroDivisionError]
