"""Stock files in this project's CSV and Google's feed are read and written."""

import pytest

from enrayon.stock.v1 import stock_pb2
from geodata.importers.spreadsheets import damage
from services.cli import product_files
from services.cli.stock_files import Row, read, write_csv, write_google
from services.cli.tables import BadRow

LEVELS = [
    stock_pb2.StockLevel(
        store="stores/t-forum",
        product="products/milk",
        band=stock_pb2.STOCK_BAND_IN_STOCK,
        available=4,
        on_hand=6,
        safety_stock=1,
    ),
    stock_pb2.StockLevel(
        store="stores/t-forum", product="products/bread", band=stock_pb2.STOCK_BAND_UNKNOWN
    ),
]


def test_what_was_written_is_read_again(tmp_path):
    assert (1, 1) == (
        write_csv(LEVELS, tmp_path / "ours.csv"),
        write_google(LEVELS, tmp_path / "google.tsv"),
    )
    assert [Row(2, "t-forum", "milk", 6, 1)] == list(read(tmp_path / "ours.csv"))
    assert [Row(2, "t-forum", "milk", 4, 0)] == list(read(tmp_path / "google.tsv"))


def test_google_rows_without_a_quantity_count_as_one_or_none(tmp_path):
    file = tmp_path / "feed.csv"
    file.write_text("store_code,id,availability\na,x,in stock\na,y,out_of_stock\na,z,\n")

    assert [
        Row(2, "a", "x", 1, 0),
        Row(3, "a", "y", 0, 0),
        Row(4, "a", "z", None, 0, "units '': not a whole number"),
    ] == list(read(file))


def test_rows_that_say_nothing_are_named_by_their_line(tmp_path):
    file = tmp_path / "levels.csv"
    file.write_text("store,sku,on_hand\n,x,1\na,8.43E+12,2\na,x,2\na,#N/A,4\na,x\n")

    assert [
        BadRow(2, "store and product are required"),
        BadRow(3, f"sku: '8.43E+12' is {damage('8.43E+12')}"),
        Row(4, "a", "x", 2, 0),
        BadRow(5, "sku: '#N/A' is the error of a spreadsheet's formula"),
        BadRow(6, "2 values for 3 columns"),
    ] == list(read(file))


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("-3", -3),
        ("\N{MINUS SIGN}3", -3),
        ("5.0", 5),
        ("5,00", 5),
        ("1 200", 1200),
        ("1\u202f200", 1200),
        ("+7", 7),
        ("many", None),
        ("5.5", None),
        ("1.200", None),  # a thousand and two hundred, or a little more than one
        ("", None),
        ("#N/A", None),
        ("12345678", None),
        ("9" * 5000, None),
    ],
)
def test_units_are_a_whole_number_or_not_known(tmp_path, text, units):
    file = tmp_path / "levels.csv"
    file.write_text(f"store;sku;on_hand\na;x;{text}\n")

    (row,) = read(file)

    assert isinstance(row, Row)
    assert units == row.on_hand
    assert (units is None) == (text[:60] in row.reason and row.reason != "")


def test_a_negative_level_is_exported_and_read_again(tmp_path):
    level = stock_pb2.StockLevel(
        store="stores/t-forum",
        product="products/milk",
        band=stock_pb2.STOCK_BAND_OUT_OF_STOCK,
        available=0,
        on_hand=-3,
    )
    write_csv([level], tmp_path / "ours.csv")
    assert [Row(2, "t-forum", "milk", -3, 0)] == list(read(tmp_path / "ours.csv"))


def test_any_column_may_be_named_and_others_may_stand_beside(tmp_path):
    file = tmp_path / "levels.csv"
    file.write_text("Filiale;Artikel;Menge;Preis\na;x;4;1,99\n", encoding="cp1252")
    assert [Row(2, "a", "x", 4, 0)] == list(read(file, {"Menge": "on_hand"}))
    with pytest.raises(ValueError, match="no column 'Meng'; the columns are Filiale, Artikel"):
        list(read(file, {"Meng": "on_hand"}))
    products = tmp_path / "products.csv"
    products.write_text("sku|title|price|ean|name:fi\nmilk|Milk|1.99|6408430000012|Maito\n")
    (row,) = product_files.read(products)
    assert isinstance(row, product_files.Row)
    assert ("Milk", ["6408430000012"]) == (row.product.display_name, list(row.product.gtins))
    assert {"fi": "Maito"} == row.product.localized_names
    assert ["price"] == product_files.unread(products)


def test_a_shortened_barcode_is_no_barcode(tmp_path):
    file = tmp_path / "products.csv"
    file.write_text("sku,name,gtins\nmilk,Milk,6.41E+12\n")
    (row,) = product_files.read(file)
    assert isinstance(row, BadRow)
    assert row.reason.startswith("gtins: '6.41E+12'")


def test_another_kind_of_file_is_refused(tmp_path):
    file = tmp_path / "other.csv"
    file.write_text("name,price\nx,1\n")

    with pytest.raises(ValueError, match="needs the columns"):
        list(read(file))


@pytest.mark.parametrize(
    ("reader", "header"),
    [(read, "store,sku,on_hand"), (product_files.read, "sku,name,brand")],
)
def test_a_cell_without_an_end_is_named_by_its_line(tmp_path, reader, header):
    file = tmp_path / "endless.csv"
    file.write_text(f"{header}\na,b,1\na,{'x' * 140_000},1\n")
    with pytest.raises(ValueError, match="line 3: field larger"):
        list(reader(file))
    file.write_text("x" * 140_000)
    with pytest.raises(ValueError, match="line 1: a column name of over 1,000"):
        list(reader(file))
