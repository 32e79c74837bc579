"""Tests that files of other programs are read, and that none unpacks without bound.

The files in `samples` were made by GDAL 3 (`ogr2ogr`), `ods` and `xls` by LibreOffice 7.4, those of
other spreadsheets by openpyxl here.
"""

import datetime as dt
import gzip
import io
import json
import sqlite3
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapely
from geopy.distance import geodesic

from geodata.importers import ColumnMap, Import, ImporterError, archives, parquet, read, xml_tree
from geodata.importers.files import Source
from geodata.importers.presets import PRESETS
from geodata.importers.table import Row
from geodata.importers.tables import open_table
from geodata.schedule.formats import osm

SAMPLES = Path(__file__).parent / "samples"
OPERA, LYON = (48.8686, 2.3337), (45.7640, 4.8357)
SHOPS = "id,name,lat,lon\n1,Épicerie,48.8686,2.3337\n2,Bar,45.7640,4.8357\n"


def written(tmp_path: Path, name: str, content: bytes | str) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def zipped(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return data.getvalue()


def places(result: Import) -> list[tuple[float, float]]:
    return [(s.location.latitude, s.location.longitude) for s in result.stores if s.location]


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("shops.xlsx", "excel"),
        ("shops.ods", "excel"),
        ("shops.xls", "excel"),
        ("shops.kml", "kml"),
        ("shops.kmz", "kml"),
        ("shops.gpkg.gz", "geopackage"),
        ("lambert93.gpkg.gz", "geopackage"),
        ("shops.shp.zip", "shapefile"),
        ("lambert93.shp.zip", "shapefile"),  # metres, a .prj, Latin-1 without a .cpg
    ],
)
def test_files_of_other_programs_are_read(name: str, format: str) -> None:
    result = read(SAMPLES / name, source="s")
    assert (format, [], []) == (result.format, result.rejected, result.remarks)
    assert ["Monoprix Opéra", "Épicerie du Rhône"] == [s.display_name for s in result.stores]
    assert ["75001", "69003"] == [store.address.postal_code for store in result.stores]
    for expected, found in zip((OPERA, LYON), places(result), strict=True):
        assert geodesic(expected, found).m < 1


def test_waypoints_without_ids_say_how_to_make_them() -> None:
    with pytest.raises(ImporterError, match="make ids of columns: --id-from name"):
        read(SAMPLES / "shops.gpx", source="s")
    result = read(SAMPLES / "shops.gpx", source="s", columns=ColumnMap(id_from=("name",)))
    assert [OPERA, LYON] == places(result)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_texts_of_any_encoding_and_separator(tmp_path: Path, encoding: str, separator: str) -> None:
    path = written(tmp_path, "a.csv", SHOPS.replace(",", separator).encode(encoding))
    result = read(path, source="s")
    assert ["Épicerie", "Bar"] == [store.display_name for store in result.stores]
    assert (encoding == "cp1252") == any("Windows-1252" in r.note for r in result.repaired)


def test_a_line_that_names_the_separator_is_no_header(tmp_path: Path) -> None:
    text = "sep=;\r\n" + SHOPS.replace(",", ";")
    assert [OPERA, LYON] == places(read(written(tmp_path, "a.csv", text), source="s"))


