"""The demo day against a real server process: auctions, tape and reasons, to the letter.

The day is played once for all tests. It is the same on every machine: market time stands still
between two lines of the script, and what is drawn follows from the seed.
"""

from __future__ import annotations

import pytest

from tests.demo_day import page
from tests.demo_day.run import play

PRE_OPEN = """\
08:00:00      PRE_OPEN ------------------------------------------------------ Wed 25 Nov, last 96.40

Orders come in and wait. Nothing trades, nobody sees what others want. DDB's price is refused: it
is between two ticks.
08:02:00      SHB  buy 400 @ 88.00 gtc                      #1 accepted
08:10:00      NON  buy 300 @ 96.50                          #2 accepted
08:12:00      SHB  buy 400 @ 96.50                          #3 accepted
08:15:00      DDB  sell 100 @ 96.43                         #4 refused
                PRICE_OFF_TICK: Price(44) must be a multiple of 0.05, was 96.43
08:20:00      CAR  sell 350 @ 96.20                         #5 accepted
08:31:00      AVA  buy 200 @ 96.50                          #6 accepted
"""

OPENING_CALL = """\
08:45:00      OPENING_CALL -------------------------------------------------- Wed 25 Nov, last 96.40

Still nothing trades, but the venue says what would if the call ended now: at each price, what
would be bought, sold and traded. The arrow is the price that trades most; of equal ones, the
highest if buyers are left over, the lowest if sellers are.
08:45:00           price     buys    sells   tradable  imbalance
                ->  96.50      900      350        350       +550
                    96.45      900      350        350       +550
                    96.20      900      350        350       +550
08:48:00      ENS  buy 200 market open                      #7 accepted; indicative 350 @ 96.50
08:50:00      AVA  sell 200 @ 96.40                         #8 accepted; indicative 550 @ 96.50
08:55:00      SWB  sell 150 @ 96.50                         #9 accepted; indicative 700 @ 96.50
08:59:00           price     buys    sells   tradable  imbalance
                ->  96.50     1100      700        700       +400
                    96.45     1100      550        550       +550
                    96.40     1100      550        550       +550
                    96.35     1100      350        350       +750
                    96.20     1100      350        350       +750
"""

OPENING_UNCROSS = """\
09:00:04.123    T1   200 @ 96.50    ENS | CAR   #7 from #5
                T2   150 @ 96.50    NON | CAR   #2 from #5
                T3   200 @ 96.50    AVA | AVA   #6 from #8, internal
                T4   150 @ 96.50    NON | SWB   #2 from #9

09:00:04.123  CONTINUOUS ---------------------------------------------------- Wed 25 Nov, last 96.50
"""

BROKERS_CASE = """\
The broker's case. SHB is first at 96.50, then come NON and AVA.
09:20:00      NON  buy 300 @ 96.50                          #10 accepted
09:25:00      AVA  buy 250 @ 96.50                          #11 accepted
09:29:00           bid  96.50   SHB 400, NON 300, AVA 250
                   bid  88.00   SHB 400
09:30:00      AVA  sell 250 @ 96.50                         #12 accepted
                T5   250 @ 96.50    AVA | AVA   #11 from #12, internal

The last in line was served first, because the seller is of the same house. CAR has no buyer of
its own, so that time decides.
09:31:00      CAR  sell 500 @ 96.50                         #13 accepted
                T6   400 @ 96.50    SHB | CAR   #3 from #13
                T7   100 @ 96.50    NON | CAR   #10 from #13
"""

FALLING_MARKET = """\
13:00:00      DDB  sell 500 @ 95.00                         #29 accepted
                T15  100 @ 96.40    NON | DDB   #22 from #29
                T16  200 @ 96.20    CAR | DDB   #20 from #29
                T17  200 @ 95.00    ENS | DDB   #25 from #29
                AVA  #24 stop price reached
                T18  300 @ 94.50    CAR | AVA   #26 from #24
"""

