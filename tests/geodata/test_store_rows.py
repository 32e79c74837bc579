"""A store that is exported and imported again is the same store, in every format that says so."""

import datetime as dt
import io
import re
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata import importers
from geodata.exports import tables
from geodata.points import Point
from geodata.store_rows import DISARMED_KEY, KEY, armed, disarmed, row_of, store_of
from geodata.stores import Address, ServiceArea, Store, StoreStatus

FORMULAS = [
    "=1+1",
    "+358 9 1211",
    "-5",
    "-1+1",
    "@SUM(A1)",
    "'=x",
    "'",
    "\t=1",
    '"',
    "|",
    "[a",
    "a|b",
]
texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [*FORMULAS, "#N/A", "8.43E+12", "01067", " a  b ", "é\u00a0x", "a\r\nb", "{}", "x"]
    ),
)
some = st.lists(texts, max_size=3).map(tuple)
maps = st.dictionaries(st.sampled_from(["fi", "sv-FI", "gln", "osm"]), texts, max_size=3)
points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
dates = st.none() | st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))
areas = st.builds(
    ServiceArea,
    postal_codes=some,
    radius_m=st.none() | st.floats(0, 1e6),
    polygons=st.lists(
        st.lists(st.lists(points, max_size=4).map(tuple), max_size=2).map(tuple), max_size=2
    ).map(tuple),
)
addresses = st.builds(
    Address,
    region_code=st.sampled_from(["", "FI", "US"]),
    postal_code=texts,
    administrative_area=texts,
    locality=texts,
    lines=some,
    sublocality=texts,
    sorting_code=texts,
    organization=texts,
    recipients=some,
    language_code=texts,
)
stores = st.builds(
    Store,
    id=st.from_regex(re.compile(r"[a-z0-9][a-z0-9._~-]{0,20}", re.ASCII), fullmatch=True),
    display_name=texts.filter(bool),
    brand=texts,
    location=st.none() | points,
    entrance=st.none() | points,
    address=addresses,
    phones=some,
    urls=some,
    status=st.sampled_from(StoreStatus),
    opening_date=dates,
    closing_date=dates,
    moved_to=st.sampled_from(["", "stores/b"]),
    attributes=some,
    service_area=areas,
    external_ids=maps,
    time_zone=texts,
    opening_hours=texts,
    opening_hours_expression=texts,
    localized_names=maps,
    description=texts,
    localized_descriptions=maps,
    images=some,
    payment_methods=some,
    private=st.booleans(),
)
feeds = st.lists(stores, max_size=4, unique_by=lambda store: store.id)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stores)
def test_a_row_is_its_store(store):
    assert store == store_of(row_of(store))


@given(texts)
def test_no_disarmed_cell_is_a_formula_and_each_comes_back(text):
    cell = disarmed(text)
    assert text == armed(cell)
    assert not cell.startswith(("=", "+", "@", "\t", "\r"))
    assert not cell.startswith("-") or re.fullmatch(r"-\d*\.?\d*", cell, re.ASCII)


WRITERS = {
    "feed.csv": tables.write_csv,
    "feed-for-spreadsheet.csv": lambda given, file: tables.write_csv(
        given, file, for_spreadsheet=True
    ),
    "feed.geojson": tables.write_geojson,
    "feed.parquet": tables.write_geoparquet,
}


@pytest.mark.parametrize(
    "name",
    [  # each reading of Parquet starts a process
        pytest.param(name, marks=pytest.mark.long if name == "feed.parquet" else ())
        for name in WRITERS
    ],
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(given_stores=feeds)
def test_a_file_that_is_imported_again_changes_nothing(name, tmp_path: Path, given_stores):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="no pyarrow here: make extras")
    with (tmp_path / name).open("wb") as file:
        assert len(given_stores) == WRITERS[name](given_stores, file)
    if not given_stores:
        return
    found = importers.read(tmp_path / name)
    assert ([], []) == (found.rejected, found.remarks)
    assert given_stores == found.stores


def example(**fields: object) -> Store:
    return Store(id="us-1", display_name="Shop", location=Point(1.5, -2.25), **fields)


def csv_of(*given_stores: Store) -> str:
    file = io.BytesIO()
    tables.write_csv(given_stores, file)
    return file.getvalue().decode()


def test_a_workbook_made_from_the_file_changes_nothing(tmp_path: Path):
    """A person opens the file in a spreadsheet, and saves it."""
    store = example(phones=("+1 503-555-0100",), address=Address(postal_code="01067"))
    book = openpyxl.Workbook()
    row = {column: disarmed(text) for column, text in row_of(store).items()}
    for cells in ([DISARMED_KEY, *list(row)[1:]], list(row.values())):
        assert book.active is not None
        book.active.append(cells)
    book.save(tmp_path / "feed.xlsx")
    assert [store] == importers.read(tmp_path / "feed.xlsx").stores


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        (KEY, "8.43E+12", "'8.43E+12' is not a store id"),
        ("lat", "91", "latitude must be in"),
        ("lon", "", "one of the two is missing"),
        ("closing_date", "30/06/2027", "is not a date such as 2027-06-30"),
        ("status", "shut", "is none of open, "),
        ("external_ids", "gln=1", "is not valid JSON"),
        ("external_ids", '{"gln": 1}', "is not a text"),
        ("service_area", '{"radius_m": "far"}', "is not an area"),
        ("private", "perhaps", "neither yes nor no"),
        ("name", "", "missing"),
    ],
)
def test_a_value_that_somebody_changed_is_refused_by_its_column(
    tmp_path: Path, column, text, reason
):
    row = row_of(example()) | {column: text}
    (tmp_path / "feed.csv").write_text(
        ",".join(row) + "\n" + ",".join('"' + v.replace('"', '""') + '"' for v in row.values())
    )
    [rejected] = importers.read(tmp_path / "feed.csv").rejected
    assert column in rejected.field
    assert reason in rejected.reason


def test_rows_of_another_source_and_rows_twice_are_refused(tmp_path: Path):
    path = tmp_path / "feed.csv"
    text = csv_of(example())
    path.write_text(text + text.splitlines()[1] + "\n")
    assert ["row 2 already has the id 'us-1'"] == [r.reason for r in importers.read(path).rejected]
    path.write_text(text)
    found = importers.read(path, source="fr")
    assert ["'us-1' does not begin with 'fr-'"] == [one.reason for one in found.rejected]
    assert {"us"} == importers.read(path, source="us").sources
