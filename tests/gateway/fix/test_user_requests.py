"""UserRequest and UserResponse, and the other way to a new password: 925 on a Logon."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import Config
from gateway.fix import user_requests as user
from gateway.fix.message import Message
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from gateway.passwords import matches
from tests.support.fix import decoded, dialects, our_decoder, piped, stock_decoder
from tests.support.passwords import PASSWORD, cheap_hash
from tests.support.session_venue import SessionVenue, config_with, guarded, order_entry

SPEAKING = {"AVA42": FIX42, "AVA44": FIX44, "AVA50": FIX50SP2}
NEW, NEWER = "much better", "better still"
ALL = ("AVA42", "AVA44", "AVA50")


def venue_of(folder: Path, config: Config) -> SessionVenue:
    """A venue whose clients speak the version their comp id ends with."""
    return SessionVenue(folder, config, speaking=SPEAKING)


def logon(who: str, seq: int, password: str, answer: str) -> str:
    """The script of a Logon, its answer, and what follows from that."""
    end = f"\n{who} closed" if "35=5" in answer else ""
    return f"{who} connect\n{who} > 35=A|34={seq}|98=0|108=0|554={password}\n{who} < {answer}{end}"


def accepted(number: int, status: str = "") -> str:
    """The answer to a Logon; in full where it has a status, which FIXT.1.1 alone has."""
    short = f"35=A|34={number}|98=0|108=0"
    if not status:
        return short
    return piped(dialects("AVA50", FIX50SP2)[1].whole(f"{short}|1137=9{status}"))


def logout(who: str, seq: int, number: int) -> str:
    """The script of a Logout."""
    return f"{who} > 35=5|34={seq}\n{who} < 35=5|34={number}\n{who} closed"


# Answers


@pytest.mark.parametrize(
    ("status", "text", "body"),
    [
        (user.CHANGED, "", "553=AVA|923=q|926=5|"),
        (user.WRONG_PASSWORD, "", "553=AVA|923=q|926=4|"),
        (user.OTHER, "no", "553=AVA|923=q|926=6|927=no|"),
    ],
)
def test_the_body_of_an_answer(status: str, text: str, body: str) -> None:
    """Tags ascending, an empty text left out; every dictionary that has the message accepts it."""
    request = Message("BE", {"553": "AVA", "923": "q", "924": "3"})
    written = user.answer(request, status, text).replace("\x01", "|")
    assert written == body
    for version in (FIX44, FIX50SP2):
        whole = dialects("AVA", version)[1].whole(f"35=BF|34=2|{body[:-1]}")
        for decoder in (stock_decoder(version), our_decoder(version)):
            decoded(whole, decoder)


# UserRequest


def asking(who: str, config: Config, folder: Path, request: str) -> tuple[str, int]:
    """What a UserRequest is answered, behind 34=2, and how much was hashed for it."""
    with venue_of(folder, config) as venue:
        venue.connect(who)
        venue.say(who, "35=A|34=1|98=0|108=0|554=sesam")
        venue.heard()
        before = venue.hashing.done
        venue.say(who, f"35=BE|34=2|{request}")
        ((_, data),) = venue.heard()
        assert data is not None
        decoded(data, stock_decoder(SPEAKING[who]))
        return venue.short(who, data, venue.now), venue.hashing.done - before


@pytest.mark.parametrize("who", ["AVA44", "AVA50"])
@pytest.mark.parametrize(
    ("request_", "answer", "hashed"),
    [
        ("924=4", "926=1", 0),
        ("924=3|554=sesam|925=much better", "926=5", 1),
        ("924=3|554=sesan|925=much better", "926=4", 1),
        ("924=3|925=much better", "926=4", 1),
        (
            "924=3|554=sesam|925=short",
            "926=6|927=NewPassword(925) must be 8 to 64 printable ASCII characters",
            0,
        ),
        (
            "924=3|554=sesam",
            "926=6|927=NewPassword(925) must be 8 to 64 printable ASCII characters",
            0,
        ),
        (
            "924=3|554=sesamsesam|925=sesamsesam",
            "926=6|927=NewPassword(925) must differ from the old one",
            0,
        ),
        ("924=1|554=sesam", "926=6|927=UserRequestType(924) must be 3 or 4", 0),
        ("924=2", "926=6|927=UserRequestType(924) must be 3 or 4", 0),
    ],
)
def test_a_session_asks_about_itself(
    tmp_path: Path, who: str, request_: str, answer: str, hashed: int
) -> None:
    """Its state, or another password: what is right, wrong, or against a rule."""
    config = config_with(guarded(who))
    asked = asking(who, config, tmp_path, f"553={who}|923=q|{request_}")
    assert asked == (f"35=BF|34=2|553={who}|923=q|{answer}", hashed)


def test_nobody_asks_about_others(tmp_path: Path) -> None:
    """Another's name is unknown here."""
    config = config_with(guarded("AVA44"), guarded("AVA50"))
    asked = asking("AVA44", config, tmp_path, "553=AVA50|923=q|924=4")
    assert asked == ("35=BF|34=2|553=AVA50|923=q|926=3", 0)