VOLATILITY_AUCTION = """\
13:30:00      DDB  sell 400 @ 89.50                         #30 accepted
                T19  100 @ 92.00    SHB | DDB   #27 from #30

13:30:00      VOLATILITY_AUCTION -------------------------------------------- Wed 25 Nov, last 92.00
13:30:20      CAR  buy 400 @ 93.00                          #31 accepted; indicative 300 @ 93.00
13:30:40      SWB  buy 200 @ 92.50                          #32 accepted; indicative 300 @ 93.00
13:30:50           price     buys    sells   tradable  imbalance
                ->  93.00      400      300        300       +100
                    92.95      400      300        300       +100
                    92.50      600      300        300       +300
                    92.45      600      300        300       +300
                    89.50      900      300        300       +600
13:31:02.522    T20  300 @ 93.00    CAR | DDB   #31 from #30

13:31:02.522  CONTINUOUS ---------------------------------------------------- Wed 25 Nov, last 93.00
"""

CLOSING_UNCROSS = """\
17:29:00           price     buys    sells   tradable  imbalance
                    96.80      300     1100        300       -800
                    93.25      300      600        300       -300
                    93.20      500      600        500       -100
                    93.05      500      600        500       -100
                ->  93.00      750      600        600       +150
                    92.95      750      500        500       +250
                    92.80      750      500        500       +250

The end is drawn again, from the last thirty seconds. NDS named no price and goes first.
17:29:46.585    T21  300 @ 93.00    NDS | CAR   #33 from #34
                T22  200 @ 93.00    SHB | CAR   #35 from #34
                T23  100 @ 93.00    AVA | AVA   #36 from #37, internal

17:29:46.585  POST_TRADE ---------------------------------------------------- Wed 25 Nov, last 93.00
                AVA  #36 expired, 100 of 150 filled
                ENS  #14 expired, 500 of 1000 filled
                SWB  #32 expired, 0 of 200 filled
                NDS  #28 expired, 0 of 300 filled
                CAR  #31 expired, 300 of 400 filled
"""

NEXT_DAY = """\
08:00:00      PRE_OPEN ------------------------------------------------------ Thu 26 Nov, last 93.00
08:00:00        SHB  #1 goes on for another day
"""

TAPE = """\
The tape ===========================================================================================
  time          trade    price     qty   buyer | seller
  09:00:04.123  T1       96.50     200     ENS | CAR      opening
  09:00:04.123  T2       96.50     150     NON | CAR      opening
  09:00:04.123  T3       96.50     200     AVA | AVA      opening, internal
  09:00:04.123  T4       96.50     150     NON | SWB      opening
  09:30:00      T5       96.50     250     AVA | AVA      continuous, internal
  09:31:00      T6       96.50     400     SHB | CAR      continuous
  09:31:00      T7       96.50     100     NON | CAR      continuous
  10:05:00      T8       96.80     200     SWB | ENS      continuous
  10:05:00      T9       96.80     300     SWB | DDB      continuous
  10:05:00      T10      96.80     200     SWB | ENS      continuous
  10:05:00      T11      96.80     100     SWB | ENS      continuous
  10:30:00      T12      96.70     100     NDS | DDB      continuous
  10:40:00      T13      96.50     200     NON | SHB      continuous
  11:15:00      T14      96.60     100     NDS | SWB      continuous
  13:00:00      T15      96.40     100     NON | DDB      continuous
  13:00:00      T16      96.20     200     CAR | DDB      continuous
  13:00:00      T17      95.00     200     ENS | DDB      continuous
  13:00:00      T18      94.50     300     CAR | AVA      continuous
  13:30:00      T19      92.00     100     SHB | DDB      continuous
  13:31:02.522  T20      93.00     300     CAR | DDB      volatility auction
  17:29:46.585  T21      93.00     300     NDS | CAR      closing
  17:29:46.585  T22      93.00     200     SHB | CAR      closing
  17:29:46.585  T23      93.00     100     AVA | AVA      closing, internal
"""

