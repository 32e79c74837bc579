"""The reference cases of opening-hours-rs that must have the hours that they say."""

from typing import Any

from geodata.points import Point
from geodata.schedule.expression import follows_sun

PARIS_SUN, DAVIS_SUN = Point(48.87, 2.29), Point(-80, 80)

OTHER_HOLIDAYS = {
    ("2020-07-04", "10:00-12:00; PH off", "us"),
    ("2025-03-08", "10:00-12:00; PH off", "de"),
    ("2025-03-08", "08:00-18:00, PH 12:00-14:00 off", "de"),
}
"""Cases whose calendar is not ours. Independence Day of 2020 fell on a Saturday: it is a holiday
itself beside the Friday kept for it. Without a federal state, Germany has its national holidays,
and International Women's Day is none."""

OTHERWISE = {
    "a comment alone is UNKNOWN": {
        '10:00-18:00 "may close later" ; 12:00-13:00 closed "ring the bell"',
        '10:00-18:00 "may close later", 12:00-13:00 "ring the bell"',
        '10:00-14:00 "may open earlier", 14:00-18:00 "may close later"',
    },
    "a fallback counts outside the hours of the first rule": {
        "Jun:10:00-12:00 open || unknown",
        "Jun:10:00-12:00 open || Mo-Fr closed || unknown",
    },
    "a date that does not exist is refused": {"Feb01-Feb31:10:00-12:00", "May15-01:10:00-12:00"},
    "a range of days ends after it begins": {"2020 Jan Mo[-1]-15"},
    "an open end is UNKNOWN for ten hours at most": {"Jun dusk+"},
    "a year is named by the first date": {"Mar 28-2021 Apr 16", "easter-2025 Jan Su[-2]"},
}
"""Cases whose text means something else by the specification, by the rule that says so."""

JUDGED = frozenset().union(*OTHERWISE.values())


def is_same(case: dict[str, Any]) -> bool:
    """Whether a case must have the hours that it says."""
    without_sun = "lat" in case or not follows_sun(case["value"])
    # Where the sun does not rise or set, the cases take summer for winter.
    is_polar = case.get("lat") == -80.0 and case.get("date", "")[:7] in ("2020-01", "2020-06")
    return case["value"] not in JUDGED and without_sun and not is_polar


def in_year_9999_or_before(case: dict[str, Any]) -> bool:
    return not case["at"].startswith("+")
