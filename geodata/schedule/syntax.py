"""The parts of an expression: rules, and what selects their dates and times."""

import enum
from typing import NamedTuple

from geodata.schedule.date_ranges import DateRange, Offset
from geodata.schedule.states import State

MINUTES_PER_DAY = 24 * 60
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EVERY_DAY = 0b1111111
"""All weekdays, as bits; Monday is bit 0."""


class Separator(enum.Enum):
    """The mark that joins a rule to those before it."""

    NORMAL = ";"
    """Its hours replace those of earlier rules on the dates that it selects."""
    ADDITIONAL = ","
    """Its hours are added."""
    FALLBACK = "||"
    """Its hours count where the earlier ones are closed."""


class SunTime(NamedTuple):
    """A time of day that follows the sun."""

    event: str
    """`dawn`, `sunrise`, `sunset` or `dusk`."""
    offset_min: int


class Times(NamedTuple):
    """Hours that begin on one date, in minutes since its midnight."""

    opens: int | SunTime
    closes: int | SunTime | None
    """As written; None for `17:00+`."""
    open_end: bool


def open_end_min(begin: int) -> int:
    """How long hours may last whose end is not known, from a minute of the day on."""
    if begin >= 22 * 60:
        return 8 * 60
    return 10 * 60 if begin >= 17 * 60 else MINUTES_PER_DAY - begin


class YearRange(NamedTuple):
    """Years from first to last, each so many apart; `last` is 9999 for an open range."""

    first: int
    last: int
    step: int

    def has(self, year: int) -> bool:
        """True if a year is one of them."""
        return self.first <= year <= self.last and (year - self.first) % self.step == 0


class WeekRange(NamedTuple):
    """ISO weeks from first to last, each so many apart."""

    first: int
    last: int
    step: int

    def has(self, week: int) -> bool:
        """True if a week is one of them."""
        return self.first <= week <= self.last and (week - self.first) % self.step == 0


class NthWeekday(NamedTuple):
    """`Mo[1,-1]`: the first and the last Monday of each month, perhaps moved."""

    weekday: int
    nth: frozenset[int]
    offset: Offset


class HolidaySelector(NamedTuple):
    """`PH` or `SH`, perhaps the days after: `PH +1 day`."""

    public: bool
    offset_days: int


class DaySet(NamedTuple):
    """A list of days joined by commas; a date is in it if any part has it."""

    weekdays: int = 0
    """As bits; Monday is bit 0."""
    nth: tuple[NthWeekday, ...] = ()
    holidays: tuple[HolidaySelector, ...] = ()


class Rule(NamedTuple):
    """One rule. A date must match every kind of selector that the rule has."""

    separator: Separator = Separator.NORMAL
    years: tuple[YearRange, ...] = ()
    dates: tuple[DateRange, ...] = ()
    weeks: tuple[WeekRange, ...] = ()
    days: tuple[DaySet, ...] = ()
    """`PH,Su` is one set, `PH Su` are two: Sundays that are holidays."""
    times: tuple[Times, ...] = ()
    """Empty is the whole day."""
    state: State = State.OPEN
    comment: str = ""
    start: int = 0
    """Where its text begins."""
    unordered: bool = False
    """True if its parts stand in another order than OSM's: `10:00-12:00 Mo`."""
    always: bool = False
    """True if it says `24/7`."""

    @property
    def selects_all(self) -> bool:
        """True if it is about every date."""
        return not (self.years or self.dates or self.weeks or self.days)

    @property
    def holidays(self) -> tuple[HolidaySelector, ...]:
        """Its `PH` and `SH`."""
        return tuple(holiday for days in self.days for holiday in days.holidays)

    @property
    def follows_sun(self) -> bool:
        """True if its hours depend on where the sun rises and sets."""
        return any(
            isinstance(moment, SunTime)
            for each in self.times
            for moment in (each.opens, each.closes)
        )
