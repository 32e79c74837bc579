"""Files of floor plans and of placements, in every format that is imported."""

import io
import zipfile
from typing import Any

import orjson

from geodata.floorplans.geojson import plan_to_geojson
from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.validation import plan_problems
from geodata.importers.indoor.imdf import plan_from_imdf, read_imdf
from geodata.importers.indoor.result import ImportedPlan
from geodata.importers.report import ImporterError
from services.cli import plan_files
from services.directory.messages.placements import placement_message
from services.directory.messages.plans import plan_message
from tests.fuzz.target import Refused, file_of, target
from tests.geodata.floorplans.shops import corner_shop, two_floors
from tests.support.imdf_venue import VENUE
from tests.support.japanese_arcade import ARCADE
from tests.support.osm_arcade import arcade

STORE = "stores/kamppi"


def json_seeds() -> list[bytes]:
    """A plan of our own, one of OpenStreetMap and a Japanese one."""
    own = [plan_to_geojson(plan) for plan in (corner_shop(), two_floors())]
    return [orjson.dumps(document) for document in (*own, arcade(), ARCADE)]


@target(json_seeds, ImporterError)
def plan_documents(data: bytes) -> None:
    """A document is a plan that can be sent and judged, or is refused."""
    found = plan_files.read(file_of(data, "plan.json"), STORE)
    assert isinstance(found, ImportedPlan)
    judged(found.plan)


def table_seeds() -> list[bytes]:
    """Aisles and placements."""
    return [
        b"aisle,name,department,floor\n7,Bread,Bakery,0\n8,Milk,,1\n",
        b"sku;aisle;bay;side;shelf\nmilk;7;2;left;1\n6410405082657;8;;;\n",
    ]


@target(table_seeds, ImporterError)
def plan_tables(data: bytes) -> None:
    """Each row of a table is an aisle or a placement that can be sent, or is told of."""
    found = plan_files.read(file_of(data, "plan.csv"), STORE)
    if isinstance(found, ImportedPlan):
        judged(found.plan)
    else:
        for placement in found.placements:
            placement_message(placement)


@target(lambda: [orjson.dumps(VENUE)], ImporterError)
def imdf_venues(data: bytes) -> None:
    """The files of a venue are a plan, or are refused."""
    try:
        archive: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Refused from None
    if not isinstance(archive, dict):
        raise Refused
    judged(plan_from_imdf(archive, STORE).plan)


def zip_seeds() -> list[bytes]:
    """The venue, packed and plain."""
    return [zipped(zipfile.ZIP_DEFLATED), zipped(zipfile.ZIP_STORED)]


def zipped(compression: int) -> bytes:
    """The venue as venues come."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name in ("level", "unit"):
            archive.writestr(f"{name}.geojson", orjson.dumps(VENUE[name]))
    return packed.getvalue()


@target(zip_seeds, ImporterError)
def imdf_archives(data: bytes) -> None:
    """An archive has the files of a venue, or is refused."""
    read_imdf(file_of(data, "venue.zip"))


def judged(plan: FloorPlan) -> None:
    """What the command does with a plan: it is sent, and told what is wrong with it."""
    plan_message(plan)
    plan_problems(plan)
