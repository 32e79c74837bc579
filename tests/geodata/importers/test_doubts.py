"""Tests that values which could mean two things are doubts, and never wrong answers.

Each kind has the file that was read wrongly once, and others like it. Expected places are known
shops' towns, by maps.
"""

import datetime as dt
import json
from pathlib import Path

import pytest
from geopy.distance import geodesic
from pyproj import Transformer

from geodata.importers import Import, ImporterError, read
from geodata.importers.degrees import degrees_of, pair_of
from geodata.schedule.formats import osm
from geodata.stores import StoreStatus

_PICKUP = "dev.ucp.amenity.shopping.in_store_pickup"
TODAY = dt.date(2026, 11, 30)
MARIENPLATZ = (48.1374, 11.5755)
OSLO = (59.9139, 10.7522)
LYON = (45.7640, 4.8357)
BERN = (46.9480, 7.4474)


def table(tmp_path: Path, *lines: str, crs: str | None = None) -> Import:
    path = tmp_path / "shops.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read(path, source="s", crs=crs, today=TODAY)


def metres(epsg: int, place: tuple[float, float]) -> tuple[float, float]:
    """Easting and northing of a place."""
    transformer = Transformer.from_crs(4326, epsg, always_xy=True)
    east, north = transformer.transform(place[1], place[0])
    return east, north


def notes(result: Import) -> str:
    return " | ".join(remark.note for remark in result.remarks)


@pytest.mark.parametrize(
    ("epsg", "place", "country", "digits"),
    [
        (25832, MARIENPLATZ, "DE", 1),
        (25832, MARIENPLATZ, "DE", 0),
        (25832, MARIENPLATZ, "", 2),
        (32632, OSLO, "NO", 1),
        (32632, OSLO, "NO", 0),
        (2154, LYON, "FR", 2),
        (2154, LYON, "FR", 0),
        (2056, BERN, "CH", 1),
        (2056, BERN, "CH", 0),
        (3857, LYON, "", 0),
    ],
)
def test_metres_of_a_projection_are_never_divided(
    tmp_path: Path, epsg: int, place: tuple[float, float], country: str, digits: int
) -> None:
    east, north = metres(epsg, place)
    row = f"1,A,{north:.{digits}f},{east:.{digits}f},{country},Somewhere 1"
    header = "id,name,lat,lon,country,address"
    (store,) = table(tmp_path, header, row).stores
    assert store.location is None
    assert "projected metres" in notes(table(tmp_path, header, row))
    assert "--crs" in notes(table(tmp_path, header, row))
    (store,) = table(tmp_path, header, row, crs=f"EPSG:{epsg}").stores
    assert store.location is not None
    assert geodesic(place, (store.location.latitude, store.location.longitude)).m < 2


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:EPSG::25832", "EPSG:25832"])
def test_the_system_that_a_geojson_names_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "shops.geojson"
    feature = {
        "type": "Feature",
        "properties": {"@id": "node/1", "name": "A"},
        "geometry": {"type": "Point", "coordinates": metres(25832, MARIENPLATZ)},
    }
    crs = {"type": "name", "properties": {"name": name}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}))
    (store,) = read(path).stores
    assert store.location is not None
    assert geodesic(MARIENPLATZ, (store.location.latitude, store.location.longitude)).m < 1
    path.write_text(path.read_text().replace(name, "EPSG:999999"))
    with pytest.raises(ImporterError, match="is no coordinate reference system"):
        read(path)


def test_a_point_outside_of_the_system_is_named(tmp_path: Path) -> None:
    result = table(tmp_path, "id,name,lat,lon,city", "1,A,1e30,5,Lyon", crs="EPSG:2154")
    assert result.stores[0].location is None
    assert "is outside of EPSG:2154" in notes(result)
    with pytest.raises(ImporterError, match="'Mars' is no coordinate reference system"):
        table(tmp_path, "id,name,lat,lon,city", "1,A,1,5,Lyon", crs="Mars")


