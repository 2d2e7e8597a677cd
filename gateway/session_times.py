"""When sessions must be up, down or begin their numbers again: the clockwork of all of them.

A session outside its hours is logged out; one whose numbers are due to begin again is logged out
too, for FIX has no way to do it in passing that every client knows, and begins again as soon as it
is down. What must not be here: the times themselves (`fix.hours`), and a clock.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.fix.admin_bodies import LOGOUT_STATUS
from gateway.sessions import Sessions, VenueSession

TRY_AGAIN_NANOS = 250_000_000
"""A session that was logged out is looked at again after so long, until it is down."""


class SessionTimes:
    """Looks after the sessions that have hours or resets; `reset_if_due` begins numbers again."""

    def __init__(
        self, sessions: Sessions, reset_if_due: Callable[[VenueSession, int], bool]
    ) -> None:
        self._sessions = sessions
        self._reset_if_due = reset_if_due
        self._next: int | None = 0

    def look_again(self) -> None:
        """Sessions have come, gone or changed."""
        self._next = 0

    def next_deadline(self) -> int | None:
        """When `on_timer` wants to be called; None: there are no such sessions."""
        return self._next

    def on_timer(self, now: int) -> None:
        """Do what is due."""
        if self._next is None or now < self._next:
            return
        moments = [self._look_after(s, now) for s in self._sessions.by_comp_id.values()]
        self._next = min((at for at in moments if at is not None), default=None)

    def _look_after(self, session: VenueSession, now: int) -> int | None:
        """Do what is due for one session; returns when there is more to do."""
        hours, resets, fix = session.hours, session.reset_times, session.fix
        if hours is None and resets is None:
            return None
        if hours is not None and fix.connected and not hours.is_open(now):
            fix.logout("session end", now, LOGOUT_STATUS["hours"])
            return now + TRY_AGAIN_NANOS
        if resets is not None and fix.connected and resets.last(now) > fix.reset_at:
            fix.logout(f"sequence numbers are reset {session.config.reset}", now)
            return now + TRY_AGAIN_NANOS
        self._reset_if_due(session, now)
        moments = (
            hours.next_change(now) if hours is not None else None,
            resets.next(now) if resets is not None else None,
        )
        return min((at for at in moments if at is not None), default=None)
