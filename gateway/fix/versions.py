"""The FIX versions a venue speaks, by what a Logon says: BeginString(8), DefaultApplVerID(1137).

A `Version` bundles what is needed to speak one of them: its dictionary as a decoder, which message
types exist and which are served, and how reports are written. They are made on first use, because
reading a dictionary takes longer than everything else at a start, and few venues need all.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources

from gateway.fix import dictionary
from gateway.fix.decoder import Decoder
from gateway.fix.dictionary import DataDictionary
from gateway.fix.report_style import ReportStyle
from gateway.fix.times import MILLIS

FIX42, FIX44, FIX50SP2 = "FIX.4.2", "FIX.4.4", "FIX.5.0SP2"
"""The names of the versions, as in `fix_specs/reject_reasons.toml`."""

DEFAULT = FIX44
"""What a session speaks until its first Logon says otherwise."""

NAMES = {"FIX.4.2": FIX42, "FIX.4.4": FIX44, "FIXT.1.1": FIX50SP2}
"""BeginString(8) -> version."""

APPL_VER_IDS = {FIX50SP2: "9"}
"""DefaultApplVerID(1137) where the transport does not say which version it carries."""

_FILES = {FIX42: ("FIX42", ""), FIX44: ("FIX44", ""), FIX50SP2: ("FIX50SP2", "FIXT11")}

LAST_REASON_42 = 11
"""The highest SessionRejectReason(373) that FIX 4.2 has; a later one is left out there."""


class Version:
    """One version as this venue speaks it; `served` are the types checked by its dictionary.

    `appl_ver_id` is DefaultApplVerID(1137), "" where there is none; `reason_max` the highest
    SessionRejectReason(373); `has_next_expected` whether Logon has NextExpectedMsgSeqNum(789).
    """

    def __init__(
        self, name: str, decoder: Decoder, msg_types: frozenset[str], served: frozenset[str]
    ) -> None:
        self.name = name
        self.decoder = decoder
        self.msg_types = msg_types
        self.served = served.intersection(decoder.dictionary.messages)
        self.begin_string = next(begin for begin, known in NAMES.items() if known == name)
        self.appl_ver_id = APPL_VER_IDS.get(name, "")
        self.reason_max = LAST_REASON_42 if name == FIX42 else 99
        self.has_next_expected = name != FIX42
        self._styles: dict[int, ReportStyle] = {}

    def __repr__(self) -> str:
        return f"<Version {self.name}>"

    def style(self, digits: int = MILLIS) -> ReportStyle:
        """How reports are written with so many digits of a second."""
        style = self._styles.get(digits)
        if style is None:
            style = ReportStyle(self.name, self.decoder.dictionary, digits)
            self._styles[digits] = style
        return style


class Versions:
    """The versions of one venue, made when they are asked for.

    `served` are the application types the venue takes; `read(name)` gives a version's dictionary,
    by default the venue's own.
    """

    def __init__(
        self, served: frozenset[str], read: Callable[[str], DataDictionary] | None = None
    ) -> None:
        self._served = served
        self._read = read or ours
        self._made: dict[str, Version] = {}

    def __getitem__(self, name: str) -> Version:
        version = self._made.get(name)
        if version is None:
            decoder = Decoder(self._read(name))
            version = Version(name, decoder, msg_types(name), self._served)
            self._made[name] = version
        return version

    def of_frame(self, frame: bytes) -> Version | None:
        """The version whose BeginString(8) a message begins with."""
        begin_string = frame[2 : frame.find(b"\x01")].decode("latin-1")
        name = NAMES.get(begin_string)
        return self[name] if name is not None else None


def ours(name: str) -> DataDictionary:
    """The dictionary of what this venue speaks in a version."""
    return dictionary.load(*_FILES[name])


@cache
def msg_types(name: str) -> frozenset[str]:
    """Every MsgType(35) that a version has."""
    path = resources.files("fix_specs").joinpath("msg_types.toml")
    return frozenset(tomllib.loads(path.read_text(encoding="utf-8"))[name])
