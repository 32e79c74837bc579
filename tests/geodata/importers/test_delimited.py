"""Tests the import of CSV: column names, invalid rows and damaged files."""

import csv
import gzip
from pathlib import Path

import pytest

from geodata.importers import ColumnMap, Import, ImporterError, delimited, read, write_rejected
from geodata.points import Point
from geodata.stores import StoreStatus

HEADER = "id,brand,name,lat,lon,housenumber,street,unit,city,state,postcode,country,phone"
PARIS = "1,Monoprix,Monoprix Opéra,48.8686,2.3337,21,Avenue de l'Opéra,,Paris,,75001,FR,0142610000"


def table(tmp_path: Path, *lines: str, name: str = "stores.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding=encoding, newline="")
    return path


def imported(tmp_path: Path, *lines: str) -> Import:
    return read(table(tmp_path, *lines), source="shop")


def test_a_row_becomes_a_store_with_its_address(tmp_path: Path) -> None:
    result = imported(tmp_path, HEADER, PARIS)
    (store,) = result.stores
    assert "shop-1" == store.id
    assert "Monoprix Opéra" == store.display_name
    assert "Monoprix" == store.brand
    assert Point(48.8686, 2.3337) == store.location
    assert ("21 Avenue de l'Opéra",) == store.address.lines
    assert ("FR", "75001", "Paris") == (
        store.address.region_code,
        store.address.postal_code,
        store.address.locality,
    )
    assert ("0142610000",) == store.phones
    assert {"shop": "1"} == store.external_ids
    assert ("csv", 1, [], [], {"shop"}) == (
        result.format,
        result.rows,
        result.rejected,
        result.remarks,
        result.sources,
    )


def test_the_house_number_stands_where_the_country_puts_it(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "id,name,lat,lon,housenumber,street,country",
        "1,S-market,60.165,24.948,19,Kasarmikatu,FI",
        "2,Walmart,36.33,-94.15,2110,West Walnut Street,US",
        "3,Alepa,60.17,24.94,5,Elielinaukio,",
    )
    assert [("Kasarmikatu 19",), ("2110 West Walnut Street",), ("Elielinaukio 5",)] == [
        store.address.lines for store in result.stores
    ]
    # The third row has no country; it follows from the location.
    assert ["FI", "US", "FI"] == [store.address.region_code for store in result.stores]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_separators_marks_and_line_ends_make_no_difference(
    tmp_path: Path, separator: str, encoding: str, line_end: str
) -> None:
    path = tmp_path / "stores.csv"
    lines = [["id", "name", "lat", "lon"], ["1", "Épicerie", "48.85", "2.35"]]
    text = line_end.join(separator.join(line) for line in lines)
    path.write_text(text, encoding=encoding, newline="")
    (store,) = read(path, source="a").stores
    assert ("Épicerie", Point(48.85, 2.35)) == (store.display_name, store.location)


def test_gzip_and_quotes_are_seen_through(tmp_path: Path) -> None:
    path = tmp_path / "stores.csv.gz"
    text = 'id;name;lat;lon\n1;"Café; ""chez""\nPaul";48,85;2,35\n'
    path.write_bytes(gzip.compress(text.encode()))
    (store,) = read(path, source="a").stores
    assert ('Café; "chez" Paul', Point(48.85, 2.35)) == (store.display_name, store.location)


def test_columns_go_by_other_names_too(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "Store ID,Store-Name,Latitude,LNG,Zip Code,Town,Country Code,Telephone,URL",
        "7,Corner,40.75,-73.99,10001,New York,USA,+1 212 555 0100,https://corner.example",
    )
    (store,) = result.stores
    assert "shop-7" == store.id
    assert "Corner" == store.display_name
    assert ("US", "10001", "New York") == (
        store.address.region_code,
        store.address.postal_code,
        store.address.locality,
    )
    assert ("+1 212 555 0100",) == store.phones
    assert ("https://corner.example",) == store.urls


def test_a_mapping_wins_over_what_a_column_is_called(tmp_path: Path) -> None:
    path = table(tmp_path, "nr,id,naam,lat,lon", "5,wrong,Winkel,52.37,4.90")
    (store,) = read(path, source="nl", columns=ColumnMap({"nr": "id", "naam": "name"})).stores
    assert ("nl-5", "Winkel") == (store.id, store.display_name)


def test_services_amenities_and_status_become_attributes(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "id,name,lat,lon,wheelchair,drive_through,parking,services,ownership,status",
        "1,A,48.85,2.35,yes,no,yes,Free Wi-Fi|Pretzels,Licensed,temporarily closed",
        "2,B,48.85,2.35,limited,yes,,,,opening later",
    )
    first, second = result.stores
    assert (
        "dev.ucp.amenity.parking",
        "dev.ucp.amenity.wi_fi",
        "enrayon.ownership.licensed",
        "enrayon.service.pretzels",
        "osm.wheelchair",
    ) == first.attributes
    assert StoreStatus.TEMPORARILY_CLOSED == first.status
    assert ("osm.drive_through", "osm.wheelchair.limited") == second.attributes
    assert [(3, "status", False)] == [
        (remark.row, remark.field, remark.repaired) for remark in result.remarks
    ]


def test_a_table_may_say_attributes_and_what_is_private(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "id,name,lat,lon,attributes,private",
        "1,Shop,48.85,2.35,com.example.bakery|Not an id|osm.atm,no",
        "2,Dark kitchen,48.85,2.35,,yes",
        "3,Hub,48.85,2.35,,maybe",
        "4,Corner,48.85,2.35,,",
    )
    assert ("com.example.bakery", "osm.atm") == result.stores[0].attributes
    assert [False, True, True, False] == [store.private for store in result.stores]
    assert [(4, "private", "'maybe' is neither yes nor no: assumed yes")] == [
        (remark.row, remark.field, remark.note) for remark in result.warnings
    ]


def test_copies_are_dropped_and_second_owners_of_an_id_rejected(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "id,name,lat,lon",
        "1,First,48.85,2.35",
        "2,Other,48.86,2.36",
        "1,First,48.85,2.35",
        "2,Another,48.87,2.37",
    )
    assert ["First", "Other"] == [store.display_name for store in result.stores]
    assert 4 == result.rows
    assert [(4, "id", "'1': same as row 2, dropped")] == [
        (remark.row, remark.field, remark.note) for remark in result.repaired
    ]
    assert [(5, "id", "row 3 already has the id '2'")] == [
        (rejected.row, rejected.field, rejected.reason) for rejected in result.rejected
    ]


def test_a_header_alone_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(ImporterError, match="no column for 'id'"):
        read(table(tmp_path, "a,b,c"), source="a")
    assert [] == read(table(tmp_path, "id,name,lat,lon"), source="a").stores


def test_columns_without_a_name_or_with_anothers_do_no_harm(tmp_path: Path) -> None:
    result = imported(tmp_path, "id,,name,name,lat,lon,", "1,x,First,Second,48.85,2.35,")
    (store,) = result.stores
    assert ("First", Point(48.85, 2.35)) == (store.display_name, store.location)


def test_hours_are_read_from_a_column_for_each_day_too(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "id,name,lat,lon,mon,tue,wed,thu,fri,sat,sun",
        "1,A,48.85,2.35,9:00 - 12:00 / 14:00 - 17:30,9:00 - 17:00,-,-,-,-,-",
        "2,B,48.85,2.35,,,,,,,",
        "3,C,48.85,2.35,whenever,9:00 - 17:00,-,-,-,-,-",
    )
    first = result.stores[0]
    assert "Mo 09:00-12:00,14:00-17:30; Tu 09:00-17:00" == first.opening_hours_expression
    assert first.opening_hours.startswith("mon: 9:00 - 12:00 / 14:00 - 17:30; tue: 9:00 - 17:00;")
    assert "" == result.stores[1].opening_hours
    assert "Tu 09:00-17:00" in result.stores[2].opening_hours_expression
    assert [(4, "opening_hours")] == [(remark.row, remark.field) for remark in result.warnings]
    assert "mon 'whenever': not understood" in result.warnings[0].note


def test_bad_rows_never_stop_good_ones(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "id,name,lat,lon,city",
        "1,Good,48.85,2.35,Paris",
        ",No id,48.85,2.35,Paris",
        "3,,48.85,2.35,Paris",
        "4,Too short,48.85",
        "5,Too long,48.85,2.35,Paris,extra",
        "6,Nowhere,,,",
        f"7,{'x' * 301},48.85,2.35,Paris",
        "8,No point,,,Paris",
        "9,Good too,48.85,2.35,Paris",
    )
    assert ["shop-1", "shop-8", "shop-9"] == [store.id for store in result.stores]
    assert result.stores[1].location is None
    assert [
        (3, "id", "missing"),
        (4, "name", "neither a name nor a brand or operator"),
        (5, "row", "3 values for 5 columns"),
        (6, "row", "6 values for 5 columns"),
        (7, "lat, lon", "no address to stand in for coordinates: no coordinates"),
        (8, "name", "longer than 300 characters"),
    ] == [(rejected.row, rejected.field, rejected.reason) for rejected in result.rejected]
    assert [(9, "lat, lon", "no coordinates: kept without a location")] == [
        (remark.row, remark.field, remark.note) for remark in result.warnings
    ]


def test_rejected_rows_can_be_written_set_right_and_read_again(tmp_path: Path) -> None:
    result = imported(tmp_path, "id,name,lat,lon", ",Lost,48.85,2.35", "2,Fine,48.85,2.35")
    path = tmp_path / "rejected.csv"
    write_rejected(result.rejected, path)
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert {
        "rejected_row": "2",
        "rejected_field": "id",
        "rejected_reason": "missing",
        "id": "",
        "name": "Lost",
        "lat": "48.85",
        "lon": "2.35",
    } == row
    path.write_text(path.read_text(encoding="utf-8").replace(",,Lost", ",9,Lost"), "utf-8")
    assert ["shop-9"] == [store.id for store in read(path, source="shop").stores]


def test_a_rejected_row_that_is_nested_deep_is_written_without_its_depths(tmp_path: Path) -> None:
    geometry = "[" * 400 + "]" * 400
    feature = f'{{"type": "Feature", "id": "a", "geometry": {geometry}}}'
    (tmp_path / "deep.json").write_text(f'{{"type": "FeatureCollection", "features": [{feature}]}}')
    write_rejected(read(tmp_path / "deep.json", source="x").rejected, tmp_path / "rejected.csv")
    with (tmp_path / "rejected.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert ("a", "nested too deep to be written") == (row["id"], row["geometry"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"just some words\nand more\n", "unknown format"),
        (
            b"a,b,c\n1,2,3\n",
            "no column for 'id' among a, b, c; say which one, for example --map a=",
        ),
        (b"id,lat,lon\n1,2,3\n", "no column for 'name' or 'brand' among id, lat, lon; say the br"),
        (b"id,name\n1,\xc3\xa9 caf\xe9\n", "not UTF-8 (byte 0xe9); save it as UTF-8"),
        (b'id,name\n1,"never closed\n2,x\n', "line 3: unexpected end of data"),
        (b"id,name\n1," + b"x" * 200_000, "field larger than field limit"),
        (b"PK\x03\x04 and so on", "damaged or encrypted archive"),
    ],
)
def test_a_broken_table_says_what_is_wrong_and_gives_nothing(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "stores.csv"
    path.write_bytes(content)
    with pytest.raises(ImporterError) as caught:
        read(path, source="a")
    assert message in str(caught.value)


def test_gzip_that_is_cut_short_or_mangled_says_so(tmp_path: Path) -> None:
    path = tmp_path / "stores.csv.gz"
    rows = "".join(f"{i},Shop {i * i % 1009},48.85,2.35\n" for i in range(20_000))
    whole = gzip.compress(f"id,name,lat,lon\n{rows}".encode())
    for broken in (whole[: len(whole) // 2], whole[:500] + b"\xff" * 40 + whole[540:], whole[:-6]):
        path.write_bytes(broken)
        with pytest.raises(ImporterError, match=r"damaged or truncated gzip .*; download it again"):
            read(path, format="csv", source="a")


def test_gzip_that_explodes_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "stores.csv.gz"
    path.write_bytes(gzip.compress(b"id,name,lat,lon\n" + (b" " * 99_999 + b"\n") * 400))
    with pytest.raises(ImporterError, match="the gzip file expands over 100 times"):
        read(path, source="a")


def test_lines_without_end_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_LINES", 10)
    path = table(tmp_path, "id,name", *(["1,a"] * 10))
    with pytest.raises(ImporterError, match="over 10 lines; split the file"):
        read(path, source="a")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"nope": "id"}, "no column 'nope'; the columns are id, name"),
        ({"id": "nope"}, "no field 'nope'; the fields are address, address2, "),
    ],
)
def test_a_mapping_must_name_a_column_and_a_field(
    tmp_path: Path, columns: dict[str, str], message: str
) -> None:
    with pytest.raises(ImporterError) as caught:
        read(table(tmp_path, "id,name", "1,x"), source="a", columns=ColumnMap(columns))
    assert message in str(caught.value)


