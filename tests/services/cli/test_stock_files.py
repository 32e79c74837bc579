"""Stock files in this project's CSV and Google's feed are read and written."""

import pytest

from enrayon.stock.v1 import stock_pb2
from services.cli import product_files
from services.cli.stock_files import BadRow, Row, read, write_csv, write_google

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
        BadRow(4, "quantity or availability is required"),
    ] == list(read(file))


def test_rows_that_say_nothing_are_named_by_their_line(tmp_path):
    file = tmp_path / "levels.csv"
    file.write_text("store,sku,on_hand\na,x,many\n,x,1\na,x,2\n")

    assert [
        BadRow(2, "not a whole number: 'many'"),
        BadRow(3, "store and product are required"),
        Row(4, "a", "x", 2, 0),
    ] == list(read(file))


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
    with pytest.raises(ValueError, match="line 1: field larger"):
        list(reader(file))
