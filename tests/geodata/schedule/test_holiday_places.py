"""Which holidays an address has."""

import datetime as dt

import pytest

from geodata.schedule.holiday_calendar import public_holidays
from geodata.schedule.holiday_places import holiday_subdivision


@pytest.mark.parametrize(
    ("postcode", "day", "is_holiday"),
    [
        ("67000", "2026-12-26", True),  # Strasbourg
        ("57000", "2026-12-26", True),  # Metz
        ("75001", "2026-12-26", False),
        ("97110", "2026-05-27", True),  # Pointe-à-Pitre: abolition of slavery
        ("97133", "2026-10-09", True),  # Saint-Barthélemy
        ("97150", "2026-05-28", True),  # Saint-Martin
        ("97400", "2026-12-20", True),  # Saint-Denis de La Réunion
        ("98800", "2026-09-24", True),  # Nouméa
        ("38000", "2026-12-20", False),
    ],
)
def test_in_france_the_postcode_tells(postcode: str, day: str, is_holiday: bool) -> None:
    subdivision = holiday_subdivision("FR", postcode, "")
    assert is_holiday is (dt.date.fromisoformat(day) in public_holidays("FR", subdivision))


def test_elsewhere_the_address_does() -> None:
    assert "BY" == holiday_subdivision("DE", "67000", "BY")
    assert "" == holiday_subdivision("FR", "75001", "")
    assert "Bretagne" == holiday_subdivision("FR", "35000", "Bretagne")