@pytest.mark.parametrize(
    ("city", "postcode", "latitude", "longitude"),
    [
        ("Paris", "", "2.3522", "48.8566"),
        ("", "69003", "4.8357", "45.7640"),
        ("Roma", "", "12.4964", "41.9028"),  # as given it is in Ethiopia
        ("München", "", "11.5755", "48.1374"),
    ],
)
def test_without_a_country_the_town_or_postcode_proves_a_swap(
    tmp_path: Path, city: str, postcode: str, latitude: str, longitude: str
) -> None:
    row = f"1,A,{latitude},{longitude},{city},{postcode}"
    result = table(tmp_path, "id,name,lat,lon,city,postcode", row)
    (store,) = result.stores
    assert store.location is not None
    assert (float(longitude), float(latitude)) == (
        store.location.latitude,
        store.location.longitude,
    )
    assert ["lat, lon"] == [remark.field for remark in result.repaired]


def test_a_shop_at_sea_is_swapped_if_its_neighbours_say_so(tmp_path: Path) -> None:
    paris = [f"{n},A,{48.8 + n / 100},{2.3 + n / 100}" for n in range(5)]
    result = table(tmp_path, "id,name,lat,lon", *paris, "9,B,2.35,48.85")
    moved = result.stores[-1].location
    assert moved is not None
    assert (48.85, 2.35) == (moved.latitude, moved.longitude)
    assert "2.35, 48.85 is at sea: swapped latitude and longitude" in notes(result)
    # Alone it is a doubt: nothing says that it is not a mistyped point elsewhere.
    alone = table(tmp_path, "id,name,lat,lon,address", "9,B,2.35,48.85,Rue 1")
    assert alone.stores[0].location is None
    assert "" == alone.stores[0].address.region_code
    assert "2.35, 48.85 is at sea; swapped it is in FR: kept without a location" in notes(alone)


def test_a_feed_that_is_swapped_as_a_whole_is_turned(tmp_path: Path) -> None:
    rows = [f"{n},A,{2.3 + n / 100},{48.8 + n / 100}" for n in range(5)]
    result = table(tmp_path, "id,name,lat,lon", *rows)
    assert all(store.location and store.location.latitude > 48 for store in result.stores)
    assert ["FR"] * 5 == [store.address.region_code for store in result.stores]


def test_a_shop_among_none_of_its_chain_is_swapped_or_in_doubt(tmp_path: Path) -> None:
    rome = [f"{n},A,{41.8 + n / 100},{12.4 + n / 100}" for n in range(12)]
    swapped = table(tmp_path, "id,name,lat,lon", *rome, "99,B,12.45,41.85")
    moved = swapped.stores[-1].location
    assert moved is not None
    assert moved.latitude == 41.85
    assert "12.45, 41.85 is in ET, the others in IT" in notes(swapped)
    stray = table(tmp_path, "id,name,lat,lon", *rome, "99,B,40.4168,-3.7038")
    assert stray.stores[-1].location is not None
    assert "is in ES, 12 of 13 rows in IT: kept as given" in notes(stray)


@pytest.mark.parametrize("degrees", ["48.8566", "45.7640", "52.5200", "-33.8688"])
def test_a_longitude_copied_from_the_latitude_is_no_location(tmp_path: Path, degrees: str) -> None:
    row = f"1,A,{degrees},{degrees},Rue 1"
    result = table(tmp_path, "id,name,lat,lon,address", row)
    assert result.stores[0].location is None
    assert "the longitude is a copy of the latitude" in notes(result)


def test_equal_degrees_near_their_town_are_no_copy(tmp_path: Path) -> None:
    # Kazakhstan has a town there: the address proves it.
    (store,) = table(tmp_path, "id,name,lat,lon,city", "1,A,51.1280,51.1280,Oral").stores
    assert store.location is not None
    row = "11242327,Vadanakallu,14.17869,14.17869,TD"
    (store,) = table(tmp_path, "id,name,lat,lon,country", row).stores
    assert store.location is not None


