"""Forwards the caller's credentials and trace context to the services."""

from services.chassis.telemetry import correlation, tracing

FORWARDED = ("authorization", "origin", "referer", "x-api-key", "x-forwarded-for")
"""Headers that identify a caller to the services: its key or token, its page, its address."""


def outgoing() -> list[tuple[str, str]]:
    """The headers of a call: the current request's id, trace and caller's credentials."""
    incoming = correlation.current_metadata()
    forwarded = [(name, incoming[name]) for name in FORWARDED if name in incoming]
    return [*tracing.outgoing(), *forwarded]
