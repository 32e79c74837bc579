"""Public and school holidays by country and subdivision, from the `holidays` package.

opening-hours-py has its own, but they lack subdivisions and whole countries, so it is never asked.
"""

import bisect
import datetime as dt
import functools

import holidays
from holidays.constants import PUBLIC, SCHOOL

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""The years that are searched for holidays."""

# A name that the package gave up for a code, kept because people and data still use it.
_FORMER_NAMES = {("FR", "Alsace-Moselle"): "57"}


class HolidayCalendar:
    """The holidays of one kind in one place, worked out a year at a time."""

    def __init__(self, country: str, subdivision: str, category: str) -> None:
        self._country = country
        self._category = category
        self.exists = False
        """True if `holidays` has this kind of holidays for this country."""
        self.subdivision = ""
        """The code that `holidays` knows; empty is the whole country."""
        self._languages: tuple[str, ...] = ()
        self._own_language = ""
        if country in holidays.list_supported_countries(include_aliases=False):
            entity = holidays.country_holidays(country)
            self.exists = category in entity.supported_categories
            self.subdivision = _code_of(entity, subdivision)
            self._languages = entity.supported_languages
            self._own_language = entity.default_language or ""
        self._years: dict[int, list[dt.date]] = {}

    def __contains__(self, date: dt.date) -> bool:
        return date in self._dates(date.year)

    def covers(self, year: int) -> bool:
        """True if any holiday is known that year: school holidays end where they are published."""
        return bool(self._dates(year))

    def next_from(self, date: dt.date) -> dt.date | None:
        """The first holiday on or after a date, None where the calendar ends."""
        for year in range(max(date.year, FIRST_YEAR), LAST_YEAR + 1):
            dates = self._dates(year)
            if (at := bisect.bisect_left(dates, date)) < len(dates):
                return dates[at]
        return None

    def last_until(self, date: dt.date) -> dt.date | None:
        """The last holiday on or before a date, None where the calendar begins."""
        for year in range(min(date.year, LAST_YEAR), FIRST_YEAR - 1, -1):
            dates = self._dates(year)
            if (at := bisect.bisect_right(dates, date)) > 0:
                return dates[at - 1]
        return None

    def name(self, date: dt.date, language: str = "") -> str:
        """The holiday's name in a language (`fr`, `en_US`) if it is known, else in the country's.

        Empty where the date is no holiday.
        """
        return self._named(date.year, self._spoken(language)).get(date, "")

    def _dates(self, year: int) -> list[dt.date]:
        if not self.exists:
            return []
        if year not in self._years:
            self._years[year] = sorted(self._named(year, self._own_language))
        return self._years[year]

    def _named(self, year: int, language: str) -> dict[dt.date, str]:
        if not self.exists:
            return {}
        return _holidays(self._country, self.subdivision, self._category, year, language)

    def _spoken(self, language: str) -> str:
        exact = language.replace("-", "_")
        if exact in self._languages:
            return exact
        related = [name for name in self._languages if name[:2] == exact[:2]]
        return related[0] if related else self._own_language


@functools.lru_cache(maxsize=2048)
def public_holidays(country: str, subdivision: str = "") -> HolidayCalendar:
    """Public holidays, substitute days included."""
    return HolidayCalendar(country, subdivision, PUBLIC)


@functools.lru_cache(maxsize=512)
def school_holidays(country: str, zone: str = "") -> HolidayCalendar:
    """School holidays, of the few countries and years that `holidays` has them for."""
    return HolidayCalendar(country, zone, SCHOOL)


@functools.lru_cache(maxsize=8192)
def _holidays(
    country: str, subdivision: str, category: str, year: int, language: str
) -> dict[dt.date, str]:
    # The language is always given: without one the names would follow the machine's locale.
    return dict(
        holidays.country_holidays(
            country,
            subdiv=subdivision or None,
            years=year,
            categories=(category,),
            language=language or None,
        )
    )


def _code_of(entity: holidays.HolidayBase, subdivision: str) -> str:
    name = subdivision.removeprefix(f"{entity.country}-")
    name = _FORMER_NAMES.get((entity.country, name), name)
    for code, aliases in entity.get_subdivision_aliases().items():
        if name == code or name in aliases:
            return str(code)
    return ""