@pytest.mark.parametrize(
    ("end_date", "status", "note"),
    [
        ("2027-06-30", StoreStatus.OPEN, "closes on 2027-06-30: open until then"),
        ("no", StoreStatus.OPEN, ""),
        ("", StoreStatus.OPEN, ""),
        ("2026-11", StoreStatus.OPEN, "closes on 2026-11: open until then"),
        ("soon", StoreStatus.OPEN, "'soon' is not a date: not read as closed"),
        ("03/04/2026", StoreStatus.OPEN, "is not a date"),  # in March or in April
        ("2026-11-29", StoreStatus.CLOSED_FOR_GOOD, ""),
        ("2019", StoreStatus.CLOSED_FOR_GOOD, ""),
        ("30.06.2025", StoreStatus.CLOSED_FOR_GOOD, ""),
        ("before 2015", StoreStatus.CLOSED_FOR_GOOD, ""),
        ("yes", StoreStatus.CLOSED_FOR_GOOD, ""),
    ],
)
def test_a_future_end_closes_nothing_today(
    tmp_path: Path, end_date: str, status: StoreStatus, note: str
) -> None:
    result = table(tmp_path, "id,name,lat,lon,end_date", f"1,A,48.85,2.35,{end_date}")
    assert status == result.stores[0].status
    assert note in notes(result)
    assert bool(note) == bool(result.remarks)


def test_a_future_opening_is_not_open_today(tmp_path: Path) -> None:
    header, row = "id,name,lat,lon,opening_date", "1,A,48.85,2.35,2027-03-01"
    (store,) = table(tmp_path, header, row).stores
    assert (StoreStatus.FUTURE_OPENING, dt.date(2027, 3, 1)) == (store.status, store.opening_date)
    (store,) = table(tmp_path, header, "1,A,48.85,2.35,2019-03-01").stores
    assert StoreStatus.OPEN == store.status


@pytest.mark.parametrize(
    ("text", "country", "place", "expected"),
    [
        # Tucson: the zero is lost in the last four digits.
        ("85721001", "US", (32.232, -110.953), "85721"),
        ("60601123", "US", (41.886, -87.622), "60601"),
        ("94103001", "US", (37.773, -122.411), "94103"),
        # Boston: the zero is the first digit.
        ("21102012", "US", (42.355, -71.049), "021102012"),
        ("1067", "DE", (51.058, 13.721), "01067"),
        ("100", "FI", (60.171, 24.931), "00100"),
        ("8001", "ES", (41.379, 2.169), "08001"),
        ("1000", "FR", (46.205, 5.228), "01000"),
        ("118", "IT", (41.869, 12.604), "00118"),
        ("1220.0", "CH", (46.196, 6.109), "1220"),
        ("69003.0", "FR", (45.757, 4.853), "69003"),
        ("1220", "CH", (46.196, 6.109), "1220"),
        ("1000", "BG", (42.698, 23.322), "1000"),
    ],
)
@pytest.mark.parametrize("names_country", [True, False])
def test_postcodes_get_back_the_zeros_that_they_lost(
    tmp_path: Path,
    text: str,
    country: str,
    place: tuple[float, float],
    expected: str,
    names_country: bool,
) -> None:
    row = f"1,A,{place[0]},{place[1]},{text},{country if names_country else ''}"
    result = table(tmp_path, "id,name,lat,lon,postcode,country", row)
    (store,) = result.stores
    assert (country, expected) == (store.address.region_code, store.address.postal_code)
    assert (text != expected) == ("postcode" in [remark.field for remark in result.repaired])


def test_a_zip_code_that_nothing_proves_stays_as_it_is(tmp_path: Path) -> None:
    result = table(tmp_path, "id,name,address,postcode,country", "1,A,Road 1,85721001,US")
    assert "85721001" == result.stores[0].address.postal_code
    assert "85721001: could be 085721001 or 85721, kept as given" in notes(result)
    # Tucson is not in Massachusetts.
    far = table(tmp_path, "id,name,lat,lon,postcode,country", "1,A,32.232,-110.953,2110,US")
    assert "2110" == far.stores[0].address.postal_code
    assert "2110: no postcode of US near the location" in notes(far)


@pytest.mark.parametrize(
    "identifier", ["8.43E+12", "#N/A", "#REF!", "#NAME?", "#NV", "####", "3,76E+12", "NaN", "NULL"]
)
def test_what_a_spreadsheet_damaged_is_no_id(tmp_path: Path, identifier: str) -> None:
    result = table(tmp_path, "id;name;lat;lon", f"{identifier};A;48.85;2.35", "7;B;48.85;2.35")
    assert ["s-7"] == [store.id for store in result.stores]
    (rejected,) = result.rejected
    assert "id" == rejected.field
    assert rejected.reason.startswith(repr(identifier))


