"""What passes, what is refused and who is disconnected, message by message."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fix.throttle import FLOOD_FACTOR, Throttle, Verdict
from tests.support.fix import SECOND, START

LETTERS = {Verdict.PASS: "P", Verdict.REJECT: "R", Verdict.DISCONNECT: "D"}


def verdicts(throttle: Throttle, count: int, now: int = START) -> str:
    """Of so many messages at one moment, a letter each."""
    return "".join(LETTERS[throttle.take(now)] for _ in range(count))


@pytest.mark.parametrize(
    ("rate", "burst", "expected"),
    [
        (1, 1, "PRRRRDD"),
        (50, 2, "PPRRRRRRRRDD"),
        (1, 3, "PPPRRRRRRRRRRRRDD"),
    ],
)
def test_a_burst_passes_then_is_refused_then_ends(rate: int, burst: int, expected: str) -> None:
    """Five times the burst is heard, a fifth of that passes, whatever the rate."""
    assert verdicts(Throttle(rate, burst), len(expected)) == expected


def test_the_rate_passes_for_ever() -> None:
    """Three a second, which no nanosecond divides: each of an hour passes, and no one more."""
    throttle = Throttle(3, 2)
    throttle.take(START)
    moments = [START - (-third * SECOND // 3) for third in range(3 * 3600)]
    assert {throttle.take(at) for at in moments} == {Verdict.PASS}
    assert throttle.take(moments[-1]) is Verdict.REJECT


def test_a_token_comes_at_its_nanosecond() -> None:
    """At three a second the second message is early at 333,333,333 ns and in time one later."""
    early, in_time = Throttle(3, 1), Throttle(3, 1)
    early.take(START)
    in_time.take(START)
    assert early.take(START + 333_333_333) is Verdict.REJECT
    assert in_time.take(START + 333_333_334) is Verdict.PASS


@pytest.mark.parametrize(
    ("times", "expected"),
    [(1, {"P"}), (2, {"P", "R"}), (5, {"P", "R"}), (6, {"P", "R", "D"})],
)
def test_who_sends_at_a_multiple_of_the_rate(times: int, expected: set[str]) -> None:
    """Up to five times the rate is refused in part, for ever; more than that ends."""
    throttle = Throttle(10, 20)
    step = SECOND // (10 * times)
    assert {verdicts(throttle, 1, START + i * step) for i in range(3000)} == expected


def test_refused_messages_cost_nothing_of_the_rate() -> None:
    """Whoever sends twice the rate gets the rate through, not less."""
    throttle = Throttle(10, 1)
    sent = "".join(verdicts(throttle, 1, START + i * SECOND // 20) for i in range(200))
    assert sent == "PR" * 100


def test_silence_fills_the_bucket_to_its_brim() -> None:
    """A day without a message gives one burst."""
    throttle = Throttle(100, 2)
    assert verdicts(throttle, 12) == "PPRRRRRRRRDD"
    assert verdicts(throttle, 12, START + 86_400 * SECOND) == "PPRRRRRRRRDD"


def test_a_clock_set_back_brings_nothing_and_blocks_nobody() -> None:
    """From there on time counts again."""
    throttle = Throttle(1, 1)
    assert verdicts(throttle, 2) == "PR"
    assert verdicts(throttle, 1, START - 3600 * SECOND) == "R"
    assert verdicts(throttle, 1, START - 3599 * SECOND) == "P"


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (1, 0), (-1, 5)])
def test_a_throttle_that_passes_nothing_is_a_bug(rate: int, burst: int) -> None:
    """The configuration does not let these through."""
    with pytest.raises(AssertionError):
        Throttle(rate, burst)


class PlainBucket:
    """Tokens and seconds as exact fractions."""

    def __init__(self, rate: int, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self.tokens = Fraction(burst)
        self.at = START

    def has_one(self, now: int) -> bool:
        """Whether there is a token at `now`."""
        seconds = Fraction(max(now - self.at, 0), SECOND)
        self.tokens = min(self.tokens + seconds * self.rate, Fraction(self.burst))
        self.at = now
        return self.tokens >= 1


def plain_verdict(bucket: PlainBucket, flood: PlainBucket, now: int) -> Verdict:
    """One message came, and takes from the buckets what it may."""
    passes, is_heard = bucket.has_one(now), flood.has_one(now)
    if passes:
        bucket.tokens -= 1
    if passes or is_heard:
        flood.tokens -= 1
        return Verdict.PASS if passes else Verdict.REJECT
    return Verdict.DISCONNECT


STEPS = st.lists(
    st.one_of(
        st.integers(0, 3),
        st.integers(0, SECOND),
        st.integers(-2 * SECOND, 100 * SECOND),
    ),
    max_size=80,
)


@given(st.integers(1, 1000), st.integers(1, 8), STEPS)
def test_integers_are_exact(rate: int, burst: int, steps: list[int]) -> None:
    """The same verdicts as in fractions, whatever the clock does."""
    throttle, bucket = Throttle(rate, burst), PlainBucket(rate, burst)
    flood, now = PlainBucket(rate * FLOOD_FACTOR, burst * FLOOD_FACTOR), START
    for step in steps:
        now += step
        assert throttle.take(now) is plain_verdict(bucket, flood, now)


@given(st.integers(1, 1000), st.integers(1, 8), STEPS)
def test_no_second_holds_more_than_rate_and_burst(rate: int, burst: int, steps: list[int]) -> None:
    """Of what passes; the bucket is full at first, and a clock only goes ahead here."""
    throttle, now, passed = Throttle(rate, burst), START, []
    for step in steps:
        now += abs(step)
        if throttle.take(now) is Verdict.PASS:
            passed.append(now)
    for first, at in enumerate(passed):
        assert sum(at <= other < at + SECOND for other in passed[first:]) <= rate + burst