def test_a_table_does_not_know_whose_stores_it_has(tmp_path: Path) -> None:
    path = table(tmp_path, HEADER, PARIS)
    with pytest.raises(ImporterError, match="give a source"):
        read(path)
    with pytest.raises(ImporterError, match="for example 'my_shops'"):
        read(path, source="my-shops")


def test_other_formats_have_no_columns_to_map(tmp_path: Path) -> None:
    path = table(tmp_path, "<osm></osm>")
    with pytest.raises(ImporterError, match="columns can be mapped only for tables, not for osm"):
        read(path, columns=ColumnMap({"a": "id"}))
    with pytest.raises(
        ImporterError, match="format 'xls' must be one of auto, alltheplaces, csv, "
    ):
        read(path, format="xls")


def test_a_file_that_is_not_there_is_an_error_of_its_name(tmp_path: Path) -> None:
    with pytest.raises(ImporterError, match="No such file or directory"):
        read(tmp_path / "gone.csv", source="a")


def test_progress_reaches_the_size_of_the_file(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    rows = [f"{i},{'Shop ' * 50},48.85,2.35" for i in range(6_000)]
    path = table(tmp_path, "id,name,lat,lon", *rows)
    read(path, source="a", progress=lambda done, size: seen.append((done, size)))
    size = path.stat().st_size
    assert (size, size) == seen[-1]
    assert len(seen) > 5
    assert sorted(seen) == seen


def test_texts_lose_what_no_label_should_have(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "id,name,lat,lon,phone,website",
        "1,  A\u00a0\x07 shop  ,48.85,2.35,01 42;01 43; 01 42,javascript:alert(1);www.a.example/x",
    )
    (store,) = result.stores
    assert "A shop" == store.display_name
    assert ("01 42", "01 43") == store.phones
    assert ("http://www.a.example/x",) == store.urls
    assert ["'javascript:alert(1)' is not a web address: ignored"] == [
        remark.note for remark in result.warnings
    ]


def test_time_zones_are_found_at_the_end_of_longer_texts(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "id,name,lat,lon,timezone",
        "1,A,42.51,1.53,GMT+1:00 Europe/Andorra",
        "2,B,37.7,-122.4,GMT-08:00 America/Los_Angeles",
        "3,C,39.9,116.4,GMT+08:00 Asia/Beijing",
    )
    assert ["Europe/Andorra", "America/Los_Angeles", ""] == [s.time_zone for s in result.stores]
    assert [(4, "timezone", "'GMT+08:00 Asia/Beijing' is not a time zone: ignored")] == [
        (remark.row, remark.field, remark.note) for remark in result.warnings
    ]


def test_leading_zeros_that_a_spreadsheet_ate_are_given_back(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "id,name,lat,lon,postcode,country",
        "1,Bourg,46.20,5.22,1000,FR",
        "2,Boston,42.36,-71.06,2110,US",
        "3,Boston,42.36,-71.06,21102012,US",
        "4,Andorra,42.51,1.53,500,AD",
    )
    assert ["01000", "02110", "021102012", "500"] == [
        store.address.postal_code for store in result.stores
    ]
    assert [2, 3, 4] == [remark.row for remark in result.repaired]
