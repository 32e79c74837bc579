"""The id of a request, from the edge to the last log line: `x-request-id`.

Envoy gives each request an id and tells it to the client; a gRPC client may send its own, and gets
one here otherwise. The id is read only when it is needed: in a log line or in an error.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import structlog

from services.chassis import chance

HEADER = "x-request-id"
ACCEPTED = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,56}")
"""UUIDs and other hexadecimal ids; no other text of a client reaches logs and traces."""

Metadata = Iterable[tuple[str, Any]]


@dataclass(slots=True)
class _Request:
    metadata: Callable[[], Metadata | None]
    id: str = ""


_request: ContextVar[_Request | None] = ContextVar("request", default=None)


def begin(metadata: Callable[[], Metadata | None]) -> None:
    """Start a request in the present context; `metadata` returns its headers."""
    _request.set(_Request(metadata))


def current_id() -> str:
    """The id of the request that is being answered; empty outside of a request."""
    request = _request.get()
    if request is None:
        return ""
    if not request.id:
        sent = next((value for key, value in request.metadata() or () if key == HEADER), "")
        is_fit = isinstance(sent, str) and ACCEPTED.fullmatch(sent)
        request.id = str(sent) if is_fit else chance.uuid4()
    return request.id


def current_metadata() -> Mapping[str, str]:
    """The text headers of the request that is being answered."""
    request = _request.get()
    headers = (request.metadata() or ()) if request else ()
    return {key: value for key, value in headers if isinstance(value, str)}


def add_request_id(
    _logger: Any, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """Add the request's id to a log line; a processor of structlog."""
    if id := current_id():
        event["request_id"] = id
    return event
