"""The calls about sessions: answers, what members notice, what is there after a restart."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from gateway.app import Venue
from gateway.config import Config, ConfigError, SessionConfig
from gateway.log.records import SessionOpened
from gateway.session_desk import SessionDesk
from tests.gateway.web.web_venue import SESSIONS, WebVenue, error_of, serving_http
from tests.support import logs
from tests.support.fix_venue import config_of
from tests.support.passwords import PASSWORD, cheap_hash

ORDER = "35=D|11={}|55=ERIC-B|54=2|38=100|40=2|44=87.30|59=1|60=20261123-09:00:00"
HASHED = cheap_hash(PASSWORD)
ADD = {"comp_id": "AVA2", "member": "AVA"}


# Looking


async def test_sessions_are_listed_by_comp_id(tmp_path: Path) -> None:
    """All that were not removed, with what an operator asks first."""
    async with serving_http(tmp_path) as served:
        await served.fix.logged_on("NON")
        await served.post(SESSIONS, ADD)
        await served.post(SESSIONS, ADD | {"comp_id": "GONE"})
        await served.api.delete(f"{SESSIONS}/GONE")
        status, shown = await served.get(SESSIONS)
        assert isinstance(shown, dict)
        rows = {row["comp_id"]: row for row in shown["sessions"]}
        assert (status, list(rows)) == (200, ["AVA", "AVA2", "NON", "SEB", "SHB", "SWB"])
        non = rows["NON"]
        assert non.pop("peer").startswith("('127.0.0.1', ")
        assert non == {
            "comp_id": "NON",
            "member": "NON",
            "role": "order-entry",
            "state": "active",
            "connected": True,
            "version": "FIX.4.4",
            "next_in": 2,
            "next_out": 2,
            "resets": 0,
            "unread_bytes": 0,
            "last_refusal": "",
            "from_file": True,
            "password": False,
        }


async def test_a_session_is_shown_with_its_settings(tmp_path: Path) -> None:
    """As in the venue file, without hashes of passwords."""
    async with serving_http(tmp_path) as served:
        settings = {"role": "drop-copy", "throttle": 100, "password_scrypt": HASHED}
        await served.post(SESSIONS, ADD | settings)
        status, shown = await served.get(f"{SESSIONS}/AVA2")
        assert isinstance(shown, dict)
        kept = shown["settings"]
        found = (shown["password"], kept["role"], kept["throttle"], kept["allow_from"])
        assert (status, found) == (200, (True, "drop-copy", 100, []))
        assert not {"password_scrypt", "password_argon2"} & set(kept)


async def test_the_reason_of_a_refused_logon_is_shown(tmp_path: Path) -> None:
    """The member saw a closed connection; the operator sees why."""
    async with serving_http(tmp_path) as served:
        await served.post(f"{SESSIONS}/AVA/suspend")
        ava = await served.fix.client("AVA").connect()
        ava.send("35=A|98=0|108=30")
        await ava.rest()
        (refusal,) = await served.session("AVA", "last_refusal")
        assert "suspended" in str(refusal)


# Adding and removing


async def test_an_added_session_logs_on_and_is_there_after_a_restart(tmp_path: Path) -> None:
    """With its password, its settings and its numbers."""
    async with serving_http(tmp_path) as served:
        response = await served.api.post(SESSIONS, json=ADD | {"password_scrypt": HASHED})
        assert (response.status_code, response.headers["location"]) == (201, f"{SESSIONS}/AVA2")
        assert response.json()["next_in"] == 1
        client = served.fix.client("AVA2")
        assert (await client.logon(f"98=0|108=30|554={PASSWORD}")).startswith("35=A|34=1|")
        await client.logout()
    async with serving_http(tmp_path) as served:
        keys = ("member", "from_file", "password", "next_in", "next_out")
        assert await served.session("AVA2", *keys) == ["AVA", False, True, 3, 3]
        client = served.fix.client("AVA2")
        client.next_out = 3
        refused = await client.logon("98=0|108=30|554=wrong")
        assert refused.startswith("35=5|")
        await client.close()
        client.next_out = 3
        assert (await client.logon(f"98=0|108=30|554={PASSWORD}")).startswith("35=A|34=3|")


async def test_no_hash_is_in_an_answer_or_in_the_log(tmp_path: Path) -> None:
    """Not when a session is added, looked at or refused."""
    with capture_logs() as logged:
        async with serving_http(tmp_path) as served:
            answers = [
                await served.post(SESSIONS, ADD | {"password_scrypt": HASHED}),
                await served.post(SESSIONS, ADD | {"password_scrypt": HASHED}),
                await served.post(SESSIONS, ADD | {"password_scrypt": [HASHED]}),
                await served.post(SESSIONS, ADD | {"password_argon2": HASHED[:-3]}),
                await served.get(SESSIONS),
                await served.get(f"{SESSIONS}/AVA2"),
            ]
    assert [status for status, _ in answers] == [201, 409, 422, 422, 200, 200]
    said = json.dumps(answers) + json.dumps(logged, default=repr)
    assert "scrypt" not in said.replace("password_scrypt", "")
    assert HASHED[20:40] not in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"role": "boss"}, "role: must be one of order-entry, drop-copy, market-data, operator, "),
        ({"member": "ZZZ"}, "member: must be the id of one of the members (AVA, NON, SHB, SEB, "),
        ({"comp_id": "A B"}, 'comp_id: must be 1 to 32 of A-Z a-z 0-9 _ . - in quotes, was "A B"'),
        ({"password": "plain"}, "password: must be one of the keys comp_id, "),
        ({"password_scrypt": "plain"}, "password_scrypt: must be what `fixpit hash-password` "),
        ({"throttle": True}, "throttle: must be 0 (no limit) to 1000000, was true"),
        ({"open": "08:00:00"}, "close: must be given where open is, was left out"),
        ({"allow_from": ["10.0.0.0/99"]}, "allow_from[0]: must be an address or network, was "),
        ({"role": "operator"}, 'role: "operator" is not served by this version, only '),
        ({"certificate": "AVA"}, "certificate: must be left out where there is no tls.client_ca"),
    ],
)
async def test_a_session_is_held_to_what_the_venue_file_may_say(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    """The same rules in the same words; nothing is added."""
    async with serving_http(tmp_path) as served:
        status, code, text = error_of(await served.post(SESSIONS, ADD | change))
        assert (status, code, text[: len(message)]) == (422, "bad_value", message)
        assert error_of(await served.get(f"{SESSIONS}/AVA2"))[0] == 404


async def test_a_key_that_must_be_there_is_asked_for(tmp_path: Path) -> None:
    """No member is guessed."""
    async with serving_http(tmp_path) as served:
        refused = error_of(await served.post(SESSIONS, {"comp_id": "AVA2"}))
        assert refused[2].startswith(
            "member: must be 1 to 16 of A-Z a-z 0-9 _ - in quotes, was left"
        )


async def test_a_comp_id_is_added_once(tmp_path: Path) -> None:
    """Not beside one of the venue file, nor beside another that was added."""
    async with serving_http(tmp_path) as served:
        assert (await served.post(SESSIONS, ADD))[0] == 201
        for comp_id in ("AVA", "AVA2"):
            refused = error_of(await served.post(SESSIONS, ADD | {"comp_id": comp_id}))
            assert refused == (409, "conflict", f"comp_id must be new, was {comp_id}")


def open_to_the_network() -> Config:
    """A venue that other machines reach."""
    config = config_of()
    sessions = tuple(replace(one, password_scrypt=HASHED) for one in config.sessions)
    fix = replace(config.fix, host="0.0.0.0", allow_plaintext=True, accept_unknown=False)  # noqa: S104
    return replace(config, fix=fix, sessions=sessions)


async def test_a_session_without_password_stays_on_loopback(tmp_path: Path) -> None:
    """Where other machines reach the venue, a password is the least."""
    async with serving_http(tmp_path, open_to_the_network()) as served:
        status, _, text = error_of(await served.post(SESSIONS, ADD))
        rule = "password_scrypt: must be given where fix.host is not loopback"
        assert (status, text[: len(rule)]) == (422, rule)
        assert (await served.post(SESSIONS, ADD | {"password_scrypt": HASHED}))[0] == 201


async def test_a_removed_session_is_gone_with_its_orders(tmp_path: Path) -> None:
    """It is logged out, others do not meet its orders, and a restart does not bring it back."""
    config = config_of()
    config = replace(config, fix=replace(config.fix, accept_unknown=False))
    async with serving_http(tmp_path, config) as served:
        await served.post(SESSIONS, ADD)
        (client,) = await served.fix.logged_on("AVA2")
        client.send(ORDER.format("A1"))
        await client.receive()
        response = await served.api.delete(f"{SESSIONS}/AVA2")
        assert (response.status_code, response.content) == (204, b"")
        said = [await client.receive("35 58 150"), await client.receive("35 150")]
        assert said == ["35=5|58=session is removed", "35=8|150=4"]
        text = "session must be disconnected, was AVA2 connected"
        assert error_of(await served.post(SESSIONS, ADD)) == (409, "conflict", text)
        client.send("35=5")
        await client.rest()
        assert error_of(await served.get(f"{SESSIONS}/AVA2"))[:2] == (404, "unknown")
        assert served.fix.venue._exchange.orders.done_count == 1
    async with serving_http(tmp_path, config) as served:
        client = await served.fix.client("AVA2").connect()
        client.send("35=A|98=0|108=30")
        assert await client.rest() == []
        assert error_of(await served.get(f"{SESSIONS}/AVA2"))[0] == 404
        assert (await served.post(SESSIONS, ADD))[0] == 201


async def test_a_session_of_the_venue_file_is_removed_there(tmp_path: Path) -> None:
    """Not here: the next start would bring it back."""
    async with serving_http(tmp_path) as served:
        response = await served.api.delete(f"{SESSIONS}/AVA")
        text = "comp_id must be a session that is not in the venue file, was AVA"
        refused = error_of((response.status_code, response.json()))
        assert refused == (409, "conflict", text)


# Changing


async def test_a_suspended_session_is_logged_out_until_it_is_resumed(tmp_path: Path) -> None:
    """Over a restart too; its orders stay."""
    async with serving_http(tmp_path) as served:
        (ava,) = await served.fix.logged_on("AVA")
        ava.send(ORDER.format("A1"))
        await ava.receive()
        status, shown = await served.post(f"{SESSIONS}/AVA/suspend")
        assert isinstance(shown, dict)
        assert (status, shown["state"]) == (200, "suspended")
        assert await ava.receive("35 58") == "35=5|58=session is suspended"
        ava.send("35=5")
        await ava.rest()
    async with serving_http(tmp_path) as served:
        assert await served.session("AVA", "state", "next_in") == ["suspended", 4]
        ava = served.fix.client("AVA")
        ava.next_out = 4
        await ava.connect()
        ava.send("35=A|98=0|108=30")
        said = await ava.rest("35")
        assert "35=A" not in said
        status, shown = await served.post(f"{SESSIONS}/AVA/resume", {})
        assert isinstance(shown, dict)
        assert (status, shown["state"]) == (200, "active")
        ava.next_out = 4
        assert (await ava.logon()).startswith("35=A|")
        ava.send("35=AF|584=ALL|585=7")
        assert [line for line in await ava.so_far("11") if line] == ["11=A1"]


async def test_a_disconnected_session_may_come_back_at_once(tmp_path: Path) -> None:
    """It is told why it goes."""
    async with serving_http(tmp_path) as served:
        (ava,) = await served.fix.logged_on("AVA")
        assert (await served.post(f"{SESSIONS}/AVA/disconnect"))[0] == 200
        assert await ava.receive("35 58") == "35=5|58=disconnected by the operator"
        ava.send("35=5")
        await ava.rest()
        await served.fix.until_gone("AVA")
        assert await served.session("AVA", "state", "connected") == ["active", False]
        assert (await ava.logon()).startswith("35=A|34=3|")


async def test_repaired_numbers_let_a_client_in(tmp_path: Path) -> None:
    """A client that lost its numbers is refused, then accepted with those it has; they last."""
    async with serving_http(tmp_path) as served:
        (ava,) = await served.fix.logged_on("AVA")
        await ava.logout()
        await served.fix.until_gone("AVA")
        ava.next_out = 1
        refused = await ava.logon()
        assert "58=MsgSeqNum too low, expecting 3 but received 1" in refused
        await ava.rest()
        await served.fix.until_gone("AVA")
        status, shown = await served.post(f"{SESSIONS}/AVA/sequence", {"next_in": 1, "next_out": 9})
        assert isinstance(shown, dict)
        assert (status, shown["next_in"], shown["next_out"]) == (200, 1, 9)
    async with serving_http(tmp_path) as served:
        assert await served.session("AVA", "next_in", "next_out") == [1, 9]
        assert (await served.fix.client("AVA").logon()).startswith("35=A|34=9|")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "next_in or next_out must be given, both were left out"),
        ({"next_in": 0}, "next_in must be 1 to 999999999, was 0"),
        ({"next_out": 1_000_000_000}, "next_out must be 1 to 999999999, was 1000000000"),
        ({"next_in": True}, "body must have the right form: Expected `int | null`, got `bool`"),
        ({"next_in": 1.5}, "body must have the right form: Expected `int | null`, got `float`"),
        ({"next": 1}, "body must have the right form: Object contains unknown field `next`"),
        ([1], "body must have the right form: Expected `object`, got `array`"),
    ],
)
async def test_numbers_must_be_numbers(tmp_path: Path, body: object, text: str) -> None:
    """What is no MsgSeqNum changes nothing."""
    async with serving_http(tmp_path) as served:
        refused = error_of(await served.post(f"{SESSIONS}/AVA/sequence", body))
        assert (refused[:2], refused[2][: len(text)]) == ((422, "bad_value"), text)
        assert await served.session("AVA", "next_in", "next_out") == [1, 1]


async def test_a_session_that_is_up_keeps_its_numbers(tmp_path: Path) -> None:
    """They are repaired and reset when it is down."""
    async with serving_http(tmp_path) as served:
        await served.fix.logged_on("AVA")
        for call, body in (("sequence", {"next_in": 1}), ("reset", None)):
            refused = error_of(await served.post(f"{SESSIONS}/AVA/{call}", body))
            text = "session must be disconnected, was AVA connected"
            assert refused == (409, "conflict", text)


async def test_a_reset_session_begins_again(tmp_path: Path) -> None:
    """Both numbers are 1, after a restart as well."""
    async with serving_http(tmp_path) as served:
        (ava,) = await served.fix.logged_on("AVA")
        await ava.logout()
        await served.fix.until_gone("AVA")
        assert (await served.post(f"{SESSIONS}/AVA/reset"))[0] == 200
    async with serving_http(tmp_path) as served:
        assert await served.session("AVA", "next_in", "next_out", "resets") == [1, 1, 1]
        assert (await served.fix.client("AVA").logon()).startswith("35=A|34=1|")


@pytest.mark.parametrize("call", ["suspend", "resume", "disconnect", "reset", "sequence"])
async def test_an_unknown_session_is_not_found(tmp_path: Path, call: str) -> None:
    """Each call says so."""
    async with serving_http(tmp_path) as served:
        body = {"next_in": 5} if call == "sequence" else None
        refused = error_of(await served.post(f"{SESSIONS}/NOBODY/{call}", body))
        assert refused == (404, "unknown", "comp_id must be that of a session, was NOBODY")


async def test_the_same_change_twice_is_answered_twice(tmp_path: Path) -> None:
    """Nothing is logged the second time, and nobody waits for it; right after a restart too."""
    async with serving_http(tmp_path, sync="group") as served:
        for _ in range(2):
            assert (await served.post(f"{SESSIONS}/AVA/suspend"))[0] == 200
    async with serving_http(tmp_path, sync="group") as served:
        assert (await served.post(f"{SESSIONS}/AVA/suspend"))[0] == 200


# Reload


async def test_reload_reads_the_venue_file_again(tmp_path: Path) -> None:
    """New sessions may log on, those that went may not; the answer names them."""
    config = config_of()
    config = replace(config, fix=replace(config.fix, accept_unknown=False))
    new = SessionConfig(comp_id="NEW", member="AVA")
    after = replace(config, sessions=(new, *config.sessions[1:]))
    async with serving_http(tmp_path, config, read_config=lambda: after) as served:
        (ava,) = await served.fix.logged_on("AVA")
        assert await served.post("/api/v1/reload") == (200, {"changed": ["AVA", "NEW"]})
        assert await ava.receive("35 58") == "35=5|58=session is no longer configured"
        await served.fix.logged_on("NEW")
        assert await served.session("AVA", "state") == ["not configured"]


async def test_a_venue_file_that_is_not_in_order_changes_nothing(tmp_path: Path) -> None:
    """The answer names file, line and key."""

    def read_config() -> Config:
        raise ConfigError("my.toml", 7, "sessions[0].role", "must be another")

    async with serving_http(tmp_path, read_config=read_config) as served:
        refused = error_of(await served.post("/api/v1/reload"))
        assert refused == (422, "bad_value", "my.toml:7: sessions[0].role: must be another")
        await served.fix.logged_on("AVA")


# Durable before it is answered


CHANGES = [
    (SESSIONS, ADD),
    (f"{SESSIONS}/AVA/suspend", None),
    (f"{SESSIONS}/AVA/sequence", {"next_in": 5}),
    (f"{SESSIONS}/AVA/reset", None),
    ("/api/v1/reload", None),
]


def another_member() -> Config:
    """What reload reads: a member more, and nothing about sessions."""
    config = config_of()
    return replace(config, members=(*config.members, replace(config.members[0], id="ENS")))


async def turn_a_while() -> None:
    """Time for an answer that waits for nothing."""
    for _ in range(200):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("path", "body"), CHANGES)
async def test_a_change_is_answered_when_it_is_durable(
    tmp_path: Path, path: str, body: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk hangs nothing is promised; the status can be seen all the same."""
    disk = threading.Event()
    async with serving_http(tmp_path, sync="group", read_config=another_member) as served:
        await served.fix.until(lambda: _durable(served) == served.fix.venue._log.last_seq)
        before = served.fix.venue._log.last_seq
        monkeypatch.setattr(os, "fdatasync", lambda fd: disk.wait(10))
        answer = asyncio.create_task(served.post(path, body))
        await served.fix.until(lambda: served.fix.venue._log.last_seq > before)
        await turn_a_while()
        _, status = await served.get("/api/v1/status")
        assert isinstance(status, dict)
        assert (answer.done(), status["durable_seq"]) == (False, before)
        disk.set()
        assert (await answer)[0] in (200, 201)
        assert _durable(served) > before
        monkeypatch.undo()