MEMBERS = """\
The members ========================================================================================
  member                bought    sold   with itself
  AVA Avanza               550     850       78 %
  NON Nordnet              700       0
  SHB Handelsbanken        700     200
  ENS SEB                  400     500
  SWB Swedbank             800     250
  NDS Nordea               500       0
  CAR Carnegie             800    1350
  DDB Danske Bank            0    1300
"""

WHY_T5 = """\
Why T5? ============================================================================================
  - At 2026-11-25 09:30:00.000 #11 of AVA bought 250 DUNI at 96.50 from #12 of AVA, in continuous
    trading.
  - #12 of AVA came in for 250, 250 still to trade; it meets buy orders in the order of their rank.
  - #11 of AVA is of the member of the incoming order, AVA; next at 96.50 was #3 of SHB (internal
    priority).
  - #3 of SHB stood 1 h 13 min longer at 96.50, but the seller was AVA, so AVA's own order #11 went
    first (internal priority).
  - #10 of NON stood 5 min longer at 96.50, but the seller was AVA, so AVA's own order #11 went
    first (internal priority).
"""

WHY_T21 = """\
Why T21? ===========================================================================================
  - At 2026-11-25 17:29:46.585 #33 of NDS bought 300 DUNI at 93.00 from #34 of CAR, in the closing
    auction.
  - The sell side had no more to trade than the buy side, so its orders met the buy orders one
    after the other; it was the turn of #34 of CAR.
  - #33 of NDS is a market order, next was #35 of SHB with a limit (market order).
  - #31 of CAR stood 3 h 54 min longer, but has a limit: market orders go first (market order).
"""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that the demo day prints."""
    lines: list[str] = []
    play(tmp_path_factory.mktemp("demo-day"), lines.append)
    return "\n".join([*lines, ""])


def test_orders_wait_in_pre_open(day: str) -> None:
    """Nothing trades; a price between two ticks is refused with rule and value."""
    assert PRE_OPEN in day


def test_indicative_price_develops_in_the_opening_call(day: str) -> None:
    """The call shows at each price what would trade, and what it would do after each order."""
    assert OPENING_CALL in day


def test_opening_call_uncrosses_at_a_drawn_moment(day: str) -> None:
    """All trade at one price, and AVA's seller meets AVA's buyer before older bids of others."""
    assert OPENING_UNCROSS in day


def test_later_bid_is_filled_first_because_the_seller_is_of_its_house(day: str) -> None:
    """Internal priority puts AVA's bid before two older ones; with another seller time decides."""
    assert BROKERS_CASE in day


def test_stop_loss_fires_in_a_falling_market(day: str) -> None:
    """It sells after the trade that reached its price."""
    assert FALLING_MARKET in day


def test_trade_too_far_away_calls_an_auction(day: str) -> None:
    """The guard stops trading for a minute and a drawn moment, and an auction finds the price."""
    assert VOLATILITY_AUCTION in day


def test_closing_call_uncrosses_at_a_drawn_moment(day: str) -> None:
    """The market order for the close goes first; what was for the day expires."""
    assert CLOSING_UNCROSS in day


def test_order_good_till_canceled_is_back_the_next_day(day: str) -> None:
    """It is the only one."""
    assert NEXT_DAY in day


def test_tape_has_every_trade_with_buyer_and_seller(day: str) -> None:
    """Twenty-three trades, what kind each was, and which were inside one member."""
    assert TAPE in day


def test_members_have_bought_and_sold_what_their_reports_say(day: str) -> None:
    """Added up from the fills that each session was told."""
    assert MEMBERS in day


def test_trade_of_the_brokers_case_is_explained(day: str) -> None:
    """Whom AVA's bid passed, how long they had stood, and why."""
    assert WHY_T5 in day


def test_trade_of_the_closing_auction_is_explained(day: str) -> None:
    """A market order goes before limits that stood longer."""
    assert WHY_T21 in day


def test_every_line_fits_into_a_terminal_of_100_columns(day: str) -> None:
    """Plain ASCII, with no blanks at the end of a line."""
    wrong = [
        line
        for line in day.splitlines()
        if len(line) > page.WIDTH or not line.isascii() or line != line.rstrip()
    ]
    assert wrong == []
