"""Tests the search for places against coordinates from independent sources."""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from geopy.distance import geodesic
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import geodata.gazetteer
from geodata.gazetteer import Gazetteer, Place, PlaceKind, PlaceNotFound, country_code, fold
from geodata.gazetteer.codes import COARSE_M
from geodata.gazetteer.table import Region, Row, Table, save
from geodata.points import Point

DATA = Path(geodata.gazetteer.__file__).parent / "data"
GEOD = Geod(ellps="WGS84")
HELSINKI = Point(60.1699, 24.9384)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def km(place: Place, latitude: float, longitude: float) -> float:
    return float(geodesic((place.point.latitude, place.point.longitude), (latitude, longitude)).km)


@pytest.mark.parametrize(
    ("text", "code", "country"),
    [
        ("Boston MA 02210", "02210", "US"),
        ("13 avenue Foch 69006 Lyon", "69006", "FR"),
        ("69006 Lyon France", "69006", "FR"),
        ("44000 Nantes Cedex 1", "44000", "FR"),
        ("Beverly Hills, CA 90210-1234", "90210", "US"),
        ("75008 Paris 8e", "75008", "FR"),
        ("Lyon Cedex 03 69003", "69003", "FR"),
        ("12 rue Moncey 69003", "69003", "FR"),
        ("Addison TX 75001 USA", "75001", "US"),
    ],
)
def test_a_known_postcode_is_found_among_other_words(
    gazetteer: Gazetteer, text: str, code: str, country: str
) -> None:
    place = gazetteer.find(text)
    assert (code, country) == (place.name, place.country)


def test_a_cedex_without_its_own_postcode_is_its_town(gazetteer: Gazetteer) -> None:
    place = gazetteer.find("44036 Nantes Cedex 1")
    assert ("Nantes", "FR") == (place.name, place.country)


@pytest.mark.parametrize("text", ["10001 Nowhere Lane Marseille", "90210 Foch Toulouse"])
def test_a_house_number_is_no_postcode_of_a_far_place(gazetteer: Gazetteer, text: str) -> None:
    with contextlib.suppress(PlaceNotFound):
        assert "FR" == gazetteer.find(text).country


@pytest.mark.parametrize(
    ("text", "country", "latitude", "longitude"),
    [
        # Coordinates of town halls and central squares, to two decimals, from Wikipedia.
        ("Helsinki", "FI", 60.17, 24.94),
        ("Helsingfors", "FI", 60.17, 24.94),
        ("Kamppi", "FI", 60.17, 24.93),
        ("Esbo", "FI", 60.21, 24.66),
        ("Paris", "FR", 48.86, 2.35),
        ("PARIS, FRANCE", "FR", 48.86, 2.35),
        ("Paris, TX", "US", 33.66, -95.55),
        ("Paris Texas", "US", 33.66, -95.55),
        ("paris, texas, usa", "US", 33.66, -95.55),
        ("Besancon", "FR", 47.24, 6.02),
        ("BESANÇON", "FR", 47.24, 6.02),
        ("St Etienne", "FR", 45.43, 4.39),
        ("Saint-Étienne", "FR", 45.43, 4.39),
        ("Saint Louis, MO", "US", 38.63, -90.20),
        ("L'Haÿ-les-Roses", "FR", 48.78, 2.34),
        ("London", "GB", 51.51, -0.13),
        ("London, Ontario", "CA", 42.98, -81.25),
        ("Springfield, Illinois", "US", 39.80, -89.64),
        ("Springfield MO", "US", 37.21, -93.29),
        ("Köln", "DE", 50.94, 6.96),
        ("Cologne", "DE", 50.94, 6.96),
        ("München", "DE", 48.14, 11.58),
        ("Łódź", "PL", 51.78, 19.45),
        ("Lodz", "PL", 51.78, 19.45),
        ("København", "DK", 55.68, 12.57),
        ("Reykjavik", "IS", 64.15, -21.94),
        ("Suva", "FJ", -18.14, 178.44),
        ("Sydney", "AU", -33.87, 151.21),
        ("São Paulo", "BR", -23.55, -46.63),
        ("Tokyo", "JP", 35.69, 139.69),
    ],
)
def test_a_town_is_where_the_atlas_has_it(
    gazetteer: Gazetteer, text: str, country: str, latitude: float, longitude: float
) -> None:
    place = gazetteer.find(text)
    assert country == place.country
    assert PlaceKind.TOWN == place.kind
    assert km(place, latitude, longitude) < 5


