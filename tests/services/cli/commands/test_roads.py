"""`enrayon roads build` makes networks and tells what they hold."""

from pathlib import Path

import orjson
from typer.testing import CliRunner

from geodata.roads import RoadNetwork
from geodata.samples import HELSINKI_ROADS
from services.cli import app
from services.cli.output import CommandError
from tests.fuzz.targets.roads import EXTRACT

runner = CliRunner()


def refused(*arguments: str) -> str:
    done = runner.invoke(app, ["roads", "build", *arguments])
    assert isinstance(done.exception, CommandError)
    assert 2 == done.exception.status
    return str(done.exception)


def test_a_network_is_made_beside_its_extract(tmp_path: Path) -> None:
    extract = tmp_path / "town.osm"
    extract.write_bytes(EXTRACT)
    done = runner.invoke(app, ["roads", "build", str(extract), "--json"])
    assert 0 == done.exit_code, done.output
    told = orjson.loads(done.stdout)
    network = RoadNetwork.load(tmp_path / "town.roads")
    assert network.version == told["version"]
    assert {"south": 60.1, "west": 24.9, "north": 60.2, "east": 25.0} == told["bounds"]
    assert {"drive", "walk", "bike"} == set(told["modes"])
    assert 0 < told["modes"]["drive"]["highest_kmh"] <= 130


def test_a_check_tells_islands_and_licence_and_changes_nothing() -> None:
    before = HELSINKI_ROADS.stat()
    done = runner.invoke(app, ["roads", "build", str(HELSINKI_ROADS), "--check"])
    assert 0 == done.exit_code, done.output
    for text in (
        "Helsinki.osm.pbf",
        "Open Database License",
        "© OpenStreetMap",
        "islands",
        "drive",
    ):
        assert text in done.stdout
    assert before.st_mtime_ns == HELSINKI_ROADS.stat().st_mtime_ns


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    other = tmp_path / "shops.osm.pbf"
    other.write_bytes(b"id,name\n1,Alepa\n")
    assert "shops.osm.pbf: not a readable OSM extract" in refused(str(other))
    assert "not a road network" in refused(str(other), "--check")
    assert "No such file" in refused(str(tmp_path / "none.roads"), "--check")
    assert [other] == list(tmp_path.iterdir())
