"""An expression of opening hours as a store has it, and what its hours depend on."""

import re

from geodata.points import Point
from geodata.schedule.errors import ScheduleError
from geodata.schedule.hours import Place
from geodata.schedule.painting import Painting
from geodata.schedule.reading import understood
from geodata.schedule.states import State

_SUN = re.compile("sunrise|sunset|dawn|dusk")


class Expression(Painting):
    """The hours of a text.

    Raises:
        ScheduleError: with position and message, if the text is not understood.
    """

    def __init__(self, text: str, time_zone: str, location: Point | None = None) -> None:
        place = Place(time_zone, location) if location and time_zone else None
        super().__init__(understood(text), place)


def follows_sun(text: str) -> bool:
    """True if hours depend on where the sun rises and sets."""
    # Loading a million stores asks this a million times; most texts need not be parsed for it.
    if not _SUN.search(text.lower()):  # faster than ignoring case
        return False
    try:
        return any(rule.follows_sun for rule in understood(text))
    except ScheduleError:
        return False


def follows_holidays(text: str, *, public: bool | None = None) -> bool:
    """True if hours depend on holidays, or on public (or school) ones only."""
    try:
        rules = understood(text)
    except ScheduleError:
        return False
    return any(
        public is None or holiday.public is public for rule in rules for holiday in rule.holidays
    )


def may_open(text: str) -> bool:
    """True if a text has any hours that are OPEN."""
    try:
        return any(rule.state is State.OPEN for rule in understood(text))
    except ScheduleError:
        return False


def comments(text: str) -> frozenset[str]:
    """The comments of the rules of a text."""
    try:
        return frozenset(rule.comment for rule in understood(text) if rule.comment)
    except ScheduleError:
        return frozenset()
