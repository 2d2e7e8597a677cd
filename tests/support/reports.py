"""What every message the venue sends owes its reader, whatever it is about."""

from __future__ import annotations

from gateway.fix.dictionary import GroupSpec
from gateway.fix.message import SessionReject
from gateway.fix.versions import FIX42, FIX44, FIX50SP2, NAMES
from tests.support.fix import decoded, pairs_of, stock, stock_decoder

ORDER_TAGS = ("6", "11", "14", "17", "37", "38", "39", "40", "54", "55", "59", "60", "150", "151")
"""CONTRACT section 3: in every ExecutionReport about an order."""

FILL_TAGS = {
    FIX42: ("20", "31", "32", "198", "382"),
    FIX44: ("31", "32", "382", "527"),
    FIX50SP2: ("31", "32", "453", "851", "880"),
}
"""And in every one about a trade: price, quantity, counterparty, match id."""

CONTINUOUS = "3"
"""TradingSessionSubID(625) of a time in which a fill has an aggressor: 4.4 says who was it."""

EXTENSIONS = {FIX42: ("59=7", "59=B"), FIX44: ("59=B",), FIX50SP2: ()}
"""Values beyond the version that come back to whoever sent them."""

FILLS = {FIX42: {"1", "2"}, FIX44: {"F"}, FIX50SP2: {"F"}}
"""ExecType(150) of a trade; in FIX 4.2 also of a status, with ExecTransType(20) 3."""

WORKING = frozenset({"0", "1", "5"})
"""OrdStatus(39) of an order that may still trade; 5 is FIX 4.2's word for one just replaced."""

DONE_FOR_DAY = "3"
"""An order that goes on tomorrow keeps what is left, another one does not."""

FRAME_FIRST = ("8", "9", "35")
NOBODY, STATUS = "NONE", "3"


def version_of(data: bytes) -> str:
    """The version a message is written in."""
    return NAMES[dict(pairs_of(data))["8"]]


def complaints(data: bytes, busted_qty: int = 0) -> list[str]:
    """What a stock client or the contract has against a message; empty when nothing.

    `busted_qty` is what the order lost by canceled trades that gave nothing back to it.
    """
    pairs = pairs_of(data)
    fields = dict(reversed(pairs))
    version = version_of(data)
    found = []
    try:
        decoded(_without_extensions(data, version), stock_decoder(version))
    except SessionReject as refusal:
        found.append(f"{refusal.text}: {refusal.ref_tag}")
    found += _order_of_tags([tag for tag, _ in pairs], fields["35"], version)
    is_status = fields.get("150") == "I" or fields.get("20") == STATUS
    if fields["35"] == "8" and not (fields["37"] == NOBODY and is_status):
        is_fill = fields["150"] in FILLS[version] and not is_status
        wanted = ORDER_TAGS + (FILL_TAGS[version] if is_fill else ())
        if is_fill and version == FIX44 and fields.get("625") == CONTINUOUS:
            wanted += ("851",)
        found += [f"{tag} missing" for tag in wanted if tag not in fields]
        found += ["44 missing"] if fields.get("40") == "2" and "44" not in fields else []
        found += _quantities(fields, busted_qty)
    return [f"{text} in {pairs}" for text in found]


def _order_of_tags(tags: list[str], msg_type: str, version: str) -> list[str]:
    """Header and body ascend, but for the frame and for what stands within a group."""
    dictionary = stock(version)
    header = dictionary.header.fields.keys()
    size = next((i for i, tag in enumerate(tags) if tag not in header), len(tags))
    head, body = tags[3:size], tags[size:-1]
    groups = dictionary.messages[msg_type].groups
    for tag in groups.keys() & set(body):
        inside, entries = body.index(tag) + 1, _within(groups[tag])
        while inside < len(body) and body[inside] in entries:
            del body[inside]
    rules = {
        "frame first": tuple(tags[:3]) == FRAME_FIRST,
        "CheckSum last": tags[-1] == "10",
        "header ascending": head == sorted(head, key=int),
        "body ascending": body == sorted(body, key=int),
    }
    return [rule for rule, kept in rules.items() if not kept]


def _within(group: GroupSpec) -> frozenset[str]:
    """The tags of a group's entries, those of groups within it included."""
    return frozenset(group.fields).union(*(_within(nested) for nested in group.groups.values()))


def _without_extensions(data: bytes, version: str) -> bytes:
    for field in EXTENSIONS[version]:
        data = data.replace(f"\x01{field}\x01".encode(), b"\x0159=0\x01")
    return data


def _quantities(fields: dict[str, str], busted_qty: int) -> list[str]:
    """LeavesQty + CumQty = OrderQty while it works; nothing is left when it has ended."""
    leaves, cum, qty = int(fields["151"]), int(fields["14"]), int(fields["38"])
    works = fields["39"] in WORKING
    whole = leaves + cum + busted_qty == qty
    if fields["39"] == DONE_FOR_DAY:
        works = leaves > 0
    if works != (leaves > 0) or (works and not whole) or cum > max(qty, 0):
        return [f"38={qty} 14={cum} 151={leaves} with 39={fields['39']}"]
    return []
