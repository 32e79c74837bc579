"""Stores that a search finds, with their times, and the end of a page of them."""

from collections.abc import Sequence
from typing import NamedTuple

from services.directory.journeys import Journey, Travel
from services.directory.router import Ways


class Cursor(NamedTuple):
    """The end of a page that is ranked by time: its last store of each kind, or of pages before."""

    timed: tuple[float, str] | None = None
    """Seconds and id."""
    guessed: tuple[float, str] | None = None
    """Distance in metres and id."""


class Hit(NamedTuple):
    """A found store."""

    row: int
    id: str
    distance_m: float
    seconds: float
    ways: Ways | None = None
    """Those that it is reached by; None if the time is an estimate."""

    @property
    def order(self) -> tuple[float, bool]:
        """Its place among the stores of both kinds."""
        return self.seconds, self.ways is None

    def journey(self, travel: Travel) -> Journey:
        """The journey, with its length if the travel wants that."""
        if self.ways is None or self.ways.journey is None:
            return Journey(self.seconds, True)
        return self.ways.journey(self.row, self.seconds, travel.has_lengths)


def cursor_after(hits: Sequence[Hit], before: Cursor) -> Cursor:
    """The end of a page of hits by time; `before` is the end of the page before it."""
    timed, guessed = before
    for hit in hits:
        if hit.ways is None:
            guessed = hit.distance_m, hit.id
        else:
            timed = hit.seconds, hit.id
    return Cursor(timed, guessed)
