"""`enrayon import`: what a retailer is told, and what happens to the stores."""

import asyncio
import csv
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import grpc
import orjson
import pytest
from click.testing import Result
from typer.testing import CliRunner

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.importers import read
from geodata.points import Point
from geodata.store_rows import row_of
from geodata.stores import ServiceArea, Store
from services.cli import app, blocks, uploads
from services.cli.commands.imports import progress_bar
from services.cli.import_reports import kind_of
from services.cli.output import CommandError
from services.directory.messages.stores import store_message
from tests.support.hosting import serving

HEADER = "id,name,lat,lon,postcode,country\n"


def rows(*numbers: int, name: str = "Shop") -> str:
    return HEADER + "".join(f"{n},{name},48.85,{2.3 + n / 1000},75001,FR\n" for n in numbers)


@pytest.fixture
async def run(parts, monkeypatch, tmp_path) -> AsyncIterator[Callable[..., Any]]:
    """Runs `enrayon import` against a server without stores."""
    async with serving(parts) as address:
        monkeypatch.setenv("ENRAYON_GRPC_PORT", address.rpartition(":")[2])
        monkeypatch.setenv("COLUMNS", "200")

        async def command(text: str, *options: object, name: str = "feed.csv") -> Result:
            (tmp_path / name).write_text(text, encoding="utf-8")
            words = ["import", str(tmp_path / name), *map(str, options)]
            return await asyncio.to_thread(CliRunner().invoke, app, words)

        yield command


def outcome(result: Result) -> Any:
    # The server runs in this process, and its log may stand before.
    return orjson.loads(result.stdout.strip().splitlines()[-1])


async def test_a_dry_run_shows_where_each_column_goes(run):
    text = (
        "Code magasin;Nom;Lat;Lon;CP;Téléphone;Kommentar\n"
        "1;A;48,85;2,35;75001;0142610000;neu\n2;B;48,86;2,36;75002;0142610001;alt\n"
    )
    shown = (await run(text, "--dry-run")).output
    for column, goes_to in (("Code magasin", "id"), ("CP", "postcode"), ("Téléphone", "phone")):
        line = next(line for line in shown.splitlines() if line.startswith(column))
        assert goes_to in line
    assert "nowhere" in next(line for line in shown.splitlines() if "Kommentar" in line)
    assert "neu, alt" in shown
    done = await run(text)
    assert "not used: Kommentar (neu, alt)" in done.output
    assert 0 == done.exit_code


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("country,Filialnummer_2,name,lat,lon\nFR,a1,A,48,2\nFR,a2,A,48,2\n", "--map Filialnumm"),
        ("country,siret,name,lat,lon\nFR,41,A,48,2\nFR,42,A,48,2\n", "--map siret=id"),
        ("country,naam,postcode\nFR,A,75001\nFR,A,75002\n", "--id-from naam,postcode"),
        ("id,where,lat,lon\n1,Rue Une,48,2\n2,Rue Deux,48,2\n", "--map where=name"),
        ("id,lat,lon\n1,48,2\n2,48,2\n", "--set brand=NAME"),
    ],
)
async def test_a_missing_field_is_asked_for_by_names_and_values(run, text, hint):
    refused = await run(text)
    assert 0 != refused.exit_code
    assert hint in str(refused.exception)
    assert "country=id" not in str(refused.exception)


async def test_a_map_is_kept_and_used_again(run, tmp_path):
    text = "naam;postcode;plaats;lat;lon\nZuid;1012AB;Amsterdam;52,37;4,90\n"
    kept = tmp_path / "feed.toml"
    options = ("--id-from", "naam,postcode", "--set", "brand=Action", "--source", "action")
    first = await run(text, *options, "--save-map", kept, "--json")
    assert 1 == outcome(first)["created"]
    again = await run(text, "--map-file", kept, "--json")
    assert (1, ["action"]) == (outcome(again)["unchanged"], outcome(again)["sources"])
    assert 'brand = "Action"' in kept.read_text().replace('"brand"', "brand")
    wrong = await run(text, "--map", "naam=nope")
    assert "no field 'nope'; the fields are" in str(wrong.exception)


async def test_more_than_a_tenth_refused_is_a_failure_unless_asked_for(run):
    text = (
        HEADER
        + "".join(f",No id,48.85,2.3{n},75001,FR\n" for n in range(3))
        + rows(1)[len(HEADER) :]
    )
    refused = await run(text)
    assert 1 == refused.exit_code
    assert "3 of 4 rows are refused, more than a tenth" in refused.output
    assert 0 == (await run(text, "--accept-rejects")).exit_code
    few = rows(*range(20)) + ",No id,48.85,2.35,75001,FR\n"
    assert 0 == (await run(few)).exit_code