@pytest.mark.parametrize(
    ("text", "code", "latitude", "longitude"),
    [
        ("69003", "69003", 45.76, 4.85),
        ("Lyon 69003", "69003", 45.76, 4.85),
        ("69003 Lyon, France", "69003", 45.76, 4.85),
        ("Lyon, 69003", "69003", 45.76, 4.85),
        ("12 rue de la Paix, 75002 Paris", "75002", 48.87, 2.34),
        ("75001", "75001", 48.86, 2.34),
        ("Addison, TX 75001", "75001", 32.96, -96.83),
        ("10001", "10001", 40.75, -74.00),
        ("90210", "90210", 34.09, -118.41),
        ("00100 Helsinki", "00100", 60.17, 24.94),
        ("97400", "97400", -20.88, 55.45),
    ],
)
def test_a_postcode_is_in_its_quarter(
    gazetteer: Gazetteer, text: str, code: str, latitude: float, longitude: float
) -> None:
    place = gazetteer.find(text)
    assert code == place.name
    assert PlaceKind.POSTCODE == place.kind
    assert km(place, latitude, longitude) < 8


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Rautatientori", PlaceKind.STATION),
        ("Senaatintori", PlaceKind.SQUARE),
        ("Helsingin yliopisto", PlaceKind.STATION),
        ("Kauppatori", PlaceKind.STOP),
        ("Hakaniemi", PlaceKind.SUBURB),
    ],
)
def test_landmarks_of_the_sample_are_in_the_centre_of_helsinki(
    gazetteer: Gazetteer, text: str, kind: PlaceKind
) -> None:
    place = gazetteer.find(text)
    assert kind == place.kind
    assert km(place, HELSINKI.latitude, HELSINKI.longitude) < 1.5


def test_nearness_and_country_choose_among_namesakes(gazetteer: Gazetteer) -> None:
    dallas = Point(32.78, -96.80)
    assert "Paris, FR" == gazetteer.find("Paris").label
    assert "Paris, TX, US" == gazetteer.find("Paris", near=dallas).label
    assert "Paris, FR" == gazetteer.find("Paris", near=dallas, country="FR").label
    assert "Kampen, NL" == gazetteer.find("Kampen").label
    assert "Kamppi, FI" == gazetteer.find("Kampen", near=HELSINKI).label
    assert "Ontario, CA, US" == gazetteer.find("Ontario, CA").label
    assert "Toronto, ON, CA" == gazetteer.find("Toronto, CA").label


def test_a_town_around_narrows_a_quarter(gazetteer: Gazetteer) -> None:
    assert km(gazetteer.find("Kallio, Helsinki"), 60.18, 24.95) < 2
    with pytest.raises(PlaceNotFound):
        gazetteer.find("Kallio, Marseille")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Helsinkki", "Helsinki, FI"), ("Pariss", "Paris, FR"), ("Marseile", "Marseille, FR")],
)
def test_a_typo_gets_the_town_suggested(gazetteer: Gazetteer, text: str, expected: str) -> None:
    with pytest.raises(PlaceNotFound, match=f"no place has the name '{text}'") as caught:
        gazetteer.find(text)
    assert expected in [place.label for place in caught.value.suggestions[:3]]


