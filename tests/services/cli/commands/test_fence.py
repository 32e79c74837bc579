"""`enrayon fence`: a track is replayed with its map, live events are shown."""

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
from services.cli import app
from tests.geodata.fences import tracks
from tests.geodata.fences.tracks import VISNJAN
from tests.support.geofence import KAMPPI, circle, create, fix, report
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
    assert "104 positions, 0 not applied" in output
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
