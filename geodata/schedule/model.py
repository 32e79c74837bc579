"""A schedule as frozen data: regular hours, special days, closures, holiday rules.

The precedence, strongest first: a store's status, a temporary closure, a dated exception, the
rule for public holidays, the regular hours.
"""

import datetime as dt
import difflib
import enum
import itertools
import re
import zoneinfo
from dataclasses import dataclass

from geodata.points import Point
from geodata.schedule.errors import ScheduleError
from geodata.schedule.reading import understood
from geodata.schedule.states import State as State
from geodata.schedule.syntax import MINUTES_PER_DAY as MINUTES_PER_DAY

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


class RuleKind(enum.Enum):
    """The kind of rule that decided a state."""

    REGULAR = "regular"
    HOLIDAY = "holiday"
    EXCEPTION = "exception"
    CLOSURE = "closure"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that decided."""

    kind: RuleKind
    name: str = ""
    """The holiday's name, the exception's label, the closure's or the status's reason."""
    date: dt.date | None = None
    """The local date of the holiday or exception."""


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """Opening hours that begin on one local day, in minutes of wall-clock time since midnight."""

    opens_min: int
    """In [0, 1440)."""
    closes_min: int
    """Exclusive; above 1440 it lies in the next local day; at most 24 hours after opening."""

    def __post_init__(self) -> None:
        if not 0 <= self.opens_min < MINUTES_PER_DAY:
            raise ScheduleError("opens", f"must be in [0, 1440) minutes, got {self.opens_min}")
        if not 0 < self.closes_min - self.opens_min <= MINUTES_PER_DAY:
            raise ScheduleError("closes", "must be after opening, by at most 24 hours")

    @classmethod
    def of(cls, opens: str, closes: str, *, field: str = "hours") -> "TimeRange":
        """Read `HH:MM` times; `closes` may be `24:00`, and before `opens` it is the next day's.

        Raises:
            ScheduleError: on what is not a time, and on equal times, whose meaning (closed or
                24 hours) differs from format to format.
        """
        opens_min = clock_minutes(opens, f"{field}.opens")
        closes_min = clock_minutes(closes, f"{field}.closes")
        if opens_min == MINUTES_PER_DAY:
            raise ScheduleError(f"{field}.opens", "no day begins at 24:00", suggestion="00:00")
        if opens_min == closes_min:
            raise ScheduleError(
                f"{field}.closes",
                f"opens and closes at the same time, {opens}",
                suggestion="00:00-24:00 for the whole day, no hours at all for closed",
            )
        if closes_min < opens_min:
            closes_min += MINUTES_PER_DAY
        return cls(opens_min, closes_min)

    def __str__(self) -> str:
        """As OSM writes it: `09:00-12:30`, `22:00-02:00`, `00:00-24:00`."""
        closes_min = self.closes_min
        if closes_min > MINUTES_PER_DAY:
            closes_min -= MINUTES_PER_DAY
        return f"{clock_text(self.opens_min)}-{clock_text(closes_min)}"


ALL_DAY = TimeRange(0, MINUTES_PER_DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedException:
    """Special hours: they replace the regular hours of whole local dates.

    Hours carried over midnight from a date under another rule end as an exception begins. Its own
    hours run on past midnight: into its next date, or into the regular day after its last.
    """

    first_date: dt.date
    last_date: dt.date
    """Inclusive."""
    ranges: tuple[TimeRange, ...] = ()
    """The hours of each of its dates; empty is closed."""
    label: str = ""

    def __post_init__(self) -> None:
        if self.last_date < self.first_date:
            raise ScheduleError(
                "exceptions.last_date", f"{self.last_date} is before {self.first_date}"
            )
        object.__setattr__(self, "ranges", tuple(sorted(self.ranges)))
        for earlier, later in itertools.pairwise(self.ranges):
            if later.opens_min < earlier.closes_min:
                raise ScheduleError("exceptions.ranges", f"{earlier} and {later} overlap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A temporary closure, over every other hour but not over the store's status.

    With dates it closes whole local dates; with instants exactly [starts, ends).
    """

    starts: dt.date | dt.datetime
    """A local date, or an instant with its UTC offset."""
    ends: dt.date | dt.datetime | None = None
    """The last closed date, or the instant of reopening; None is until further notice."""
    reason: str = ""
    expires: dt.datetime | None = None
    """From this instant on the closure no longer counts, whatever `ends` says."""
    for_good: bool = False
    """True if it is the end of the store: `reason` is then told as a status is."""

    def __post_init__(self) -> None:
        for name in ("starts", "ends", "expires"):
            value = getattr(self, name)
            if isinstance(value, dt.datetime) and value.tzinfo is None:
                raise ScheduleError(f"closures.{name}", "needs a UTC offset", suggestion="Z")
        if self.ends is None:
            return
        if isinstance(self.starts, dt.datetime) is not isinstance(self.ends, dt.datetime):
            raise ScheduleError("closures.ends", "is an instant if `starts` is, else a date")
        if self.ends < self.starts or (self.by_instants and self.ends == self.starts):
            raise ScheduleError("closures.ends", f"{self.ends} is not after {self.starts}")

    @property
    def by_instants(self) -> bool:
        """True if the closure begins and ends at instants rather than on dates."""
        return isinstance(self.starts, dt.datetime)


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayRules:
    """The place whose holidays `PH` and `SH` are, and hours on public ones without a `PH` rule."""

    country: str = ""
    """ISO 3166-1 alpha-2 in capitals; empty knows no holidays."""
    subdivision: str = ""
    """A subdivision's ISO 3166-2 code or name; empty, or one without its own holidays, has the
    national ones only."""
    school_zone: str = ""
    """Where school holidays have zones of their own (`Zone A` in France); else empty."""
    on_public_holiday: str = ""
    """The text after `PH ` of an OSM rule, for expressions that have none: `off`, `10:00-16:00`.
    Empty keeps the regular hours."""

    def __post_init__(self) -> None:
        if self.on_public_holiday:
            try:
                understood(f"PH {self.on_public_holiday}")
            except ScheduleError as error:
                raise ScheduleError(
                    "holidays.on_public_holiday", error.message, suggestion="off"
                ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a store, or one counter in it, is open.

    Raises:
        ScheduleError: on an unknown time zone and on exceptions that overlap without being
            identical. A text that is no OSM expression is kept: its hours are UNKNOWN.
    """

    expression: str = ""
    """Regular hours in OSM `opening_hours` grammar; empty is UNKNOWN."""
    time_zone: str = ""
    """IANA name; empty makes every state UNKNOWN."""
    exceptions: tuple[DatedException, ...] = ()
    """Kept in order of dates, each once."""
    closures: tuple[Closure, ...] = ()
    holidays: HolidayRules = HolidayRules()
    location: Point | None = None
    """Only for rules by the sun; without it their hours are UNKNOWN."""
    unusable: str = ""
    """Why an importer found no usable hours, if it found none."""
    host: "Schedule | None" = None
    """The schedule of the store that this service is in. On dates on which a holiday or an
    exception decides the store's hours, the service is CLOSED when the store is, unless it has
    hours of its own for the date: an exception, or a rule that names the date or `PH`."""
    status: str = ""
    """Why the store does not trade at all; not empty closes it throughout. `not open yet`,
    `temporarily closed`, `closed for good` and `moved` have words in each language."""

    def __post_init__(self) -> None:
        if self.time_zone:
            check_time_zone(self.time_zone)
        exceptions = sorted(set(self.exceptions), key=lambda e: (e.first_date, e.last_date))
        for earlier, later in itertools.pairwise(exceptions):
            if later.first_date <= earlier.last_date:
                raise ScheduleError(
                    "exceptions",
                    f"two exceptions give different hours for {later.first_date}",
                    suggestion="one exception a date, with all its hours",
                )
        object.__setattr__(self, "exceptions", tuple(exceptions))


def check_time_zone(name: str) -> None:
    """Raise a `ScheduleError`, with the nearest known name, unless `name` is an IANA time zone."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name[:64], zoneinfo.available_timezones(), n=1)
        raise ScheduleError(
            "time_zone", f"no IANA time zone {name[:64]!r}", suggestion="".join(near)
        ) from None


def clock_minutes(text: str, field: str) -> int:
    """Minutes since midnight of an `HH:MM` time, `24:00` included."""
    if not _CLOCK.fullmatch(text):
        raise ScheduleError(field, f"not a time of day: {text[:20]!r}", suggestion="HH:MM")
    return int(text[:2]) * 60 + int(text[3:])


def clock_text(minutes: int) -> str:
    """`HH:MM` of minutes since midnight."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
