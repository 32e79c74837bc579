"""Tests of three more files for each kind of fault that a feed once had: read truly, or in doubt.

The table "Each kind, and more of it" in deploy/imports.md has a line for each test here. The first
files of each kind are in `test_doubts`, those of hours in `tests/services/hours`.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from geodata.importers import ImporterError, read
from geodata.stores import StoreStatus
from tests.geodata.importers.test_doubts import LYON, metres, notes, table

WIFI, PARKING = "dev.ucp.amenity.wi_fi", "dev.ucp.amenity.parking"
UTRECHT, HELSINKI = (52.0907, 5.1214), (60.1699, 24.9384)


@pytest.mark.parametrize(
    ("epsg", "place", "country"),
    [(28992, UTRECHT, "NL"), (27700, (51.5072, -0.1276), "GB"), (3067, HELSINKI, "FI")],
)
def test_metres_of_other_grids(
    tmp_path: Path, epsg: int, place: tuple[float, float], country: str
) -> None:
    east, north = metres(epsg, place)
    header, row = "id,name,Y,X,country,address", f"1,A,{north:.0f},{east:.0f},{country},Road 1"
    result = table(tmp_path, header, row)
    assert result.stores[0].location is None
    assert "--crs" in notes(result)
    (store,) = table(tmp_path, header, row, crs=f"EPSG:{epsg}").stores
    assert store.location is not None
    assert place == pytest.approx((store.location.latitude, store.location.longitude), abs=1e-4)


@pytest.mark.parametrize(
    ("latitude", "longitude"), [("488566", "23522"), ("48.856.600", "2.352.200"), ("4885", "235")]
)
def test_degrees_of_which_nothing_is_certain(tmp_path: Path, latitude: str, longitude: str) -> None:
    row = f"1,A,{latitude},{longitude},Paris,FR"
    result = table(tmp_path, "id,name,lat,lon,city,country", row)
    assert result.stores[0].location is None
    assert "kept without a location" in notes(result)


@pytest.mark.parametrize(
    ("city", "latitude", "longitude"),
    [("New York", 40.7128, -74.006), ("Sydney", -33.8688, 151.2093), ("Singapore", 1.35, 103.82)],
)
def test_swaps_on_other_continents(
    tmp_path: Path, city: str, latitude: float, longitude: float
) -> None:
    (store,) = table(tmp_path, "id,name,lat,lon,city", f"1,A,{longitude},{latitude},{city}").stores
    assert store.location is not None
    assert (latitude, longitude) == (store.location.latitude, store.location.longitude)


@pytest.mark.parametrize("latitude", ["90.0001", "91", "-95.5"])
def test_a_swap_that_ends_at_sea_is_told_as_no_repair(tmp_path: Path, latitude: str) -> None:
    result = table(tmp_path, "id,name,lat,lon,address", f"1,A,{latitude},2.35,Rue 1")
    assert result.stores[0].location is None
    assert [] == result.repaired
    assert ["lat, lon"] == [remark.field for remark in result.warnings]


@pytest.mark.parametrize("degrees", ["-1", "0.0001", "12.34567"])
def test_copies_of_degrees_elsewhere(tmp_path: Path, degrees: str) -> None:
    result = table(tmp_path, "id,name,lat,lon,address", f"1,A,{degrees},{degrees},Rue 1")
    assert result.stores[0].location is None


@pytest.mark.parametrize(
    ("end_date", "is_doubt"),
    [
        ("1970-01-01", True),
        ("1900-01-01", True),
        ("30.12.1899", True),
        ("0001-01-01", True),
        ("false", False),
        ("never", False),
        ("0000-00-00", True),
        ("45000", True),
        ("20270630", True),
        ("June 30, 2027", True),
        ("2027-13-45", True),
        ("30/06/2027", True),
    ],
)
def test_other_ends_that_close_no_shop_today(tmp_path: Path, end_date: str, is_doubt: bool) -> None:
    result = table(tmp_path, "id;name;lat;lon;end_date", f"1;A;48.85;2.35;{end_date}")
    (store,) = result.stores
    assert StoreStatus.OPEN == store.status
    assert store.closing_date in (None, dt.date(2027, 6, 30))
    assert is_doubt == ("end_date" in [remark.field for remark in result.warnings])


@pytest.mark.parametrize(
    ("text", "country", "place", "expected"),
    [
        ("2108", "US", (42.36, -71.06), "02108"),
        ("2108-1234", "US", (42.36, -71.06), "02108-1234"),
        ("501-0544", "US", (40.81, -73.04), "00501-0544"),
        ("901", "PR", (18.46, -66.1), "00901"),
        ("150", "NO", (59.91, 10.75), "0150"),
        ("184", "IT", (41.9, 12.5), "00184"),
        ("800", "AU", (-12.46, 130.84), "0800"),
        ("10001.0", "US", (40.75, -73.99), "10001"),
        ("1067.00", "DE", (51.05, 13.74), "01067"),
        ("6000", "FR", (43.7, 7.26), "06000"),
    ],
)
def test_other_postcodes_without_their_zero(
    tmp_path: Path, text: str, country: str, place: tuple[float, float], expected: str
) -> None:
    row = f"1,A,{place[0]},{place[1]},{text},{country}"
    result = table(tmp_path, "id,name,lat,lon,postcode,country", row)
    assert expected == result.stores[0].address.postal_code
    assert ["postcode"] == [remark.field for remark in result.repaired]


@pytest.mark.parametrize("text", ["2108-1234", "2110", "2108"])
def test_a_zip_code_far_away_gets_no_zero(tmp_path: Path, text: str) -> None:
    row = f"1,A,32.232,-110.953,{text},US"
    result = table(tmp_path, "id,name,lat,lon,postcode,country", row)
    assert text == result.stores[0].address.postal_code
    assert "no postcode of US near the location" in notes(result)


@pytest.mark.parametrize(
    "identifier",
    [
        *(
            "1.2E+05",
            "8.43E12",
            "1.23457E+15",
            "#DIV/0!",
            "#VALUE!",
            "#WERT!",
            "#¡REF!",
            "#NOMBRE?",
        ),
        *("Err:502", "(null)", "undefined", "[object Object]", "Infinity", "#", "?"),
    ],
)
def test_other_damaged_ids(tmp_path: Path, identifier: str) -> None:
    result = table(tmp_path, "id;name;lat;lon", f"{identifier};A;48.85;2.35", "7;B;48.85;2.35")
    assert ["s-7"] == [store.id for store in result.stores]
    assert ["id"] == [rejected.field for rejected in result.rejected]


DAYS = ["09:00-18:00"] * 5 + ["10:00-14:00", "closed"]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("понедельник,вторник,среда,четверг,пятница,суббота,воскресенье", DAYS),
        ("月曜日,火曜日,水曜日,木曜日,金曜日,土曜日,日曜日", DAYS),
        ("Δευτέρα,Τρίτη,Τετάρτη,Πέμπτη,Παρασκευή,Σάββατο,Κυριακή", DAYS),
        ("Poniedziałek,Wtorek,Środa,Czwartek,Piątek,Sobota,Niedziela", DAYS),
        ("MONDAY,TUESDAY,WEDNESDAY,THURSDAY,FRIDAY,SATURDAY,SUNDAY", DAYS),
        ("Mo-Fr,Sa,So", DAYS[4:]),
        ("Monday - Friday,Saturday,Sunday", DAYS[4:]),
        ("Lundi au vendredi,Samedi,Dimanche", DAYS[4:]),
        ("weekdays,saturday,sunday", DAYS[4:]),
    ],
)
def test_other_columns_of_days(tmp_path: Path, header: str, cells: list[str]) -> None:
    row = f"1,A,48.85,2.35,{','.join(cells)}"
    result = table(tmp_path, f"id,name,lat,lon,{header}", row)
    assert "Mo-Fr 09:00-18:00; Sa 10:00-14:00" == result.stores[0].opening_hours_expression
    assert [] == result.unused


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        (
            "monday_open_1,monday_close_1,monday_open_2,monday_close_2",
            "9:00,12:00,14:00,18:00",
            "Mo 09:00-12:00,14:00-18:00",
        ),
        ("Monday From,Monday To", "9:00 AM,6:00 PM", "Mo 09:00-18:00"),
        ("mondayOpen,mondayClose", "9:00,18:00", "Mo 09:00-18:00"),
        ("weekend,monday", "10:00-14:00,09:00-18:00", "Mo 09:00-18:00; Sa-Su 10:00-14:00"),
    ],
)
def test_other_columns_of_parts_of_days(
    tmp_path: Path, header: str, cells: str, expected: str
) -> None:
    result = table(tmp_path, f"id,name,lat,lon,{header}", f"1,A,48.85,2.35,{cells}")
    assert result.stores[0].opening_hours_expression.endswith(expected)
    assert [] == result.unused


@pytest.mark.parametrize("header", ["hours_1,hours_2", "Day1,Day2", "Mon AM,Mon PM"])
def test_columns_of_days_that_could_be_others_are_named(tmp_path: Path, header: str) -> None:
    result = table(tmp_path, f"id,name,lat,lon,{header}", "1,A,48.85,2.35,9-12,14-18")
    assert "" == result.stores[0].opening_hours
    assert header.split(",") == [use.column for use in result.unused]


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("Wi-Fi & Parking", {WIFI, PARKING}),
        ("WLAN und Parkplatz", {WIFI, PARKING}),
        ("wheelchair accessible\nATM", {"osm.wheelchair", "osm.atm"}),
        ("wifi: yes; parking: no", {WIFI}),
        ("Click & Collect", {"dev.ucp.amenity.shopping.in_store_pickup"}),
        ("Fish & Chips", {"enrayon.service.fish_chips"}),
        ("None", set()),
        ("N/A", set()),
        ("keine", set()),
        ("-", set()),
    ],
)
def test_other_lists_of_services(tmp_path: Path, cell: str, ids: set[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'id\tname\tlat\tlon\tServices\n1\tA\t48.85\t2.35\t"{cell}"\n')
    (store,) = read(path, source="s").stores
    assert ids == set(store.attributes)


@pytest.mark.parametrize(
    "cell",
    [
        "https://www.google.com/maps/@48.85,2.35,15z",
        "https://maps.google.com/?q=48.85,2.35",
        "https://www.google.com/maps/place/Shop/@48.85,2.35,17z/data=!3m1",
        "SRID=4326;POINT(2.35 48.85)",
        "48.85 N 2.35 E",
        "[48.85, 2.35]",
    ],
)
def test_other_cells_with_both_coordinates(tmp_path: Path, cell: str) -> None:
    (store,) = table(tmp_path, "id\tname\tlocation", f"1\tA\t{cell}").stores
    assert store.location is not None
    assert (48.85, 2.35) == (store.location.latitude, store.location.longitude)


@pytest.mark.parametrize(
    ("latitude", "longitude", "reason"),
    [
        ("999", "999", "the latitude is out of range"),
        ("null", "null", "'null' is not a number of degrees (latitude)"),
        ("48°61'00\"N", "2", "is not a number of degrees (latitude)"),
        ("", "2.35", "the latitude is missing"),
        ("48.8.5", "2.35", "has two decimal points"),
    ],
)
def test_other_refused_rows(tmp_path: Path, latitude: str, longitude: str, reason: str) -> None:
    result = table(tmp_path, "id;name;lat;lon", f"1;A;{latitude};{longitude}")
    (rejected,) = result.rejected
    assert reason in rejected.reason


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("TÉLÉPHONE", "phone"),
        ("Téléphone", "phone"),  # letters with combining marks
        ("Ciudad", "city"),
        ("Localité", "city"),
        ("Código Postal", "postcode"),
        ("Denominación", ""),
    ],
)
def test_other_headers_with_accents(tmp_path: Path, header: str, field: str) -> None:
    result = table(tmp_path, f"id,name,lat,lon,{header}", "1,A,48.85,2.35,x1")
    assert field == result.columns[-1].goes_to
    assert (field == "") == ([header] == [use.column for use in result.unused])


@pytest.mark.parametrize(
    "columns",
    [
        "wheelchair_lift_count,Ladestationen",
        "manager,fax",
        "Kommentar,interne_notiz",
    ],
)
def test_other_columns_that_nobody_uses_are_named(tmp_path: Path, columns: str) -> None:
    result = table(tmp_path, f"id,name,lat,lon,{columns}", "1,A,48.85,2.35,4,vier")
    assert columns.split(",") == [use.column for use in result.unused]
    assert [("4",), ("vier",)] == [use.values for use in result.unused]


@pytest.mark.parametrize("count", [5, 12, 60])
def test_other_crowds_at_one_point(tmp_path: Path, count: int) -> None:
    rows = [f"{n},Shop {n},{LYON[0]},{LYON[1]},Rue {n}" for n in range(count)]
    result = table(tmp_path, "id,name,lat,lon,address", *rows)
    note = f"{count} stores are at {LYON[0]}, {LYON[1]}: kept as given"
    assert [note] == [remark.note for remark in result.warnings]
    assert count == len(result.stores)


@pytest.mark.parametrize(
    ("header", "row", "hint"),
    [
        ("SIRET,Nom,lat,lon", "12345678900012,A,48.85,2.35", "--map SIRET=id"),
        ("Filiale Nr.,Nom,lat,lon", "12,A,48.85,2.35", "--map 'Filiale Nr.'=id"),
        ("Nom,Code postal,lat,lon", "A,75001,48.85,2.35", "--id-from Nom,'Code postal'"),
        ("id,lat,lon,Ladenname", "1,48.85,2.35,Bäckerei", "--map Ladenname=name"),
        ("id,lat,lon,rating", "1,48.85,2.35,5", "--set brand=NAME"),
    ],
)
def test_other_first_commands_name_what_to_add(
    tmp_path: Path, header: str, row: str, hint: str
) -> None:
    with pytest.raises(ImporterError) as caught:
        table(tmp_path, header, row)
    assert hint.replace("'", "") in str(caught.value).replace("'", "")


@pytest.mark.parametrize("member", ["url", "telephone", "openingHours"])
def test_other_texts_of_schema_org_may_be_lists(tmp_path: Path, member: str) -> None:
    value = {"url": "https://a.example", "telephone": "+33 1", "openingHours": "Mo-Fr 09:00-18:00"}
    node = {"@type": "Bakery", "@id": "#1", "name": "A", "address": "Rue 1"}
    stores: list[Any] = []
    for given in (value[member], [value[member]]):
        path = tmp_path / "a.json"
        path.write_text(json.dumps({**node, member: given}))
        stores += read(path, source="s").stores
    first, second = stores
    assert first == second
    assert any((first.urls, first.phones, first.opening_hours))