def test_another_text_in_vain_has_no_suggestion_to_make(gazetteer: Gazetteer) -> None:
    for text in ("xqzzy", "東京", "?!", "Paris, Nowhere"):
        with pytest.raises(PlaceNotFound):
            gazetteer.find(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "place must not be blank"),
        ("  ", "place must not be blank"),
        ("x" * 201, "place must have at most 200 characters, got 201"),
        ("x" * 10_000, "place must have at most 200 characters, got 10000"),
        ("Hel\x00sinki", "place must not contain control characters"),
        ("Hel\nsinki", "place must not contain control characters"),
    ],
)
def test_text_that_no_place_can_have_is_refused(
    gazetteer: Gazetteer, text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        gazetteer.find(text)


@settings(deadline=None)
@given(st.text(min_size=1, max_size=200))
def test_any_text_is_found_or_not_and_nothing_else(text: str) -> None:
    gazetteer = _small()
    is_fit = bool(text.strip()) and not re.search(r"[\x00-\x1f\x7f-\x9f]", text.strip())
    with contextlib.suppress(PlaceNotFound) if is_fit else pytest.raises(ValueError):
        assert gazetteer.find(text).name in {"Lyon", "69003", "A"}


def test_what_was_typed_so_far_suggests_large_towns_first(gazetteer: Gazetteer) -> None:
    assert "Helsinki, FI" == gazetteer.suggest("hels")[0].label
    assert "Paris, FR" == gazetteer.suggest("PARI")[0].label
    assert "Köln, DE" in [place.label for place in gazetteer.suggest("köl", 3)]
    assert "Köln, DE" in [place.label for place in gazetteer.suggest("kol", 3)]
    assert "Kamppi, FI" == gazetteer.suggest("kam", near=HELSINKI)[0].label
    assert "75015, FR" == gazetteer.suggest("75")[0].label
    assert [] == gazetteer.suggest("zzzz")
    assert [] == gazetteer.suggest("?")


NAMES = st.text("abé -", min_size=1, max_size=6).filter(lambda name: fold(name))


@settings(deadline=None)
@given(
    st.dictionaries(NAMES, st.integers(0, 10**7), min_size=1, max_size=60),
    NAMES,
    st.integers(1, 10),
)
def test_suggestions_are_the_heaviest_of_all_names_that_begin_so(
    populations: dict[str, int], prefix: str, limit: int
) -> None:
    region = Region("NO", "", "")
    rows = [Row(n, 60.0, 10.0, region, size, PlaceKind.TOWN) for n, size in populations.items()]
    found = gazetteer_of(rows).suggest(prefix, limit)
    matching = {name: n for name, n in populations.items() if fold(name).startswith(fold(prefix))}
    assert {place.name for place in found} <= matching.keys()
    # The table stores populations within 4 %, and ranks all below 500 as equal.
    largest = sorted((max(500, size) for size in matching.values()), reverse=True)[:limit]
    assert largest == pytest.approx([max(500, place.population) for place in found], rel=0.04)


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_out_of_range_is_refused(gazetteer: Gazetteer, limit: int) -> None:
    with pytest.raises(ValueError, match=re.escape(f"limit must be in [1, 100], got {limit}")):
        gazetteer.suggest("hel", limit)


def test_boxes_hold_their_country_and_cross_the_antimeridian_where_it_does(
    gazetteer: Gazetteer,
) -> None:
    france, fiji = gazetteer.box("FR"), gazetteer.box("FJ")
    assert france is not None
    assert fiji is not None
    assert france.contains(Point(48.86, 2.35))
    assert not france.contains(Point(59.77, -1.72))
    assert not france.contains(Point(-20.95, 55.30))  # Réunion has its own country code here
    assert fiji.west > fiji.east
    assert fiji.contains(Point(-16.85, -179.97))
    assert fiji.contains(Point(-18.14, 178.44))
    assert not fiji.contains(Point(-18.14, 0.0))
    assert gazetteer.box("ZZ") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fr", "FR"),
        ("FRA", "FR"),
        ("France", "FR"),
        ("États-Unis", "US"),
        ("etats unis", "US"),
        ("U.S.A.", "US"),
        ("United Kingdom", "GB"),
        ("UK", "GB"),
        ("Suomi", "FI"),
        ("Deutschland", "DE"),
        ("Atlantis", None),
        ("", None),
        ("x" * 100, None),
    ],
)
def test_a_country_is_known_by_code_and_by_name(text: str, code: str | None) -> None:
    assert code == country_code(text)


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n")), min_size=1))
def test_a_whole_table_folds_like_each_of_its_names(names: list[str]) -> None:
    each = [fold(name) for name in names]
    # Empty lines at both ends separate outer spaces from the ends of the text.
    assert [b"", *each, b""] == fold("\n".join(["", *names, ""])).split(b"\n")


@settings(deadline=None)
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(text) == fold(fold(text).decode())


def test_tables_are_sorted_and_every_row_has_its_own_key() -> None:
    for path in DATA.glob("*.npz"):
        table = Table.load(path)
        keys = table.keys[:]
        assert len(table) == len(keys)
        assert sorted(keys) == keys
        assert [fold(table.name(row)) for row in range(len(table))] == keys
        assert sorted(table.aliases) == list(table.aliases)


