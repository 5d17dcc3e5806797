"""The gate of the server: who may read its pages and open its websocket.

A page on this machine is reachable for every program on it, and through a browser for every web page that the user has
open. The gate lets a request pass if

* its Host is the server's own address, which a name that was rebound to 127.0.0.1 is not,
* its Origin, if it has one, is the server's own, which that of another web page or of another port is not,
* it has the server's token: in the address at first, then in a cookie that scripts can't read and that no other site
  sends.

Every other request is answered with 403. Known limit: a browser sends cookies of 127.0.0.1 to every port of it, so
that another server of this machine that the user visits can read the token.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bokeh.server.tornado import BokehTornado
    from tornado.httputil import HTTPServerRequest


def refusal(request: HTTPServerRequest, address: str, token: str, cookie: str) -> str:
    """The reason against a request, in words; "" if it may pass.

    Args:
        request: with its headers.
        address: the server's own, "127.0.0.1:4567".
        token: the server's.
        cookie: name of the cookie that has the token.
    """
    if request.headers.get_list("Host") != [address]:
        return "another host"
    if any(origin != f"http://{address}" for origin in request.headers.get_list("Origin")):
        return "another origin"
    sent = request.cookies[cookie].value if cookie in request.cookies else ""
    known = [*_query(request), sent]
    return "" if any(secrets.compare_digest(one.encode(), token.encode()) for one in known) else "no token"


def enters(request: HTTPServerRequest) -> bool:
    """Whether a request has a token in its address, which its answer moves to a cookie."""
    return bool(_query(request))


def _query(request: HTTPServerRequest) -> list[str]:
    return [one.decode("latin1") for one in request.query_arguments.get("token", [])]


def guarded(applications: dict[str, Any], address: str, token: str) -> BokehTornado:
    """The web application of Bokeh behind the gate."""
    from bokeh.server.tornado import BokehTornado
    from tornado.web import RequestHandler

    cookie = f"membrax_{address.rpartition(':')[2]}"

    class Refused(RequestHandler):
        """The answer to a request that may not pass."""

        def prepare(self) -> None:
            self.set_status(403)
            self.finish(f"refused: {refusal(self.request, address, token, cookie)}\n")

    class Entrance(RequestHandler):
        """The answer to the address with the token: a cookie, and the way to the page without it."""

        def get(self, *path: str) -> None:
            self.set_cookie(cookie, token, httponly=True, samesite="Strict")
            self.set_header("Referrer-Policy", "no-referrer")
            # A page of its own, not a redirect: after a link from elsewhere a redirect would have no Strict cookie.
            self.finish('<!DOCTYPE html><meta http-equiv="refresh" content="0; url=/"><title>membrax</title>')

    class Guarded(BokehTornado):
        """Bokeh's application, which sees the requests that may pass alone."""

        def find_handler(self, request: HTTPServerRequest, **others: Any) -> Any:
            if refusal(request, address, token, cookie):
                return self.get_handler_delegate(request, Refused)
            if enters(request):
                return self.get_handler_delegate(request, Entrance)
            return super().find_handler(request, **others)

        def log_request(self, handler: RequestHandler) -> None:
            """No log: an address in it would have the token."""

    return Guarded(applications, extra_websocket_origins=[address])
