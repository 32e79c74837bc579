"""Tests that coordinates with the faults of real feeds are repaired or dropped."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geodata.importers.coordinates import Located, Spot
from geodata.importers.coordinates import locate as located_in
from geodata.points import Point

LYON = Point(45.76, 4.84)


def locate(latitude: str, longitude: str, country: str = "", postcode: str = "") -> Located:
    return located_in(latitude, longitude, Spot(country, postcode))


@pytest.mark.parametrize(
    ("latitude", "longitude", "country", "note"),
    [
        ("45.76", "4.84", "FR", ""),
        ("45.76", "4.84", "", ""),
        ("45,76", "4,84", "FR", ""),
        (" 45.76° ", "4.84", "FR", ""),
        ("4.84", "45.76", "FR", "swapped latitude and longitude"),
        ("4576000", "484000", "FR", "divided by 100,000"),
        ("4576000.0", "484000.0", "FR", "divided by 100,000"),
        ("45760000", "4840000", "FR", "divided by 1,000,000"),
        ("457600000", "48400000", "FR", "divided by 10,000,000"),
    ],
)
def test_a_shop_in_lyon_is_put_in_lyon(
    latitude: str, longitude: str, country: str, note: str
) -> None:
    # Seven digits may be metres of a grid, too: then the postcode tells.
    located = locate(latitude, longitude, country, "69003" if "by 100,000" in note else "")
    assert located.point is not None
    assert (LYON.latitude, LYON.longitude) == pytest.approx(
        (located.point.latitude, located.point.longitude), abs=1e-9
    )
    assert bool(note) == located.repaired
    assert note in located.note


@pytest.mark.parametrize(
    ("latitude", "longitude", "country", "note"),
    [
        ("", "", "FR", "no coordinates: kept without a location"),
        ("0", "0", "FR", "0, 0 means unknown"),
        ("0.0", "-0.0", "", "0, 0 means unknown"),
        ("45.76", "", "FR", "'45.76', '': the longitude is missing"),
        ("nan", "4.84", "FR", "'nan' is not a number of degrees (latitude)"),
        ("inf", "4.84", "FR", "is not a number of degrees"),
        ("north", "4.84", "FR", "is not a number of degrees"),
        ("1e400", "4.84", "FR", "is not a number of degrees"),
        # Latitudes of the fuel feed that lie in the Norwegian Sea.
        ("59.7739549465", "-1.71596010798", "FR", "is not in FR"),
        ("62.6065598007", "2.64919477127", "FR", "is not in FR"),
        ("95.0", "170.0", "", "is out of range"),
        ("1e30", "1e30", "FR", "is out of range"),
    ],
)
def test_coordinates_that_say_nothing_leave_the_shop_without_a_location(
    latitude: str, longitude: str, country: str, note: str
) -> None:
    located = locate(latitude, longitude, country)
    assert located.point is None
    assert not located.repaired
    assert note in located.note


@pytest.mark.parametrize(
    ("latitude", "longitude", "country"),
    [
        ("-20.95", "55.30", "FR"),  # Réunion
        ("18.40", "-66.06", "US"),  # Puerto Rico
        ("51.88", "-176.63", "US"),  # Adak, Alaska
        ("-16.78", "-179.99", "FJ"),  # Taveuni, over the antimeridian
        ("-77.85", "166.67", "AQ"),  # no town in the gazetteer, so nothing to check against
    ],
)
def test_far_parts_of_a_country_are_parts_of_it(
    latitude: str, longitude: str, country: str
) -> None:
    located = locate(latitude, longitude, country)
    assert Point(float(latitude), float(longitude)) == located.point
    assert "" == located.note


def test_a_point_far_from_its_postcode_is_kept_with_a_warning() -> None:
    # Real rows: three stations of the fuel feed have a default point in Paris.
    located = locate("48.859", "2.347", "FR", "59113")
    assert Point(48.859, 2.347) == located.point
    assert "48.859, 2.347 is 194 km from postcode 59113: kept as given" == located.note
    assert not located.repaired
    assert "" == locate("50.549", "3.030", "FR", "59113").note
    assert "" == locate("36.33", "-94.15", "US", "72756-1234").note


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(["", "FR", "US", "FJ", "XX"]))
def test_any_two_texts_give_a_point_or_a_reason(
    latitude: str, longitude: str, country: str
) -> None:
    located = locate(latitude, longitude, country)
    assert located.point is not None or located.note


@settings(deadline=None)
@given(
    st.floats(-90, 90),
    st.floats(-180, 180),
)
def test_what_is_in_range_and_claims_no_country_stays_as_it_is(lat: float, lon: float) -> None:
    assume(lat != lon or lat == 0)  # a copy: its own test
    located = locate(str(lat), str(lon))
    assert (located.point is None) == (lat == 0 == lon)
    if located.point:
        assert Point(lat, lon) == located.point
