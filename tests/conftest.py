"""What all tests share: every async test runs under asyncio's own loop and under uvloop."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Name the two loops the venue runs on; a test's id ends with the one it ran under."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def pytest_collection_finish() -> None:
    """Keep the collector off what lives to the end anyway: each venue that starts runs it."""
    gc.collect()
    gc.freeze()
