"""Files of stores, in every format that is imported."""

from pathlib import Path

from geodata.importers import ImporterError, read, write_rejected
from geodata.stores import STORE_ID
from services.chassis.serving.requests import violations_of
from services.directory.messages.stores import store_message
from tests.fuzz.target import file_of, target
from tests.support import store_files as samples

SAMPLES = Path(__file__).parents[2] / "geodata" / "importers" / "samples"
"""Files of other programs."""
DEEP = b'{"type": "Feature", "geometry": ' + b"[" * 300 + b"]" * 300 + b"}\n"
"""More than what can be written as JSON again."""


@target(lambda: [*samples.SEEDS.values(), 2 * DEEP], ImporterError)
def store_files(data: bytes) -> None:
    """Every row of a file becomes a store that can be sent, or is told of; else it is refused."""
    found = read(file_of(data), source="x")
    assert found.rows >= len(found.stores) + len(found.rejected)
    write_rejected(found.rejected, file_of(b"", "rejected.csv"))
    for store in found.stores:
        assert STORE_ID.fullmatch(store.id)
        message = store_message(store)
        assert not (faults := violations_of(message)), faults


@target(lambda: [path.read_bytes() for path in sorted(SAMPLES.iterdir())], ImporterError)
def store_containers(data: bytes) -> None:
    """Archives, databases and spreadsheets give stores, or are refused."""
    found = read(file_of(data), source="x")
    assert found.rows >= len(found.stores) + len(found.rejected)


@target(lambda: [samples.extract()], ImporterError)
def osm_extracts(data: bytes) -> None:
    """An extract of OpenStreetMap gives stores, or is refused."""
    found = read(file_of(data, "input.osm.pbf"), "osm")
    assert found.rows >= len(found.stores) + len(found.rejected)