def test_real_ids_that_look_a_little_like_it_stay(tmp_path: Path) -> None:
    ids = ["12E3", "#12", "E+2", "8.43", "nanterre"]
    result = table(tmp_path, "id,name,lat,lon", *(f"{i},A,48.85,2.35" for i in ids))
    assert ids == [store.external_ids["s"] for store in result.stores]


def test_ids_of_a_data_frame_are_whole_numbers(tmp_path: Path) -> None:
    result = table(tmp_path, "id,name,lat,lon", "5.0,A,48.85,2.35", "12.0,B,48.85,2.35")
    assert ["5", "12"] == [store.external_ids["s"] for store in result.stores]
    assert "all ids are decimals such as '5.0'" in notes(result)
    mixed = table(tmp_path, "id,name,lat,lon", "5.0,A,48.85,2.35", "5.1,B,48.85,2.35")
    assert ["5.0", "5.1"] == [store.external_ids["s"] for store in mixed.stores]


def test_damaged_cells_of_other_columns_are_empty(tmp_path: Path) -> None:
    result = table(tmp_path, "id,name,lat,lon,phone,brand", "1,A,48.85,2.35,3.31E+10,#N/A")
    (store,) = result.stores
    assert ((), "") == (store.phones, store.brand)
    assert {"phone", "brand"} == {remark.field for remark in result.warnings}


WEEK = "09:00-18:00"


@pytest.mark.parametrize(
    "header",
    [
        "monday,tuesday,wednesday,thursday,friday,saturday,sunday",
        "Monday Hours,Tuesday Hours,Wednesday Hours,Thursday Hours,Friday Hours,Sat Hours,Sunday",
        "Monday hours,Tuesday hours,Wednesday hours,Thursday hours,Friday hours,Saturday hours,"
        "Sunday hours",  # Google Business Profile
        "lundi,mardi,mercredi,jeudi,vendredi,samedi,dimanche",
        "Horaires Lundi,Horaires Mardi,Horaires Mercredi,Horaires Jeudi,Horaires Vendredi,"
        "Horaires Samedi,Horaires Dimanche",
        "Mo,Di,Mi,Do,Fr,Sa,So",
        "Lunes,Martes,Miércoles,Jueves,Viernes,Sábado,Domingo",
        "segunda-feira,terça-feira,quarta-feira,quinta-feira,sexta-feira,sábado,domingo",
        "maanantai,tiistai,keskiviikko,torstai,perjantai,lauantai,sunnuntai",
        "hoursMonday,hoursTuesday,hoursWednesday,hoursThursday,hoursFriday,hoursSaturday,hoursSunday",
        "opening_hours.monday,opening_hours.tuesday,opening_hours.wednesday,"
        "opening_hours.thursday,opening_hours.friday,opening_hours.saturday,opening_hours.sunday",
    ],
)
def test_columns_of_days_are_read_in_any_language(tmp_path: Path, header: str) -> None:
    cells = ",".join([WEEK] * 5 + ["10:00-14:00", "closed"])
    result = table(tmp_path, f"id,name,lat,lon,{header}", f"1,A,48.85,2.35,{cells}")
    (store,) = result.stores
    assert "Mo-Fr 09:00-18:00; Sa 10:00-14:00" == store.opening_hours_expression
    assert [] == result.unused


def test_two_columns_of_a_day_are_one_range_or_two(tmp_path: Path) -> None:
    header = "id,name,lat,lon,monday_open,monday_close,tuesday_open,tuesday_close"
    (store,) = table(tmp_path, header, "1,A,48.85,2.35,09:00,18:00,10:00,19:00").stores
    assert store.opening_hours_expression.endswith("Mo 09:00-18:00; Tu 10:00-19:00")
    header = "id,name,lat,lon,lundi_matin,lundi_apres_midi"
    (store,) = table(tmp_path, header, "1,A,48.85,2.35,9h-12h,14h-18h").stores
    assert store.opening_hours_expression.endswith("Mo 09:00-12:00,14:00-18:00")


def test_a_short_word_alone_is_no_day(tmp_path: Path) -> None:
    result = table(tmp_path, "id,name,lat,lon,so,mi", "1,A,48.85,2.35,x,y")
    assert "" == result.stores[0].opening_hours
    assert ["so", "mi"] == [use.column for use in result.unused]


