"""Forwards the caller's credentials and trace context to the services."""

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


def outgoing() -> list[tuple[str, str]]:
    """The headers of a call: the current request's id, trace and caller's credentials."""
    incoming = correlation.current_metadata()
    forwarded = [(name, incoming[name]) for name in FORWARDED if name in incoming]
    return [*tracing.outgoing(), *forwarded]
