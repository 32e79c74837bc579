"""Tables and tracks that commands read."""

from services.chassis.serving.requests import violations_of
from services.cli import product_files, stock_files
from services.cli.output import CommandError
from services.cli.tracks import read_track
from tests.fuzz.target import file_of, target
from tests.support.tracks import GPX


@target(
    lambda: [
        b"time,lat,lon\n2024-05-01T10:00:00Z,45.27,13.70\n2024-05-01T10:05:00+02:00,45.28,13.72\n",
        b"\xef\xbb\xbf# a comment\nLatitude,Longitude\n45.27,13.70\n",
    ],
    CommandError,
)
def csv_tracks(data: bytes) -> None:
    """A table is a track, or is refused with its line."""
    assert read_track(file_of(data, "track.csv"))


@target(lambda: [GPX.encode()], CommandError)
def gpx_tracks(data: bytes) -> None:
    """A GPX file is a track, or is refused."""
    assert read_track(file_of(data, "track.gpx"))


@target(
    lambda: [
        b"store,sku,on_hand,safety_stock\nkamppi,milk,12,1\nkamppi,bread,,\n",
        b"store_code\tid\tquantity\tavailability\nkamppi\tmilk\t\tin stock\n",
    ],
    ValueError,
)
def stock_tables(data: bytes) -> None:
    """Each row of a table is a level, or is told of with its line."""
    for row in stock_files.read(file_of(data, "stock.csv")):
        assert row.line >= 1


@target(
    lambda: [
        b"sku,name,brand,gtins,name:fi,variant:size\nmilk,Milk,Valio,6410405082657 1,Maito,1 l\n"
        b"rye,Rye bread,,,,\n"
    ],
    ValueError,
)
def product_tables(data: bytes) -> None:
    """Each row of a table is a product."""
    for row in product_files.read(file_of(data, "products.csv")):
        if isinstance(row, product_files.Row):
            violations_of(row.product)
