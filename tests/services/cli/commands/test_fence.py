"""`enrayon fence`: tracks from files, a replay with its map, live events."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from geodata.points import Point
from services.cli import app
from services.cli.output import CommandError
from services.cli.tracks import read_track
from tests.geodata.fences import tracks
from tests.geodata.fences.tracks import VISNJAN
from tests.services.conftest import serving
from tests.services.geofence.conftest import create, report
from tests.services.geofence.places import KAMPPI, circle, fix

CSV = Path(tracks.__file__).parent / "visnjan.csv"
MIDDLE = (VISNJAN.latitude, VISNJAN.longitude)

GPX = """<?xml version="1.0"?>
<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="x"><trk><trkseg>
<trkpt lat="45.2700" lon="13.7000"><ele>3</ele><time>2024-05-01T10:00:00Z</time></trkpt>
<trkpt lat="45.2764" lon="13.7208"><time>2024-05-01T10:05:00+02:00</time></trkpt>
<trkpt lat="45.2900" lon="13.7400"/>
</trkseg></trk></gpx>"""


@pytest.fixture
async def port(parts, monkeypatch):
    async with serving(parts) as address:
        monkeypatch.setenv("ENRAYON_GRPC_PORT", address.rpartition(":")[2])
        yield address


@pytest.fixture
async def stub(port, channel):
    del port
    return geofence_pb2_grpc.GeofenceServiceStub(channel)


async def run(*arguments: str) -> str:
    result = await asyncio.to_thread(CliRunner().invoke, app, ["fence", *arguments])
    assert 0 == result.exit_code, result.exception
    return result.output


def test_a_gpx_file_is_read_in_its_order(tmp_path):
    file = tmp_path / "track.gpx"
    file.write_text(GPX)
    track = read_track(file)
    assert [Point(45.27, 13.7), Point(45.2764, 13.7208), Point(45.29, 13.74)] == [
        each.point for each in track
    ]
    assert ["2024-05-01T10:00:00+00:00", "2024-05-01T10:05:00+02:00", None] == [
        each.time and each.time.isoformat() for each in track
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("empty.gpx", "<gpx/>"),
        ("broken.gpx", "<gpx><trk>"),
        ("nowhere.gpx", '<gpx><trkpt lat="91" lon="0"/></gpx>'),
        ("unplaced.gpx", '<gpx><trkpt lat="1"/></gpx>'),
        ("nan.csv", "lat,lon\nnan,0\n"),
        ("other.csv", "name,price\nx,1\n"),
        ("half.csv", "lat,lon\n45\n"),
        ("bomb.gpx", '<!DOCTYPE x [<!ENTITY a "&b;&b;"><!ENTITY b "&a;">]><gpx>&a;</gpx>'),
    ],
)
def test_what_is_no_track_is_an_error_that_names_the_file(tmp_path, name, text):
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(CommandError, match=name):
        read_track(file)


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("far.csv", "# my walk\nlat,lon\n60,24\n\n91,24\n", "line 5: latitude"),
        ("long.csv", f"lat,lon\n60,24\n60,{'9' * 140_000}\n", "line 3: field larger"),
        ("far.gpx", '<gpx><trkpt lat="1" lon="1"/><trkpt lat="1" lon="x"/></gpx>', "point 2: "),
    ],
)
def test_a_fault_of_a_track_is_named_by_its_place(tmp_path, name, text, where):
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(CommandError, match=where):
        read_track(file)


async def test_a_replay_tells_the_events_and_draws_them(stub, database, tmp_path):
    await create(stub, "town", circle(MIDDLE, 250))
    picture = tmp_path / "map.svg"
    output = await run("replay", str(CSV), "--map", str(picture), "--accuracy-m", "5")
    assert ["ENTER", "EXIT"] == [w for w in output.split() if w in ("ENTER", "EXIT", "CROSS")]
    assert "104 positions, 0 of them did not count" in output
    drawn = picture.read_text()
    assert drawn.startswith("<svg")
    assert ("ENTER town" in drawn, "EXIT town" in drawn) == (True, True)
    kept = [await database.hlen(f"{{f{partition:02}}}:devices") for partition in range(64)]
    assert 0 == sum(kept)  # the device is erased in the end


async def test_a_replay_as_json(stub, tmp_path):
    await create(stub, "town", circle(MIDDLE, 250))
    gpx = tmp_path / "track.gpx"
    gpx.write_text(GPX)
    output = await run("replay", str(gpx), "--json", "--map", str(tmp_path / "map.svg"))
    told, _ = json.JSONDecoder().raw_decode(output[output.index("{") :])
    assert ["EVENT_TYPE_ENTER", "EVENT_TYPE_EXIT"] == [e["eventType"] for e in told["events"]]


async def test_watch_shows_live_events_and_leaves_nothing_behind(stub):
    await create(stub, "kamppi", circle(KAMPPI, 300, labels={"kind": "mall"}))
    await create(stub, "other", circle(KAMPPI, 400))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "fence", "watch", "--label", "kind=mall"),
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(300):  # of a busy machine
            first = await process.stdout.readline()
            await report(stub, fix("a", KAMPPI, 0))
            told = await process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest = await process.stdout.read()
            status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    left = await stub.ListSubscriptions(pb.ListSubscriptionsRequest())
    assert b"watching" in first
    assert (b"ENTER kamppi" in told, b"") == (True, rest)
    assert 0 == status
    assert 0 == len(left.subscriptions)
