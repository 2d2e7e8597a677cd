"""The calls about sessions: each reads its body, asks the desk, and answers with the session.

What the operations mean is `session_desk`. No hash of a password is ever in an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.config import SECRETS
from gateway.session_desk import SessionView
from gateway.web.answers import answer
from gateway.web.bodies import Nothing, read
from gateway.web.control import Control
from gateway.web.errors import bad_value
from gateway.web.routing import route

PATH = "/api/v1/sessions"


class Numbers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `sequence`: what the session expects next, what it sends next."""

    next_in: int | None = None
    next_out: int | None = None


class SessionRoutes:
    """Sessions over HTTP."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._desk = control.desk

    def routes(self) -> list[Route]:
        """What is served, by path and method."""
        one = f"{PATH}/{{comp_id}}"
        return [
            route(PATH, GET=self.list_all, POST=self.add),
            route(one, GET=self.show, DELETE=self.remove),
            route(f"{one}/suspend", POST=self.suspend),
            route(f"{one}/resume", POST=self.resume),
            route(f"{one}/disconnect", POST=self.disconnect),
            route(f"{one}/reset", POST=self.reset),
            route(f"{one}/sequence", POST=self.sequence),
            route("/api/v1/reload", POST=self.reload),
        ]

    # Looking

    async def list_all(self, _: Request) -> Response:
        """All sessions that were not removed, by comp id."""
        return answer({"sessions": [self._shown(view) for view in self._desk.views()]})

    async def show(self, request: Request) -> Response:
        """One session, with its settings."""
        return answer(self._in_full(self._desk.view(_comp_id(request))))

    def _shown(self, view: SessionView) -> dict[str, object]:
        session = self._control.sessions.by_comp_id[view.comp_id]
        return msgspec.structs.asdict(view) | {"password": bool(session.hashed)}

    def _in_full(self, view: SessionView) -> dict[str, object]:
        config = self._control.sessions.by_comp_id[view.comp_id].config
        settings = msgspec.structs.asdict(config)
        kept = {key: value for key, value in settings.items() if key not in SECRETS}
        return self._shown(view) | {"settings": kept}

    # Changing

    async def add(self, request: Request) -> Response:
        """A new session, of a table as in [[sessions]]."""
        config = self._control.new_session(await read(request, dict[str, object]))
        place = {"Location": f"{PATH}/{config.comp_id}"}
        return await self._change(lambda: self._desk.add(config), 201, place)

    async def remove(self, request: Request) -> Response:
        """The end of a session that was added."""
        await read(request, Nothing)
        self._control.change(lambda: self._desk.remove(_comp_id(request)))
        await self._control.durable()
        return answer(None, 204)

    async def suspend(self, request: Request) -> Response:
        """Logged out until it is resumed."""
        return await self._by_name(request, self._desk.suspend)

    async def resume(self, request: Request) -> Response:
        """It may log on again."""
        return await self._by_name(request, self._desk.resume)

    async def disconnect(self, request: Request) -> Response:
        """Logged out for the moment."""
        return await self._by_name(request, self._desk.disconnect)

    async def reset(self, request: Request) -> Response:
        """Both numbers begin again."""
        return await self._by_name(request, self._desk.reset)

    async def sequence(self, request: Request) -> Response:
        """Other numbers for a session that is down."""
        numbers = await read(request, Numbers)
        if numbers.next_in is None and numbers.next_out is None:
            bad_value("next_in or next_out must be given, both were left out")
        comp_id = _comp_id(request)
        return await self._change(
            lambda: self._desk.set_numbers(comp_id, numbers.next_in, numbers.next_out)
        )

    async def reload(self, request: Request) -> Response:
        """The venue file read again, as at SIGHUP; not in the loop, it may be large."""
        await read(request, Nothing)
        config = await asyncio.to_thread(self._control.read_config)
        changed = self._control.change(lambda: self._control.reload(config))
        await self._control.durable()
        return answer({"changed": sorted(changed)})

    async def _by_name(self, request: Request, action: Callable[[str], SessionView]) -> Response:
        await read(request, Nothing)
        comp_id = _comp_id(request)
        return await self._change(lambda: action(comp_id))

    async def _change(
        self,
        action: Callable[[], SessionView],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Carry it out; the answer shows the session as it was right after."""
        shown = self._in_full(self._control.change(action))
        await self._control.durable()
        return answer(shown, status, headers)


def _comp_id(request: Request) -> str:
    return str(request.path_params["comp_id"])