async def test_replace_removes_little_unasked_and_nothing_from_a_broken_file(run):
    await run(rows(*range(40)))
    stopped = await run(rows(*range(30)), "--replace", "--source", "feed")
    assert "would remove 10 of the 40 stores of feed, more than 4" in str(stopped.exception)
    assert "--remove-up-to 10" in str(stopped.exception)
    planned = await run(rows(*range(30)), "--replace", "--source", "feed", "--dry-run", "--json")
    assert 10 == outcome(planned)["removed"]
    short = rows(*range(38)) + "38,Sh"  # the download ended early
    broken = await run(short, "--replace", "--source", "feed", "--json")
    assert (0, 1) == (outcome(broken)["removed"], outcome(broken)["rejected"])
    assert "1 rows were refused: no store of feed was removed" == outcome(broken)["kept"]
    few = await run(rows(*range(38)), "--replace", "--source", "feed", "--json")
    assert 2 == outcome(few)["removed"]
    many = await run(rows(1), "--replace", "--source", "feed", "--remove-up-to", 37, "--json")
    assert (37, 1) == (outcome(many)["removed"], outcome(many)["unchanged"])


async def test_replace_says_which_sources_there_are(run):
    await run(rows(1, 2), "--source", "north")
    refused = await run(rows(1, 2), "--replace")
    assert "sources are north (2)" in str(refused.exception)


async def test_a_refused_row_is_written_with_its_value_and_why(run, tmp_path):
    done = await run("id,name,lat,lon\n1,A,48.856.614,2.35\n", "--accept-rejects")
    assert "'48.856.614' has two decimal points (latitude)" in " ".join(done.output.split())
    with (tmp_path / "feed.csv.rejected.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert "48.856.614" == row["lat"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("'a' is not a time zone: ignored", "'it\\'s' is not a time zone: ignored"),
        ("1067: restored a lost leading zero", "3003: restored a lost leading zero"),
        ("48.8, 2.3 is 12 km from Paris", "51, -3.2 is 300 km from Paris"),
    ],
)
def test_reasons_are_grouped_by_kind(first, second):
    assert kind_of(first) == kind_of(second)


class Flaky:
    """A stub of stores whose database is slow: each block is written, some answers are lost."""

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self.stores: set[str] = set()

    @property
    def UpsertStores(self):  # noqa: N802 - the name of the contract
        return self

    def future(self, requests: list[stores_pb2.UpsertStoresRequest], timeout: float) -> Any:
        answer: Future[stores_pb2.UpsertStoresResponse] = Future()
        try:
            answer.set_result(self.write(*requests))
        except Slow as error:
            answer.set_exception(error)
        return answer

    def write(self, request: stores_pb2.UpsertStoresRequest) -> stores_pb2.UpsertStoresResponse:
        names = {store.name for store in request.stores}
        new = names - self.stores
        self.stores |= names
        if self.lost:
            self.lost -= 1
            raise Slow
        return stores_pb2.UpsertStoresResponse(
            created_count=len(new), unchanged_count=len(names - new)
        )


class Slow(grpc.RpcError):
    def code(self):
        return grpc.StatusCode.DEADLINE_EXCEEDED

    def details(self):
        return "the database does not answer"

    def trailing_metadata(self):
        return ()


@pytest.fixture
def feed(tmp_path: Path):
    (tmp_path / "feed.csv").write_text(rows(*range(50)))
    return read(tmp_path / "feed.csv", source="feed")


def test_an_import_goes_on_after_a_slow_database_and_knows_what_was_written(feed, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2000)
    monkeypatch.setattr("time.sleep", lambda _: None)
    stub = Flaky(lost=2)
    monkeypatch.setattr(stores_pb2_grpc, "StoresServiceStub", lambda _: stub)
    with progress_bar(hidden=True) as progress:
        sent = uploads.upload(None, feed, progress)
    assert 50 == sent.written == len(stub.stores)
    assert sent.unchanged == sent.retried > 0


def test_an_import_that_gives_up_says_what_is_written(feed, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2000)
    monkeypatch.setattr(uploads, "PATIENCE_S", 0.0)
    monkeypatch.setattr(uploads, "AT_ONCE", 1)
    stub = Flaky(lost=0)
    monkeypatch.setattr(stores_pb2_grpc, "StoresServiceStub", lambda _: stub)
    first = len(next(blocks.blocks(map(store_message, feed.stores))))
    add = uploads.Uploaded.add

    def then_slow(self, *arguments):
        add(self, *arguments)
        stub.lost = 99

    monkeypatch.setattr(uploads.Uploaded, "add", then_slow)
    with progress_bar(hidden=True) as progress, pytest.raises(CommandError) as caught:
        uploads.upload(None, feed, progress)
    assert f"{first} of 50 stores are written; of the next" in str(caught.value)
    assert "Run the same command again" in str(caught.value)


