"""The clock is an argument: decisions take the time, only servers read it."""

import datetime as dt
from collections.abc import Callable

Clock = Callable[[], dt.datetime]
"""Answers the present moment, in UTC."""


def utc_now() -> dt.datetime:
    """The present moment by the machine's clock."""
    return dt.datetime.now(dt.UTC)
