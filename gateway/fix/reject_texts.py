"""How a refusal is said: `fix_specs/reject_reasons.toml`, read once per FIX version.

On the wire a refusal is `NAME: text` in Text(58), and a number that the version defines for it.
"""

from __future__ import annotations

import tomllib
from importlib import resources

import msgspec

from engine.rejects import Refusal, RejectReason
from gateway.decimals import format_price
from gateway.fix.dictionary import TEXT_CHARS_MAX
from gateway.fix.times import format_utc_timestamp


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    ord_rej_reason: dict[str, int]
    cxl_rej_reason: dict[str, int]
    mass_cancel_reject_reason: dict[str, int] = {}


MISSING = "missing"
"""What stands for a value that is not there."""

_ABOUT_PRICES = ("PRICE_", "STOP_PX_", "NOT_TOP_OF_BOOK", "PEG_OFFSET_BAD")
"""Beginnings of the reasons whose numbers are prices."""


def _text_value(reason: RejectReason, value: int | str) -> str:
    if isinstance(value, str):
        return value
    if reason.startswith(_ABOUT_PRICES):
        return format_price(value)
    if reason is RejectReason.EXPIRE_TIME_PAST:
        return format_utc_timestamp(value)
    return str(value)


class RejectTexts:
    """Codes and words of refusals in one FIX version, for example `FIX.4.4`."""

    def __init__(self, version: str) -> None:
        path = resources.files("fix_specs").joinpath("reject_reasons.toml")
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = msgspec.convert(table, dict[str, _Row])
        self._rows = {reason: rows[reason.value] for reason in RejectReason}
        self._version = version

    def text(self, refusal: Refusal) -> str:
        """Text(58) of the refusal, no longer than any text may be."""
        reason = refusal.reason
        limit = _text_value(reason, refusal.limit)
        was = _text_value(reason, refusal.was) or MISSING
        text = self._rows[reason].text.format(limit=limit, was=was)
        return f"{reason.value}: {text}"[:TEXT_CHARS_MAX]

    def ord_rej_reason(self, refusal: Refusal) -> int:
        """OrdRejReason(103)."""
        return self._rows[refusal.reason].ord_rej_reason[self._version]

    def cxl_rej_reason(self, refusal: Refusal) -> int:
        """CxlRejReason(102)."""
        return self._rows[refusal.reason].cxl_rej_reason[self._version]

    def mass_cancel_reject_reason(self, refusal: Refusal) -> int:
        """MassCancelRejectReason(532), 0 in a version that has none."""
        return self._rows[refusal.reason].mass_cancel_reject_reason.get(self._version, 0)