def exported(*stores: Store) -> str:
    """A GeoJSON file with rows of `enrayon export`."""
    features = [
        {"type": "Feature", "geometry": None, "properties": row_of(store)} for store in stores
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features}).decode()


def delivering(number: int, corners: int) -> Store:
    """A store with an area of so many corners, about 20 bytes each in its message."""
    ring = (*(Point(1 + n / 1e6, 2.0) for n in range(corners - 1)), Point(1.0, 2.1))
    area = ServiceArea(polygons=((ring,),))
    return Store(id=f"t-{number}", display_name="Shop", service_area=area)


async def test_all_doubts_can_be_had_in_a_file(run, tmp_path):
    path = tmp_path / "remarks.csv"
    text = HEADER + "1,A,48.85,2.3,1000,FR\n2,B,45.76,4.83,69003,DE\n3,C,46.2,5.2,1000,FR\n"
    await run(text, "--dry-run", "--remarks", path)
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert {"2", "3", "4"} >= {each["row"] for each in found}
    assert {"repair", "doubt"} == {each["kind"] for each in found}
    assert all(each["note"] and each["field"] for each in found)


@pytest.mark.parametrize("corners", [60_000, 250_000])
async def test_a_store_larger_than_a_request_is_refused_by_name_and_the_others_come(run, corners):
    text = exported(*(delivering(number, 4) for number in range(1, 3)), delivering(3, corners))
    done = outcome(await run(text, "--json", "--accept-rejects", name="feed.geojson"))
    assert (2, 1, 0) == (done["created"], done["rejected"], done["retried"])
    [refused] = done["rejected_rows"]
    assert 3 == refused["row"]
    assert re.fullmatch(
        r"t-3: [\d.]+ MiB, the services take 1\.0 MiB for a store", refused["reason"]
    )


def test_a_row_that_the_services_refuse_is_told_by_its_row_of_the_file(tmp_path, monkeypatch):
    """The reader refused a row before it."""

    class Refusing(Flaky):
        def write(self, request):
            answer = stores_pb2.UpsertStoresResponse(rejected_count=1, created_count=1)
            answer.rejected.add(index=1, name=request.stores[1].name, field="x", description="y")
            return answer

    path = tmp_path / "feed.csv"
    path.write_text(HEADER + "1,,48.85,2.3,75001,FR\n2,A,48.85,2.3,,FR\n3,B,48.85,2.4,,FR\n")
    monkeypatch.setattr(stores_pb2_grpc, "StoresServiceStub", lambda _: Refusing(lost=0))
    found = read(path, source="feed")
    with progress_bar(hidden=True) as progress:
        [refused] = uploads.upload(None, found, progress).rejected
    assert [2] == [item.row for item in found.rejected]
    assert (4, "3") == (refused.row, str(refused.raw["id"]).rpartition("-")[2])


def test_a_quota_is_told_at_once(feed, monkeypatch):
    """It stays full, unlike the rate of calls: to try for three minutes helps nobody."""

    class Full(Flaky):
        def write(self, request):
            raise Slow

    monkeypatch.setattr(Slow, "code", lambda _: grpc.StatusCode.RESOURCE_EXHAUSTED)
    monkeypatch.setattr(stores_pb2_grpc, "StoresServiceStub", lambda _: Full(lost=0))
    with progress_bar(hidden=True) as progress, pytest.raises(Slow):
        uploads.upload(None, feed, progress)


def test_replace_shows_its_steps_and_tells_rows_of_the_file(tmp_path, monkeypatch):
    class Streamed(Flaky):
        def future(self, requests, timeout):
            merged = stores_pb2.UpsertStoresRequest()
            for request in requests:
                merged.MergeFrom(request)
            return super().future([merged], timeout)

        def write(self, request):
            answer = stores_pb2.UpsertStoresResponse(unchanged_count=1)
            if request.validate_only:
                answer.rejected_count = 1
                answer.rejected.add(index=1, name=request.stores[1].name)
            return answer

    path = tmp_path / "feed.csv"
    path.write_text(HEADER + "1,,48.85,2.3,75001,FR\n2,A,48.85,2.3,,FR\n3,B,48.85,2.4,,FR\n")
    monkeypatch.setattr(stores_pb2_grpc, "StoresServiceStub", lambda _: Streamed(lost=0))
    found = read(path, source="feed")
    with progress_bar(hidden=True) as progress:
        planned = uploads.upload(None, found, progress, replace=True, dry_run=True)
        assert [4] == [item.row for item in planned.rejected]
    found.rejected.clear()
    answer = stores_pb2.UpsertStoresResponse(unchanged_count=2)
    monkeypatch.setattr(Streamed, "write", lambda *_: answer)
    with progress_bar() as progress:
        uploads.upload(None, found, progress, replace=True)
        shown = [(task.description, task.completed) for task in progress.tasks]
    assert [("checking", 2), ("importing", 2), ("removing others", 2)] == shown