def test_the_data_stay_below_three_megabytes() -> None:
    assert 3_000_000 > sum(path.stat().st_size for path in DATA.iterdir())


def test_a_table_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    rows = [
        Row("Suva", -18.1416, 178.4415, Region("FJ", "01", ""), 77_366, PlaceKind.TOWN),
        Row("Õismäe", 59.4078, 24.6381, Region("EE", "01", ""), 0, PlaceKind.SUBURB, ("Hõbe",)),
    ]
    save(rows, tmp_path / "a.npz")
    save(rows, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    gazetteer = Gazetteer([Table.load(tmp_path / "a.npz")])
    suva, suburb = gazetteer.find("SUVA"), gazetteer.find("hobe")
    assert abs(-18.1416 - suva.point.latitude) <= 0.0005
    assert abs(178.4415 - suva.point.longitude) <= 0.0005 + 1e-9
    assert abs(77_366 / suva.population - 1) < 0.04
    assert ("Õismäe", PlaceKind.SUBURB, 0) == (suburb.name, suburb.kind, suburb.population)


def test_postcodes_agree_with_the_shops_that_have_them(
    gazetteer: Gazetteer, shared_rows: Callable[[str], list[dict[str, str]]]
) -> None:
    for name, country, percent in (("stores_us", "US", 99), ("fr_fuel_stations", "FR", 99)):
        near, known = 0, 0
        for row in shared_rows(name):
            point = gazetteer.postcode(row["postcode"][:5], country)
            if point and row["lat"]:
                known += 1
                near += (
                    GEOD.inv(point.longitude, point.latitude, float(row["lon"]), float(row["lat"]))[
                        2
                    ]
                    < 30_000
                )
        assert known > 10_000
        assert 100 * near / known > percent


def test_coarse_postcodes_are_as_near_as_they_say(
    gazetteer: Gazetteer, shared_rows: Callable[[str], list[dict[str, str]]]
) -> None:
    within: dict[str, list[bool]] = {country: [] for country in ("BE", *COARSE_M)}
    for row in shared_rows("stores_world_starbucks"):
        country = row["country"]
        if country not in within or not (row["postcode"] and row["lat"]):
            continue
        with contextlib.suppress(PlaceNotFound):
            place = gazetteer.find(row["postcode"], country=country)
            here, there = place.point, (float(row["lon"]), float(row["lat"]))
            away_m = GEOD.inv(here.longitude, here.latitude, *there)[2]
            within[country].append(away_m <= (place.uncertainty_m or 10_000))
    for country, near in within.items():
        assert len(near) >= {"CA": 1400, "GB": 850, "DE": 120, "NL": 40, "BE": 15}[country]
        assert sum(near) >= 0.98 * len(near), country


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("M5V 2T6", "M5V, CA"),
        ("M5V 2T6 Toronto", "M5V, CA"),
        ("H2X 1Y4, Canada", "H2X, CA"),
        ("SW1A 1AA", "SW postcode area, GB"),
        ("AB10 1AA UK", "AB postcode area, GB"),
        ("10 Downing Street, London SW1A 2AA", "London, GB"),
        ("10115 Berlin", "10115, DE"),
        ("1012 AB Amsterdam", "1012, NL"),
        ("1012AB", "1012, NL"),
        ("2000 Antwerpen", "2000, BE"),
        ("10115", "10115, NY, US"),  # in Berlin too, but its table has only the town
    ],
)
def test_postcodes_of_more_countries_are_found_as_far_as_their_tables_go(
    gazetteer: Gazetteer, text: str, label: str
) -> None:
    assert label == gazetteer.find(text).label


def _small() -> Gazetteer:
    return gazetteer_of(
        [
            Row("Lyon", 45.76, 4.84, Region("FR", "84", ""), 500_000, PlaceKind.TOWN),
            Row("69003", 45.76, 4.85, Region("FR", "", ""), 0, PlaceKind.POSTCODE),
            Row("A", 1.0, 1.0, Region("NO", "", ""), 1_000, PlaceKind.TOWN),
        ]
    )


def gazetteer_of(rows: list[Row]) -> Gazetteer:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.npz"
        save(rows, path)
        return Gazetteer([Table.load(path)])
