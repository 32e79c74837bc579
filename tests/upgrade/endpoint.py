"""An endpoint of webhooks in a thread: it keeps what was posted, and answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Post(NamedTuple):
    """What was posted; the names of headers are in small letters."""

    headers: dict[str, str]
    body: bytes


class Endpoint(ThreadingHTTPServer):
    """Answers every post with its status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 204
        self.taken: list[Post] = []

    @property
    def uri(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.status < 300:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.taken.append(Post(headers, body))
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of posts."""


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """An endpoint that runs."""
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
