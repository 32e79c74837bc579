"""The clock, an argument of decisions: only servers read the machine's."""

import datetime as dt
from collections.abc import Callable

Clock = Callable[[], dt.datetime]
"""Returns the present instant, in UTC."""


def utc_now() -> dt.datetime:
    """The present instant by the machine's clock."""
    return dt.datetime.now(dt.UTC)
