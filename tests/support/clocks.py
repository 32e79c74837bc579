"""Clocks that a test moves."""

import datetime as dt

from services.chassis.clock import utc_now


class SetClock:
    """A clock that stands still until the test moves it."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Move the clock by the arguments of a `timedelta`."""
        self.now += dt.timedelta(**by)


class SkewedClock:
    """The real clock, put forward by `ahead`."""

    ahead = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return utc_now() + self.ahead


class Later:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.by = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return utc_now() + self.by

    def go_to(self, at: dt.datetime) -> None:
        """Put it forward to an instant."""
        self.by = at - utc_now()
