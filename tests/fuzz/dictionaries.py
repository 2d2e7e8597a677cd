"""The border where a dictionary's text is read: broken, cut off, or written by an enemy."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from importlib import resources

from gateway.fix.decoder import Decoder
from gateway.fix.dictionary import DataDictionary, DictionaryError

ESCAPES = (DictionaryError,)
"""The one thing that a text which is no dictionary may lead to."""

SMALL = b"""<fix type="FIX" major="4" minor="9" servicepack="0">
<header><field name="BeginString" required="Y"/><field name="BodyLength" required="Y"/>
<field name="MsgType" required="Y"/><group name="NoHops" required="N">
<field name="HopCompID" required="N"/></group></header>
<trailer><field name="CheckSum" required="Y"/></trailer>
<messages><message name="Order" msgtype="D" msgcat="app"><field name="ClOrdID" required="Y"/>
<component name="Block" required="Y"/></message><message name="Beat" msgtype="0" msgcat="admin"/>
</messages><components><component name="Block"><field name="Side" required="Y"/>
<group name="NoParties" required="N"><component name="Party" required="Y"/>
<field name="ExecInst" required="N"/></group></component>
<component name="Party"><field name="PartyID" required="Y"/></component></components>
<fields><field number="8" name="BeginString" type="STRING"/>
<field number="9" name="BodyLength" type="LENGTH"/><field number="35" name="MsgType" type="STRING"/>
<field number="10" name="CheckSum" type="STRING"/><field number="11" name="ClOrdID" type="STRING"/>
<field number="54" name="Side" type="CHAR"><value enum="1" description="BUY"/>
<value enum="2" description="SELL"/></field><field number="627" name="NoHops" type="NUMINGROUP"/>
<field number="628" name="HopCompID" type="STRING"/>
<field number="453" name="NoParties" type="NUMINGROUP"/>
<field number="448" name="PartyID" type="STRING"/><field number="18" name="ExecInst"
type="MULTIPLEVALUESTRING"><value enum="G" description="ALL_OR_NONE"/></field></fields></fix>"""

BOMB = b"""<?xml version="1.0"?><!DOCTYPE fix [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;">]><fix type="&c;" major="4" minor="4"/>"""

OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE fix [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<fix type="FIX" major="4" minor="4"><header>&x;</header></fix>"""

WORDS = (
    *(
        b"<",
        b">",
        b"</",
        b"/>",
        b'"',
        b"'",
        b"&",
        b";",
        b"&lt;",
        b"&#1;",
        b"&#x41;",
        b"&a;",
        b"]]>",
    ),
    *(b"<![CDATA[", b"<!--", b"-->", b"<?xml", b"<!DOCTYPE fix [", b'<!ENTITY a "&b;">', b"xmlns:"),
    *(b'<component name="Block" required="Y"/>', b'<component name="Party" required="N"/>'),
    *(b'<group name="NoHops" required="Y">', b"</group>", b'<field name="Side" required="Y"/>'),
    *(b'enum=""', b'enum="("', b'enum="\xc3\xa4"', b'number="x"', b'number=""', b'type="DATA"'),
    *(
        b'type="LENGTH"',
        b'name=""',
        b'required="y"',
        b'msgtype=""',
        b"\xff",
        b"\x00",
        b"\xef\xbb\xbf",
    ),
)


@cache
def seeds() -> tuple[bytes, ...]:
    """A small dictionary, texts with entities, and a beginning of ours."""
    ours = resources.files("fix_specs").joinpath("FIX44.xml").read_bytes()
    return SMALL, BOMB, OUTSIDE, ours[:2_500], b"<fix/>", b""


def run(data: bytes) -> Hashable:
    """What is read is consistent, and can be decoded by."""
    text = data.decode("latin-1")
    read = DataDictionary(text)
    known = read.fields.keys()
    for spec in (read.header, read.trailer, *read.messages.values()):
        assert spec.fields.keys() <= known
        assert spec.groups.keys() <= spec.fields.keys()
        assert not spec.delimiter or spec.delimiter in spec.fields
    assert read.admin <= read.messages.keys()
    Decoder(read)
    return len(read.fields), len(read.messages), len(read.header.fields)