def test_a_session_without_a_password_has_none_to_change(tmp_path: Path) -> None:
    """Who may come without proof cannot lock others out."""
    request = "553=AVA44|923=q|924=3|925=much better"
    asked = asking("AVA44", config_with(order_entry("AVA44")), tmp_path, request)
    assert asked == ("35=BF|34=2|553=AVA44|923=q|926=6|927=session has no password", 0)


def test_fix_4_2_has_no_user_request(tmp_path: Path) -> None:
    """It is no type there."""
    asked = asking("AVA42", config_with(guarded("AVA42")), tmp_path, "553=AVA42|923=q|924=4")
    assert asked == ("35=3|34=2|45=2|58=Invalid MsgType|372=BE|373=11", 0)


def test_the_answer_comes_when_the_hash_is_there(tmp_path: Path) -> None:
    """Orders are taken meanwhile; it is there for a session that has left, too."""
    with venue_of(tmp_path, config_with(guarded("AVA44"))) as venue:
        venue.plays(logon("AVA44", 1, PASSWORD, accepted(1)))
        venue.hashing.hold()
        change = f"553=AVA44|923=q|924=3|554={PASSWORD}|925={NEW}"
        venue.plays(
            f"""
            AVA44 > 35=BE|34=2|{change}
            AVA44 > 35=1|34=3|112=busy
            AVA44 < 35=0|34=2|112=busy
            AVA44 disconnect
            """
        )
        venue.answer_hashing()
        venue.hashing.release()
        venue.plays(logon("AVA44", 4, NEW, accepted(4)))
        venue.plays(
            "AVA44 > 35=2|34=5|7=3|16=3\nAVA44 < 35=BF|34=3|43=Y|122={now}|553=AVA44|923=q|926=5"
        )


# NewPassword on a Logon


@pytest.mark.parametrize("who", ALL)
def test_a_logon_may_bring_a_new_password(tmp_path: Path, who: str) -> None:
    """FIXT says so in its answer; from there on the new one counts, also after a restart."""
    config = config_with(guarded(who))
    status = "|1409=1" if who == "AVA50" else ""
    wrong = "|1409=5" if who == "AVA50" else ""
    with venue_of(tmp_path, config) as venue:
        venue.plays(logon(who, 1, f"{PASSWORD}|925={NEW}", accepted(1, status)))
        venue.plays(logout(who, 2, 2))
        venue.plays(logon(who, 3, PASSWORD, f"35=5|34=3|58=logon refused{wrong}"))
        venue.plays(logon(who, 3, NEW, accepted(3)))
        now = venue.now
    with venue_of(tmp_path, config) as venue:
        venue.now = now
        venue.plays(logon(who, 4, PASSWORD, f"35=5|34=4|58=logon refused{wrong}"))
        venue.plays(logon(who, 4, f"{NEW}|925={NEWER}", accepted(4, status)))
    with venue_of(tmp_path, config) as venue:
        venue.now = now
        venue.plays(logon(who, 5, NEWER, accepted(5)))


def test_a_password_that_is_put_into_the_venue_file_prevails(tmp_path: Path) -> None:
    """Over what the session had changed it to before; with the file as it was, the change holds."""
    other = guarded("AVA44", allow_from=("127.0.0.1",))
    reset = order_entry("AVA44", password_scrypt=cheap_hash("from the file"))
    with venue_of(tmp_path, config_with(guarded("AVA44"))) as venue:
        venue.plays(logon("AVA44", 1, f"{PASSWORD}|925={NEW}", accepted(1)))
    for session, password, seq in [(other, NEW, 2), (reset, "from the file", 3)]:
        with venue_of(tmp_path, config_with(session)) as venue:
            venue.plays(logon("AVA44", seq, password, accepted(seq)))


