"""The files of `fix_specs/` that follow from the table, by name, as they must be.

Besides the table they follow from `reject_reasons.toml`: the codes of refusals that are in use are
the legal values of OrdRejReason(103), CxlRejReason(102) and MassCancelRejectReason(532).
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.specs.dictionaries import DICTIONARIES, dictionary
from tests.specs.rules import rules
from tests.specs.table import SPECS, read

RULES = "rules_of_engagement.md"

REASON_TAGS = {
    "ord_rej_reason": "103",
    "cxl_rej_reason": "102",
    "mass_cancel_reject_reason": "532",
}


def made(specs: Path = SPECS) -> dict[str, str]:
    """The text of each file by its name."""
    table = read(specs)
    reasons = tomllib.loads((specs / "reject_reasons.toml").read_text(encoding="utf-8"))
    files: dict[str, str] = {}
    for name, about in DICTIONARIES.items():
        codes = {
            tag: frozenset(
                str(reason[kind][about.version])
                for reason in reasons.values()
                if about.version in reason.get(kind, {})
            )
            for kind, tag in REASON_TAGS.items()
        }
        files[name] = dictionary(table, name, codes)
    text = (specs / RULES).read_text(encoding="utf-8")
    files[RULES] = rules(text, table, reasons)
    return files
