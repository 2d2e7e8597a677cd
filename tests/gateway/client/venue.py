"""A venue of a few lines for the tests of the shell: it answers each MsgType with fixed messages.

It checks nothing and knows no orders. Bodies are written with `|`; `{11}` is the field of the
request. `CUT` ends the connection. It speaks the FIX version of its client, with TLS if it is told.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from gateway.client.wire import Framer, decode, encode, parse_fields

CUT = "cut"
Answers = Mapping[str, Sequence[str]]

SESSION: Answers = {"A": ["35=A|98=0|108=30|141=Y"], "5": ["35=5", CUT], "1": ["35=0|112={112}"]}
STAMP = "20261122-12:01:03.214"


@asynccontextmanager
async def venue(answers: Answers, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve on a free port of 127.0.0.1 and yield the port."""
    table = {**SESSION, **answers}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer, seq = Framer(), 0
        while data := await reader.read(4096):
            framer.append(data)
            while (frame := framer.next_frame()) is not None:
                request = decode(frame)
                values = {str(tag): value for tag, value in request.fields}
                for answer in table.get(request.msg_type, ()):
                    if answer == CUT:
                        writer.close()
                        return
                    seq += 1
                    (_, msg_type), *body = parse_fields(_fill(answer, values))
                    header = [(49, "PIT"), (56, "AVA"), (34, str(seq)), (52, STAMP)]
                    writer.write(encode(values["8"], msg_type, [*header, *body]))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _fill(answer: str, values: Mapping[str, str]) -> str:
    for tag, value in values.items():
        answer = answer.replace(f"{{{tag}}}", value)
    return answer
