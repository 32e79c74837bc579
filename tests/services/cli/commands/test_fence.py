"""`enrayon fence`: a track is replayed with its map, and who is inside is shown."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from services.cli import app
from tests.geodata.fences import tracks
from tests.geodata.fences.tracks import VISNJAN
from tests.support.geofence import circle, create, fix, report
from tests.support.hosting import serving
from tests.support.tracks import GPX

CSV = Path(tracks.__file__).parent / "visnjan.csv"
MIDDLE = (VISNJAN.latitude, VISNJAN.longitude)


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


async def test_a_replay_tells_the_events_and_draws_them(stub, database, tmp_path):
    await create(stub, "town", circle(MIDDLE, 250))
    picture = tmp_path / "map.svg"
    output = await run("replay", str(CSV), "--map", str(picture), "--accuracy-m", "5")
    assert ["ENTER", "EXIT"] == [w for w in output.split() if w in ("ENTER", "EXIT", "CROSS")]
    assert "104 positions, 104 counted" in output
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


async def test_who_is_inside_is_shown_and_counted(stub):
    await create(stub, "town", circle(MIDDLE, 250))
    for reference in ("anna", "bert"):
        device = {"reference": reference}
        await stub.UpdateDevice(
            pb.UpdateDeviceRequest(device_id=reference, consent=True, device=device)
        )
    await report(stub, fix("anna", MIDDLE, 0), fix("bert", MIDDLE, 0), fix("other", MIDDLE, 0))

    shown = await run("inside", "fences/town")
    assert ["anna", "bert"] == sorted(line.split()[0] for line in shown.splitlines())
    assert "2" == (await run("inside", "fences/town", "--count")).strip()
    output = await run("inside", "fences/town", "--json")
    assert {"anna", "bert"} == set(re.findall(r'"reference": "(\w+)"', output))