FUEL = "id,lat,lon,postcode,road_type,address,city,mon,tue,wed,thu,fri,sat,sun,services"


def fuel(tmp_path: Path, header: str, row: str) -> Import:
    path = tmp_path / "stations.csv"
    path.write_text(f"{header}\n{row}\n", encoding="utf-8")
    return read(path, today=TODAY)


def test_pumps_that_take_cards_are_open_when_the_shop_is_not(tmp_path: Path) -> None:
    closed = ",".join(["closed"] * 7)
    result = fuel(
        tmp_path,
        f"{FUEL},automate_24_24,brand",
        f"1,46.2,5.2,01000,R,12 rue X,,{closed},Wifi,1,Total",
    )
    (store,) = result.stores
    assert '24/7 open "pumps, by card"' == store.opening_hours_expression
    assert osm.read_feed(store.opening_hours_expression).expression
    assert "osm.self_service" in store.attributes
    assert ("Total", "Station-service Total 12 rue X") == (store.brand, store.display_name)


@pytest.mark.parametrize(
    ("days", "automate", "expression"),
    [
        (["closed"] * 7, "0", "off"),
        (["closed"] * 7, "", "off"),
        (
            ["06.30-20.00"] * 5 + ["closed"] * 2,
            "1",
            '24/7 open "pumps, by card", Mo-Fr 06:30-20:00',
        ),
        ([""] * 7, "1", '24/7 open "pumps, by card"'),
        (["01.00-01.00"] * 7, "1", "24/7"),
    ],
)
def test_the_hours_of_pumps_and_shop_together(
    tmp_path: Path, days: list[str], automate: str, expression: str
) -> None:
    row = f"1,46.2,5.2,01000,R,12 rue X,Y,{','.join(days)},,{automate}"
    (store,) = fuel(tmp_path, f"{FUEL},automate_24_24", row).stores
    found = store.opening_hours_expression or osm.read_feed(store.opening_hours).expression
    assert expression == found


def test_a_station_that_will_close_is_open_today(tmp_path: Path) -> None:
    row = "1,46.2,5.2,01000,R,12 rue X,Y,,,,,,,,,{}"
    header = f"{FUEL},closed_since"
    assert StoreStatus.OPEN == fuel(tmp_path, header, row.format("2027-01-01")).stores[0].status
    (closed,) = fuel(tmp_path, header, row.format("2022-01-01 00:00:00")).stores
    assert StoreStatus.CLOSED_FOR_GOOD == closed.status


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("48°51'24\"N", 48.856667),
        ("48° 51′ 24″ N", 48.856667),
        ("2°21'8\"W", -2.352222),
        ("N 48 51.4", 48.856667),
        ("48,8566", 48.8566),
        ("2.35 O", -2.35),
        ("S33.8688", -33.8688),
        ("48.856.614", None),
        ("48°61'00\"N", None),
        ("somewhere", None),
        ("", None),
    ],
)
def test_degrees_are_read_as_people_write_them(text: str, degrees: float | None) -> None:
    assert (None if degrees is None else pytest.approx(degrees, abs=1e-6)) == degrees_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "48.85, 2.35",
        "48,85 2,35",
        "48.85,2.35",
        "48.85 2.35",
        "48,85;2,35",
        "(48.85, 2.35)",
        "POINT (2.35 48.85)",
        "48°51'N 2°21'E",
        "E 2.35, N 48.85",
    ],
)
def test_both_coordinates_may_stand_in_one_cell(tmp_path: Path, text: str) -> None:
    pair = pair_of(text)
    assert pair is not None
    assert (48.85, 2.35) == tuple(map(degrees_of, pair))
    (store,) = table(tmp_path, "id;name;coordonnées;", f'1;A;"{text}";').stores
    assert store.location is not None
    assert (48.85, 2.35) == (store.location.latitude, store.location.longitude)


