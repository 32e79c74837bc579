"""Whoever asks the application is who asks the services: its calls say so."""

from services.chassis.telemetry import correlation, tracing

FORWARDED = ("authorization", "origin", "referer", "x-api-key", "x-forwarded-for")
"""By which the services know a caller: its key or token, its page, its address."""


def outgoing() -> list[tuple[str, str]]:
    """The headers of a call: those of the request that is being answered, its id and its trace."""
    asked = correlation.current_metadata()
    told = [(name, asked[name]) for name in FORWARDED if name in asked]
    return [*tracing.outgoing(), *told]
