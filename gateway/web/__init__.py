"""The control API: what an operator and his tools see of the venue, and do to it (JSON over HTTP).

`listening` the socket; `server` and `limits` HTTP itself (uvicorn), `gate` whom it listens to;
`api` the application (Starlette) made of `session_routes` and `status`, with `bodies`, `answers`
and `errors`; `control` the venue as the API may use it. Only `listening` and `control` may be
imported where HTTP is off: the libraries are not loaded then. Not here: what the operations do,
which is `session_desk`, and anything an order passes through.
"""
