"""What every message the venue sends owes its reader, whatever it is about."""

from __future__ import annotations

from gateway.fix.message import SessionReject
from tests.support.fix import decoded, pairs_of, stock, stock_decoder

ORDER_TAGS = ("6", "11", "14", "17", "37", "38", "39", "40", "54", "55", "59", "60", "150", "151")
"""CONTRACT section 3: in every ExecutionReport about an order."""

FILL_TAGS = ("31", "32", "382", "527", "851")
FRAME_FIRST = ("8", "9", "35")
NOBODY = "NONE"


def complaints(data: bytes) -> list[str]:
    """What a stock client or the contract has against a message; empty when nothing."""
    pairs = pairs_of(data)
    fields = dict(pairs)
    found = []
    try:
        decoded(data, stock_decoder())
    except SessionReject as refusal:
        found.append(f"{refusal.text}: {refusal.ref_tag}")
    found += _order_of_tags([tag for tag, _ in pairs])
    if fields["35"] == "8" and not (fields["37"] == NOBODY and fields["150"] == "I"):
        wanted = ORDER_TAGS + (FILL_TAGS if fields["150"] == "F" else ())
        found += [f"{tag} missing" for tag in wanted if tag not in fields]
        found += ["44 missing"] if fields.get("40") == "2" and "44" not in fields else []
        found += _quantities(fields)
    return [f"{text} in {pairs}" for text in found]


def _order_of_tags(tags: list[str]) -> list[str]:
    """Header and body ascend, but for the frame and for what stands within a group."""
    header = stock().header.fields.keys()
    size = next((i for i, tag in enumerate(tags) if tag not in header), len(tags))
    head, body = tags[3:size], tags[size:-1]
    counted = [i for i, tag in enumerate(body) if tag == "382"]
    for i in counted:
        del body[i + 1]
    rules = {
        "frame first": tuple(tags[:3]) == FRAME_FIRST,
        "CheckSum last": tags[-1] == "10",
        "header ascending": head == sorted(head, key=int),
        "body ascending": body == sorted(body, key=int),
    }
    return [rule for rule, kept in rules.items() if not kept]


def _quantities(fields: dict[str, str]) -> list[str]:
    """LeavesQty + CumQty = OrderQty while it works; nothing is left when it has ended."""
    leaves, cum, qty = int(fields["151"]), int(fields["14"]), int(fields["38"])
    works = fields["39"] in {"0", "1"}
    if works != (leaves > 0) or (works and leaves + cum != qty) or cum > max(qty, 0):
        return [f"38={qty} 14={cum} 151={leaves} with 39={fields['39']}"]
    return []
