"""What the two baseline servers share: a uvloop server process that behaves as `fixpit serve` does.

It listens on a free port of 127.0.0.1, prints the same style of ready line on stdout and stops
with exit code 0 on SIGTERM. What a server answers is the business of its protocol class.
"""

from __future__ import annotations

import asyncio
import gc
import json
import signal
from collections.abc import Callable

import uvloop


async def _serve(protocol: Callable[[], asyncio.Protocol]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(protocol, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    gc.freeze()  # fixpit does so after its start as well
    print(json.dumps({"ready": True, "fix": {"host": host, "port": port}}), flush=True)
    await stop.wait()
    server.close()


def run_server(protocol: Callable[[], asyncio.Protocol]) -> None:
    """Serves `protocol` on uvloop until SIGTERM or SIGINT."""
    uvloop.run(_serve(protocol))