def test_utf_8_with_a_damaged_byte_is_no_windows_1252(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", SHOPS.encode() + b"3,caf\xe9,48.8,2.3\n")
    with pytest.raises(ImporterError, match="byte 0xe9"):
        read(path, source="s")


def workbook(tmp_path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


def test_cells_of_a_spreadsheet_are_what_people_typed(tmp_path: Path) -> None:
    header: list[object] = [
        "Filialnummer",
        "Name",
        "Breite",
        "Länge",
        "PLZ",
        "Telefon",
        "opening_date",
        "Mo",
    ]
    row: list[object] = [
        1220,
        "A",
        48.8686,
        2.3337,
        75001.0,
        33142610000,
        dt.datetime(2020, 5, 4),
        dt.time(9),
    ]
    path = workbook(tmp_path, ("Filialen", [["Unsere Filialen"], [], header, row]), ("Notes", []))
    result = read(path, source="s")
    (store,) = result.stores
    assert {"s": "1220"} == store.external_ids
    assert ("75001", ("33142610000",)) == (store.address.postal_code, store.phones)
    assert dt.date(2020, 5, 4) == store.opening_date
    assert 4 == result.rows + 3


def test_the_first_sheet_is_read_and_the_others_named(tmp_path: Path) -> None:
    rows: list[list[object]] = [["id", "name", "lat", "lon"], ["1", "A", 48.8686, 2.3337]]
    hidden = workbook(tmp_path, ("Shops", rows), ("Depots", rows))
    result = read(hidden, source="s")
    assert [OPERA] == places(result)
    assert "sheet 'Shops' is read; not read: 'Depots'" in [r.note for r in result.repaired]


def test_a_workbook_without_a_table_or_with_a_password_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImporterError, match="no sheet has a header and rows"):
        read(workbook(tmp_path, ("Empty", [])), source="s")
    locked = written(tmp_path, "locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000))
    with pytest.raises(ImporterError, match="not a readable workbook"):
        read(locked, source="s")


def test_one_file_in_a_zip_is_read(tmp_path: Path) -> None:
    entries = {"export/shops.csv": SHOPS.encode(), "__MACOSX/._shops.csv": b"x"}
    path = written(tmp_path, "a.zip", zipped(entries))
    assert [OPERA, LYON] == places(read(path, source="s"))
    two = written(tmp_path, "b.zip", zipped({"a.csv": b"x", "b.csv": b"y"}))
    with pytest.raises(ImporterError, match=r"a zip archive of a\.csv, b\.csv; unpack it"):
        read(two, source="s")
    inner = written(tmp_path, "c.zip", zipped({"a.csv": zipped({"b.csv": SHOPS.encode()})}))
    with pytest.raises(ImporterError, match="an archive in an archive"):
        read(inner, source="s")


def test_names_in_a_zip_never_become_paths(tmp_path: Path) -> None:
    path = written(tmp_path, "a.zip", zipped({"../../evil.csv": SHOPS.encode()}))
    assert [OPERA, LYON] == places(read(path, source="s"))
    assert [path] == list(tmp_path.rglob("*"))


BOMB = b"id,name\n" + b"0" * (200 * 2**20)


@pytest.mark.parametrize(
    "entries",
    [
        {"a.csv": BOMB},
        {"doc.kml": BOMB},
        {"a.shp": BOMB, "a.dbf": b"x"},
        {"[Content_Types].xml": b"<x/>", "xl/worksheets/sheet1.xml": BOMB},
        {f"{n}.csv": b"" for n in range(3000)},
    ],
    ids=["csv", "kmz", "shapefile", "xlsx", "entries"],
)
def test_archives_that_explode_are_stopped(tmp_path: Path, entries: dict[str, bytes]) -> None:
    path = written(tmp_path, "bomb.zip", zipped(entries))
    with pytest.raises(ImporterError, match=r"the archive (expands over 100 times|has over 2,000)"):
        read(path, source="s")


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.csv": b"id,name\n" + b"0" * 1000}))
    at = data.rfind(b"PK\x01\x02") + 24  # the unpacked size in the directory
    data[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(ImporterError, match="damaged or encrypted archive"):
        read(written(tmp_path, "a.zip", bytes(data)), source="s")


@pytest.mark.parametrize("suffix", ["kml", "gpx"])
def test_xml_with_entities_is_refused(tmp_path: Path, suffix: str) -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    text = f'<?xml version="1.0"?>{entities}<{suffix}><name>&b;</name></{suffix}>'
    with pytest.raises(ImporterError, match="it has a document type"):
        read(written(tmp_path, f"a.{suffix}", text), format=suffix, source="s")
    outside = text.replace('"aaaaaaaaaa"', 'SYSTEM "file:///etc/passwd"')
    with pytest.raises(ImporterError, match="it has a document type"):
        read(written(tmp_path, f"a.{suffix}", outside), format=suffix, source="s")
    deep = f"<{suffix}>" + "<a>" * 200 + "</a>" * 200 + f"</{suffix}>"
    with pytest.raises(ImporterError, match="nested too deep"):
        xml_tree.tree_of(deep.encode())


def test_my_maps_fields_and_outlines_are_read(tmp_path: Path) -> None:
    text = """<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>Paris</name>
      <Placemark><name>A</name><ExtendedData><Data name="id"><value>7</value></Data>
        <Data name="Code postal"><value>75001</value></Data></ExtendedData>
        <Point><coordinates> 2.3337,48.8686,0 </coordinates></Point></Placemark>
      <Placemark><name>B</name><ExtendedData><Data name="id"><value>8</value></Data></ExtendedData>
        <Polygon><outerBoundaryIs><LinearRing><coordinates>2.3,48.8 2.4,48.8 2.4,48.9 2.3,48.8
        </coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
    </Folder></Document></kml>"""
    result = read(written(tmp_path, "map.kml", text), source="s")
    assert ["75001", ""] == [store.address.postal_code for store in result.stores]
    assert OPERA == places(result)[0]
    assert 48.8 < places(result)[1][0] < 48.9


def test_json_ld_is_taken_out_of_a_page(tmp_path: Path) -> None:
    store = {
        "@type": "Store",
        "branchCode": "1",
        "name": "A",
        "geo": {"latitude": OPERA[0], "longitude": OPERA[1]},
    }
    page = (
        "<!DOCTYPE html><html><head><script>var a = '<b>';</script>"
        f'<script type="application/ld+json">{json.dumps(store)}</script>'
        '<script type="application/ld+json">{"broken": </script></head></html>'
    )
    assert [OPERA] == places(read(written(tmp_path, "shop.html", page), source="s"))
    with pytest.raises(ImporterError, match="the page has no JSON-LD"):
        read(written(tmp_path, "a.html", "<html></html>"), source="s")


def test_an_answer_of_overpass_is_read_unless_it_is_incomplete(tmp_path: Path) -> None:
    elements = [
        {"type": "node", "id": 1, "lat": OPERA[0], "lon": OPERA[1], "tags": {"name": "A"}},
        {"type": "way", "id": 2, "center": {"lat": LYON[0], "lon": LYON[1]}, "tags": {"name": "B"}},
        {"type": "node", "id": 3, "lat": 1, "lon": 2},
    ]
    answer: dict[str, object] = {"version": 0.6, "osm3s": {}, "elements": elements}
    result = read(written(tmp_path, "a.json", json.dumps(answer)))
    assert ["osm-node~1", "osm-way~2"] == [store.id for store in result.stores]
    assert [OPERA, LYON] == places(result)
    answer["remark"] = "runtime error: Query timed out"
    with pytest.raises(ImporterError, match="the answer is incomplete: runtime error"):
        read(written(tmp_path, "a.json", json.dumps(answer)))


def test_google_places_and_shopify_are_read(tmp_path: Path) -> None:
    place = {
        "id": "ChIJ1",
        "displayName": {"text": "A", "languageCode": "fr"},
        "location": {"latitude": OPERA[0], "longitude": OPERA[1]},
        "formattedAddress": "1 Rue X, 75001 Paris",
        "businessStatus": "CLOSED_TEMPORARILY",
        "regularOpeningHours": {"weekdayDescriptions": ["Monday: 9:00 AM – 6:00 PM"]},
    }
    result = read(written(tmp_path, "p.json", json.dumps({"places": [place]})), source="g")
    (store,) = result.stores
    assert (OPERA, "temporarily_closed") == (places(result)[0], store.status.value)
    assert {"g": "ChIJ1", "place_id": "ChIJ1"} == store.external_ids
    assert "Mo 09:00-18:00" in store.opening_hours_expression
    legacy = {
        "place_id": "ChIJ2",
        "name": "B",
        "geometry": {"location": {"lat": LYON[0], "lng": LYON[1]}},
        "vicinity": "Lyon",
    }
    result = read(written(tmp_path, "l.json", json.dumps({"results": [legacy]})), source="g")
    assert [LYON] == places(result)
    location = {
        "id": 487838322,
        "name": "Fifth Avenue",
        "address1": "350 5th Ave",
        "city": "New York",
        "zip": "10118",
        "country_code": "US",
        "phone": "555",
    }
    result = read(written(tmp_path, "s.json", json.dumps({"locations": [location]})), source="s")
    (store,) = result.stores
    assert ("10118", "New York") == (store.address.postal_code, store.address.locality)


def pyarrow() -> Any:
    """pyarrow with its module for Parquet; the test is skipped without it."""
    pytest.importorskip("pyarrow.parquet", reason="no pyarrow here: make extras")
    return sys.modules["pyarrow"]


def overture(path: Path, crs: str | None = None) -> Path:
    pa = pyarrow()
    rows = [
        {
            "id": "08f1",
            "geometry": shapely.Point(OPERA[1], OPERA[0]).wkb,
            "names": {"primary": "Monoprix"},
            "brand": {"names": {"primary": "Monoprix"}},
            "addresses": [{"freeform": "21 Avenue", "locality": "Paris", "postcode": "75001"}],
            "phones": ["+33142610000"],
            "websites": ["https://a.example"],
        }
    ]
    column: dict[str, object] = {"encoding": "WKB", "geometry_types": ["Point"]}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    table = pa.Table.from_pylist(rows).replace_schema_metadata({"geo": json.dumps(geo)})
    pa.parquet.write_table(table, path)
    return path


def test_overture_places_are_read_from_parquet(tmp_path: Path) -> None:
    result = read(overture(tmp_path / "places.parquet"), source="o")
    (store,) = result.stores
    assert [OPERA] == places(result)
    assert ("Monoprix", "Monoprix", "75001", "Paris") == (
        store.display_name,
        store.brand,
        store.address.postal_code,
        store.address.locality,
    )
    assert (("+33142610000",), ("https://a.example",)) == (store.phones, store.urls)


def test_parquet_without_its_reader_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = overture(tmp_path / "places.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImporterError, match=r"pip install 'enrayon\[parquet\]'"):
        read(path, source="o")


def test_parquet_that_explodes_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_GROUP_BYTES", 2**20)
    pa = pyarrow()
    table = pa.table({"id": ["1"] * 4_000_000, "name": ["x" * 10] * 4_000_000})
    pa.parquet.write_table(table.slice(0, 400_000), tmp_path / "a.parquet", use_dictionary=False)
    with pytest.raises(ImporterError, match="unpacks to over"):
        list(parquet.objects_of(tmp_path / "a.parquet"))
    monkeypatch.setattr(parquet, "MAX_ROWS", 10)
    with pytest.raises(ImporterError, match="over 10 rows"):
        list(parquet.objects_of(tmp_path / "a.parquet"))
    with pytest.raises(ImporterError, match="not a readable Parquet file"):
        read(written(tmp_path, "b.parquet", b"PAR1" + bytes(100) + b"PAR1"), source="s")


def package(path: Path, sql: str) -> Path:
    with sqlite3.connect(path) as db:
        db.executescript(
            "CREATE TABLE gpkg_contents (table_name TEXT);"
            "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INT);"
            "INSERT INTO gpkg_geometry_columns VALUES ('shops', 'geom', 4326);" + sql
        )
    db.close()
    return path


def test_a_geopackage_whose_table_is_a_view_is_not_run(tmp_path: Path) -> None:
    endless = (
        "CREATE VIEW shops AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i AS id, i AS name, i AS geom FROM n;"
    )
    with pytest.raises(ImporterError, match="no table of features"):
        read(package(tmp_path / "a.gpkg", endless), source="s")
    with pytest.raises(ImporterError, match="but not a GeoPackage"):
        path = tmp_path / "b.gpkg"
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE a (b)")
        db.close()
        read(path, source="s")
    huge = "CREATE TABLE shops (id TEXT, name TEXT, geom BLOB);"
    bomb = package(
        tmp_path / "c.gpkg", huge + "INSERT INTO shops VALUES (1, zeroblob(20000000), 1);"
    )
    with pytest.raises(ImporterError, match="not a readable GeoPackage"):
        read(bomb, source="s")


def test_a_compressed_database_that_explodes_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "a.gpkg.gz", gzip.compress(b"SQLite format 3\0" + bytes(2**27)))
    with pytest.raises(ImporterError, match="expands over 100 times"):
        read(path, source="s")


GOOGLE = (
    "Store code,Business name,Address line 1,Address line 2,Locality,Administrative area,"
    "Country / Region,Postal code,Latitude,Longitude,Primary phone,Website,Primary category,"
    "Sunday hours,Monday hours\n"
    "G1,Shop,1 Rue X,,Paris,,FR,75001,48.8686,2.3337,0142610000,https://a.example,Shop,x,"
    "09:00-17:00\n"
)
WPSL = (
    "wpsl_id,name,address,address2,city,state,zip,country,country_iso,lat,lng,phone,url\n"
    "5,Shop,1 Rue X,,Paris,,75001,France,FR,48.8686,2.3337,0142610000,https://a.example\n"
)
AGILE = (
    "title,description,street,city,state,zip,country,lat,lng,phone,website,logo_name,categories,"
    "marker_id,open_hours\n"
    'Shop,,1 Rue X,Paris,,75001,France,48.8686,2.3337,0142610000,,,,1,"{""mon"":[""09:00 - '
    '17:00""],""sun"":""0""}"\n'
)


UBERALL = (
    "businessIdentifier,identifier,status,name,streetAndNumber,zip,city,country,lat,lng,phone,"
    "openingHours\n"
    "B1,7,ACTIVE,Shop,1 Rue X,75001,Paris,FR,48.8686,2.3337,0142610000,"
    "Mo=09:00-17:00;Tu=09:00-12:00&14:00-17:00;We;Th;Fr;Sa;Su\n"
)


@pytest.mark.parametrize(
    ("text", "program", "columns"),
    [
        (UBERALL, "Uberall", None),
        (GOOGLE, "Google Business Profile", None),
        (WPSL, "WP Store Locator", None),
        (AGILE, "Agile Store Locator", ColumnMap(id_from=("title", "zip"))),
    ],
)
def test_exports_of_known_programs_are_recognised(
    tmp_path: Path, text: str, program: str, columns: ColumnMap | None
) -> None:
    result = read(written(tmp_path, "export.csv", text), source="s", columns=columns)
    (store,) = result.stores
    assert program == result.preset
    assert [OPERA] == places(result)
    assert ("Shop", "FR", "75001", "Paris", ("1 Rue X",)) == (
        store.display_name,
        store.address.region_code,
        store.address.postal_code,
        store.address.locality,
        store.address.lines,
    )
    if program != "WP Store Locator":
        hours = store.opening_hours_expression or osm.read_feed(store.opening_hours).expression
        assert "Mo 09:00-17:00" in hours
    if program == "Uberall":
        assert hours.endswith(
            "; Tu 09:00-12:00,14:00-17:00; We off; Th off; Fr off; Sa off; Su off"
        )


def test_presets_are_told_apart() -> None:
    assert len(PRESETS) == len({preset.program for preset in PRESETS})
    assert {"Google Business Profile", "WP Store Locator", "Agile Store Locator", "Uberall"} == {
        preset.program for preset in PRESETS if preset.page
    }


@pytest.mark.parametrize(
    ("header", "program"),
    [
        ("partners_location_id,display_name,full_address,latitude,longitude", "Apple"),
        ("Entity ID,Name,Address Line1,City,Region,Latitude,Longitude", "Yext"),
        ("Store Number,Name,Location Descriptor,Address,City,Latitude,Longitude", "Facebook"),
    ],
)
def test_a_preset_without_a_published_page_is_told_as_not_verified(
    tmp_path: Path, header: str, program: str
) -> None:
    row = ",".join("1" if "ID" in c or "id" in c or "Num" in c else "x" for c in header.split(","))
    result = read(written(tmp_path, "a.csv", f"{header}\n{row}\n"), source="s")
    assert result.preset.startswith(program)
    assert result.preset.endswith("(not verified: check each column)")


def test_a_geojson_with_other_names_is_a_table(tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "properties": {"Code magasin": 7, "Nom": "Épicerie", "CP": "75001"},
        "geometry": {"type": "Point", "coordinates": [OPERA[1], OPERA[0]]},
    }
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False)
    result = read(written(tmp_path, "a.geojson", text), source="s")
    (store,) = result.stores
    assert ("geojson", [OPERA]) == (result.format, places(result))
    assert ("s-7", "Épicerie", "75001") == (
        store.id,
        store.display_name,
        store.address.postal_code,
    )


def test_a_table_without_places_is_no_list_of_stores(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "code,name,brands\n1,Milk,Valio\n")
    with pytest.raises(ImporterError, match="`enrayon products import`"):
        read(path, source="s")


def test_every_table_can_be_opened_by_the_commands(tmp_path: Path) -> None:
    text = written(tmp_path, "stock.csv.gz", gzip.compress(b"store;sku;on_hand\na;x;4\n"))
    assert ["store", "sku", "on_hand"] == list(open_table(text).header)
    book = workbook(tmp_path, ("Stock", [["store", "sku", "on_hand"], ["a", "x", 4]]))
    (row,) = open_table(book).rows()
    assert isinstance(row, Row)
    assert ["a", "x", "4"] == row.values
    inside = written(tmp_path, "a.zip", zipped({"stock.csv": b"store,sku\na,x\n"}))
    assert ["store", "sku"] == list(open_table(inside).header)
    with pytest.raises(ImporterError, match="osm is not a table"):
        open_table(written(tmp_path, "a.xml", "<osm/>"))
    assert archives.MAX_UNPACKED_BYTES > Source(text).size


def test_descriptions_pictures_payments_and_other_languages_are_read(tmp_path: Path) -> None:
    table = tmp_path / "shops.csv"
    table.write_text(
        "id,name,Name (FI),name_sv,lat,lon,From the business,Photos,Zahlungsarten,closing date\n"
        '1,Shop,Kauppa,Butik,60.17,24.94,"Fine, food",https://a.example/1.jpg,"Visa, Apple Pay",'
        "2099-06-30\n"
    )
    graph = tmp_path / "shop.json"
    graph.write_text(
        '{"@type":"Store","@id":"1","name":"Shop","geo":{"latitude":60.17,"longitude":24.94},'
        '"description":"Fine, food","image":{"url":"https://a.example/1.jpg"},'
        '"paymentAccepted":"Visa, Apple Pay"}'
    )
    osm = tmp_path / "shops.geojson"
    osm.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","id":"node/1","properties":'
        '{"name":"Shop","name:fi":"Kauppa","name:sv":"Butik","shop":"deli","payment:visa":"yes",'
        '"payment:apple_pay":"yes","payment:cash":"no","description":"Fine, food",'
        '"image":"https://a.example/1.jpg"},'
        '"geometry":{"type":"Point","coordinates":[24.94,60.17]}}]}'
    )
    for path in (table, graph, osm):
        [store] = read(path, source="s").stores
        assert "Fine, food" == store.description
        assert ("https://a.example/1.jpg",) == store.images
        assert ("apple_pay", "visa") == store.payment_methods
        if path != graph:
            assert {"fi": "Kauppa", "sv": "Butik"} == store.localized_names
        if path == table:
            assert dt.date(2099, 6, 30) == store.closing_date