@pytest.mark.parametrize(
    ("latitude", "longitude", "reason"),
    [
        ("48.85", "-180.5", "48.85, -180.5: the longitude is out of range"),
        ("48.856.614", "2.35", "'48.856.614' has two decimal points (latitude)"),
        ("north", "2.35", "'north' is not a number of degrees (latitude)"),
        ("48.85", "", "'48.85', '': the longitude is missing"),
    ],
)
def test_a_refused_row_shows_the_value_and_why(
    tmp_path: Path, latitude: str, longitude: str, reason: str
) -> None:
    result = table(tmp_path, "id,name,lat,lon", f"1,A,{latitude},{longitude}")
    (rejected,) = result.rejected
    assert f"no address to stand in for coordinates: {reason}" == rejected.reason


def test_many_shops_at_one_point_are_a_doubt(tmp_path: Path) -> None:
    rows = [f"{n},Shop {n},48.85,2.35,Rue {n}" for n in range(7)]
    result = table(tmp_path, "id,name,lat,lon,address", *rows, "9,Other,48.86,2.36,Rue 9")
    assert ["7 stores are at 48.85, 2.35: kept as given"] == [r.note for r in result.warnings]
    few = table(tmp_path, "id,name,lat,lon,address", *rows[:4])
    assert [] == few.warnings


@pytest.mark.parametrize(
    ("texts", "is_told"),
    [
        (["Mo-Fr 09:00-18:00"], False),
        ("Mo-Fr 09:00-18:00", False),
        (["Mo-Fr 09:00-20:00"], True),
        (["Mo-Fr 09:00-18:00", "Sa 10:00-12:00"], True),
    ],
)
def test_opening_hours_beside_another_specification_are_told(
    tmp_path: Path, texts: object, is_told: bool
) -> None:
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    node = {
        "@type": "Store",
        "branchCode": "1",
        "name": "A",
        "address": "Rue 1",
        "openingHours": texts,
        "openingHoursSpecification": [{"dayOfWeek": days, "opens": "09:00", "closes": "18:00"}],
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps(node))
    found = notes(read(path, source="s"))
    assert is_told == ("differs from the specification: not read" in found)


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("Drive-Through, Wireless Hotspot", {"osm.drive_through", "dev.ucp.amenity.wi_fi"}),
        ("WLAN; Parkplatz", {"dev.ucp.amenity.wi_fi", "dev.ucp.amenity.parking"}),
        ("Retrait en magasin / Toilettes", {_PICKUP, "osm.toilets"}),
        ("Free Wi-Fi|Pretzels", {"dev.ucp.amenity.wi_fi", "enrayon.service.pretzels"}),
        ('["ATM", "EV charging"]', {"osm.atm", "osm.fuel.electricity"}),
        ("Vente de gaz domestique (Butane, Propane)", {"osm.fuel.lpg_bottles"}),
        ("Services réparation / entretien", {"osm.shop.car_repair"}),
    ],
)
def test_services_in_one_cell_are_told_apart(tmp_path: Path, cell: str, ids: set[str]) -> None:
    path = tmp_path / "a.csv"
    quoted = cell.replace('"', '""')
    path.write_text(f'id\tname\tlat\tlon\tServices\n1\tA\t48.85\t2.35\t"{quoted}"\n')
    (store,) = read(path, source="s").stores
    assert ids == set(store.attributes)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Téléphone", "phone"),
        ("Numéro de téléphone", "phone"),
        ("Código postal", "postcode"),
        ("Straße", "street"),
        ("Öffnungszeiten", "opening_hours"),
    ],
)
def test_accents_in_headers_make_no_difference(tmp_path: Path, header: str, field: str) -> None:
    result = table(tmp_path, f"id,name,lat,lon,{header}", "1,A,48.85,2.35,24/7")
    assert field == result.columns[-1].goes_to


def test_columns_that_nobody_used_are_named_with_values(tmp_path: Path) -> None:
    rows = [f"{n},A,48.85,2.3{n},+33 1 42 61 00 0{n},text {n}" for n in range(5)]
    result = table(tmp_path, "id,name,lat,lon,Ruf,Bemerkung", *rows)
    assert [
        ("Ruf", ("+33 1 42 61 00 00", "+33 1 42 61 00 01", "+33 1 42 61 00 02"), "phone"),
        ("Bemerkung", ("text 0", "text 1", "text 2"), ""),
    ] == [(use.column, use.values, use.suggestion) for use in result.unused]
