"""Forwards the caller's credentials and trace context to the services."""

import re
from collections.abc import Iterable

from services.chassis.access.credentials import EDGE_HEADER, KEY_HEADER
from services.chassis.telemetry import correlation, tracing

FORWARDED = (
    "authorization",
    "origin",
    "referer",
    KEY_HEADER,
    "x-forwarded-for",
    EDGE_HEADER,
)
"""Headers that identify a caller to the services: its key or token, its page, its address."""


_ILLEGAL = re.compile(r"[^ -~]")
"""Characters that HTTP allows in the value of a header, and gRPC refuses."""


def outgoing() -> list[tuple[str, str]]:
    """The headers of a call: the current request's id, trace and caller's credentials."""
    return [*tracing.outgoing(), *forwarded(FORWARDED)]


def forwarded(names: Iterable[str]) -> list[tuple[str, str]]:
    """The headers of these names that the current request has.

    A character that gRPC refuses becomes a question mark: the services then judge the value as
    any other wrong one, and no header that tells a caller is dropped.
    """
    incoming = correlation.current_metadata()
    return [(name, _ILLEGAL.sub("?", incoming[name])) for name in names if name in incoming]
