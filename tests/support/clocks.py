"""Clocks of tests."""

import datetime as dt

from services.chassis.clock import utc_now


class Later:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.by = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return utc_now() + self.by

    def go_to(self, at: dt.datetime) -> None:
        """Put it forward to an instant."""
        self.by = at - utc_now()