def _durable(served: WebVenue) -> int:
    return served.fix.venue._publisher.durable_seq


async def test_a_change_that_never_gets_durable_is_not_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails: the operator is told, and so is whoever waited."""

    def no_disk(_: int) -> None:
        raise OSError(5, "Input/output error")

    async with serving_http(tmp_path, sync="group") as served:
        served.fix.planted_bug = OSError
        monkeypatch.setattr(os, "fdatasync", no_disk)
        refused = error_of(await served.post(f"{SESSIONS}/AVA/suspend"))
        assert refused[:2] == (503, "venue_failed")
        monkeypatch.undo()


# Bugs


async def test_a_bug_in_a_call_is_answered_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 without a word on what it was, which is in the log; orders go on."""

    def bug(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(SessionDesk, "views", bug)
    monkeypatch.setattr(SessionDesk, "suspend", bug)
    async with serving_http(tmp_path) as served:
        (ava,) = await served.fix.logged_on("AVA")
        with capture_logs() as logged:
            seen = await served.get(SESSIONS), await served.post(f"{SESSIONS}/AVA/suspend")
        text = "the venue made a mistake here; its log says which"
        assert [error_of(one) for one in seen] == [(500, "internal", text)] * 2
        assert [(one["event"], one["path"]) for one in logged] == [
            ("http.failed", SESSIONS),
            ("http.failed", f"{SESSIONS}/AVA/suspend"),
        ]
        ava.send(ORDER.format("A1"))
        assert await ava.receive("11 150") == "11=A1|150=0"


async def test_a_bug_that_left_a_record_stops_the_venue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is half-done must not be in the log: the frame of that turn is not written."""

    def bug(self: Venue, _: Config) -> list[str]:
        self.desk.add(SessionConfig(comp_id="HALF", member="AVA"))
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(Venue, "reload", bug)
    async with serving_http(tmp_path) as served:
        served.fix.planted_bug = ZeroDivisionError
        assert error_of(await served.post("/api/v1/reload"))[0] == 500
    copy = shutil.copytree(tmp_path / "log", tmp_path / "copy")  # a venue that failed has the lock
    kept = [record.entry for record in logs.read(copy)]
    assert SessionOpened("AVA", "AVA") in kept
    assert "HALF" not in [entry.comp_id for entry in kept if isinstance(entry, SessionOpened)]
