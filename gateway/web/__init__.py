"""The control API: what an operator and his tools see of the venue, and do to it (JSON over HTTP).

`listening` the socket; `server` and `limits` HTTP itself (uvicorn), `gate` whom it listens to;
`api` the application (Starlette) made of `status` and the routes: `session_routes`,
`market_routes` (time and segments), `instrument_routes`, `order_routes` (and trades), with
`routing`, `bodies`, `answers`, `market_views`, `book_views`, `texts` and `errors`; `control` the
venue as the API may use it. Only `listening` and `control` may be imported where HTTP is off: the
libraries are not loaded then. Not here: what the operations do, which is `session_desk` and
`market_desk`, and anything an order passes through.
"""
