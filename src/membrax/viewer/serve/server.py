"""The server of a page on 127.0.0.1."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from ...ephys import View
from ..view import require_bokeh
from .document import fill
from .fit_job import FitJob
from .gate import guarded

HOST = "127.0.0.1"


def serve(view: View, folder: Path, *, port: int = 0, ready: Callable[[str], object] = print) -> None:
    """Serve the page of a cell on this machine until Ctrl-C; a fit that is running then is stopped.

    Args:
        view: the measured cell.
        folder: where a fit is written, in its subfolder "fit".
        port: 0 for a free one.
        ready: called with the address, which has the token, once the server answers.

    Raises:
        ImportError: without Bokeh.
        OSError: the port is taken.
    """
    require_bokeh()
    from bokeh.server.server import BaseServer
    from tornado.httpserver import HTTPServer
    from tornado.ioloop import IOLoop
    from tornado.netutil import bind_sockets

    sockets = bind_sockets(port, HOST)
    address = f"{HOST}:{sockets[0].getsockname()[1]}"
    token = secrets.token_urlsafe(32)
    job = FitJob(view.data[0], folder / "fit") if len(view.data) == 1 else None
    application = guarded({"/": lambda document: fill(document, view, job)}, address, token)
    web = HTTPServer(application)
    web.add_sockets(sockets)
    server = BaseServer(IOLoop.current(), application, web)
    server.start()
    IOLoop.current().add_callback(ready, f"http://{address}/?token={token}")
    try:
        IOLoop.current().start()  # Bokeh's run_until_shutdown takes SIGTERM for itself and ends with status 0
    finally:
        server.stop()
        if job is not None:
            job.stop()