def test_a_change_outlives_another_role(tmp_path: Path) -> None:
    """A session that the file makes another one keeps the password it has chosen."""
    with venue_of(tmp_path, config_with(guarded("AVA44"))) as venue:
        venue.plays(logon("AVA44", 1, f"{PASSWORD}|925={NEW}", accepted(1)))
    copies = guarded("AVA44", role="drop-copy")
    for seq in (2, 3):
        with venue_of(tmp_path, config_with(copies)) as venue:
            venue.plays(logon("AVA44", seq, NEW, accepted(seq)))


@pytest.mark.parametrize(
    ("password", "new", "answer"),
    [
        ("sesan", NEW, "58=logon refused|1409=5"),
        (
            PASSWORD,
            "short",
            "58=NewPassword(925) must be 8 to 64 printable ASCII characters|1409=3",
        ),
        ("sesan", "short", "58=logon refused|1409=5"),
    ],
)
def test_a_new_password_that_may_not_be(
    tmp_path: Path, password: str, new: str, answer: str
) -> None:
    """The rule is told to who knows the old one; nothing has changed, no number moved."""
    with venue_of(tmp_path, config_with(guarded("AVA50"))) as venue:
        venue.plays(logon("AVA50", 1, f"{password}|925={new}", f"35=5|34=1|{answer}"))
        assert venue.numbers("AVA50") == (1, 1, 0)
        venue.plays(logon("AVA50", 1, PASSWORD, accepted(1)))


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ("141=Y", "58=ResetSeqNumFlag(141)=Y is not allowed for this session"),
        ("789=9", "58=NextExpectedMsgSeqNum(789) must be at most 1, was 9"),
        ("554=x", ""),
        ("108=x", ""),
    ],
)
def test_a_logon_that_is_not_accepted_changes_no_password(
    tmp_path: Path, more: str, answer: str
) -> None:
    """Whatever is wrong with it: who did not get on does not know that anything changed."""
    with venue_of(tmp_path, config_with(guarded("AVA44", may_reset=False))) as venue:
        venue.connect("AVA44")
        venue.say("AVA44", f"35=A|34=1|98=0|108=0|554={PASSWORD}|925={NEW}|{more}")
        heard = [venue.short("AVA44", data, venue.now) for _, data in venue.heard() if data]
        assert heard == ([f"35=5|34=1|{answer}"] if answer else [])
        assert not venue.is_connected("AVA44")
        session = venue.sessions.by_comp_id["AVA44"]
        assert matches(PASSWORD, session.hashed)
        venue.plays(logon("AVA44", 1, PASSWORD, accepted(1)))


def test_a_session_without_a_password_takes_no_new_one(tmp_path: Path) -> None:
    """It is let in as ever."""
    with venue_of(tmp_path, config_with(order_entry("AVA50"))) as venue:
        venue.plays(logon("AVA50", 1, f"x|925={NEW}", accepted(1)))
        assert venue.sessions.by_comp_id["AVA50"].hashed == ""


def test_whoever_guesses_is_thrown_out(tmp_path: Path) -> None:
    """Three wrong passwords on one connection end it, with the answer to the third."""
    wrong = "35=BE|34={}|553=AVA44|923=q|924=3|554=sesan|925=much better"
    config = config_with(guarded("AVA44"))
    with venue_of(tmp_path, config) as venue:
        venue.connect("AVA44")
        venue.say("AVA44", "35=A|34=1|98=0|108=0|554=sesam")
        venue.heard()
        for seq in (2, 3, 4):
            venue.say("AVA44", wrong.format(seq))
        said = [data and venue.short("AVA44", data, venue.now) for _, data in venue.heard()]
    assert said == [
        "35=BF|34=2|553=AVA44|923=q|926=4",
        "35=BF|34=3|553=AVA44|923=q|926=4",
        "35=BF|34=4|553=AVA44|923=q|926=4",
        "35=5|34=5|58=too many wrong passwords",
        None,
    ]
