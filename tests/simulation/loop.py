"""An event loop that lives in simulated time: callbacks run when told, in one fixed order."""

from __future__ import annotations

import asyncio
import heapq
from asyncio.events import _set_running_loop
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

SECOND = 1_000_000_000


class SimulatedLoop(asyncio.AbstractEventLoop):
    """What the gateway uses of a loop; `now` is simulated time in ns, `errors` what escaped."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._begun = now()
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[int, int, asyncio.TimerHandle]] = []
        self._count = 0
        self.errors: list[BaseException] = []

    # What asyncio asks of a loop

    def time(self) -> float:
        """Seconds since the loop began."""
        return (self._now() - self._begun) / SECOND

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_closed(self) -> bool:
        """It lives as long as its venue."""
        return False

    def is_running(self) -> bool:
        """Always."""
        return True

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.Handle:
        """Run it before anything else happens."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.Handle:
        """The same: there are no threads."""
        return self.call_soon(callback, *args, context=context)

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """Run it when so many seconds have passed."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """Run it at this time of the loop."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._count += 1
        at = self._begun + round(when * SECOND)
        heapq.heappush(self._timers, (at, self._count, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, Any], **kwargs: Any
    ) -> asyncio.Task[Any]:
        """A task of this loop."""
        return asyncio.Task(coro, loop=self, **kwargs)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """What escapes from a callback is a bug of the venue, or the machine died in it."""
        error = context.get("exception")
        self.errors.append(error or AssertionError(context["message"]))

    # What the simulator does with it

    def next_timer(self) -> int | None:
        """When the next timer is due, in simulated time."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        return timers[0][0] if timers else None

    def run(self, action: Callable[[], object]) -> None:
        """Do it, and all that follows from it at this moment."""
        _set_running_loop(self)
        try:
            action()
            self._run_ready()
        finally:
            _set_running_loop(None)

    def run_timers(self) -> None:
        """Run what is due by now."""
        now = self._now()
        while (due := self.next_timer()) is not None and due <= now:
            handle = heapq.heappop(self._timers)[2]
            self._ready.append(handle)
        self.run(lambda: None)

    def _run_ready(self) -> None:
        ready = self._ready
        while ready:
            handle = ready.popleft()
            if not handle.cancelled():
                handle._run()
