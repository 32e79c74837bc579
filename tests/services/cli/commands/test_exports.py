"""`enrayon export`: what is written is imported again, and nothing changes."""

import asyncio
import csv
import importlib.util
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from typer.testing import CliRunner

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata import importers
from services.cli import app, uploads
from tests.support.hosting import serving
from tests.support.stores import SHOPS, upsert


def shop(number: int, **fields: Any) -> stores_pb2.Store:
    store = stores_pb2.Store()
    store.CopyFrom(SHOPS[number])
    store.MergeFrom(stores_pb2.Store(**fields))
    return store


def leftovers(folder: Path) -> list[Path]:
    """Files that an export began and did not end."""
    return list(folder.glob(".a.csv*"))


GIVEN = [
    shop(
        0,
        display_name="=HYPERLINK(1)",
        localized_names={"fi": "Tavaratalo", "sv": "Varuhus"},
        description="A  department\nstore",
        image_urls=["https://shop.example/a.jpg"],
        payment_methods=["visa", "cash"],
        closing_date={"year": 2099, "month": 6, "day": 30},
        external_ids={"gln": "6414890000016", "osm": "node/60"},
        entrance={"latitude": 60.1, "longitude": 24.9},
        service_area={"postal_codes": ["00100"], "radius_m": 2000.5},
        opening_hours_text="Mo-Fr 09:00-21:00; Sa 10:00-24:00; Su off",
        urls=["https://shop.example/", "https://other.example/"],
    ),
    shop(1, status=stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD, address={"organization": "Forum Oy"}),
    stores_pb2.Store(name="stores/x", display_name="No place at all"),
    *SHOPS[2:],
]


@pytest.fixture
async def run(parts, monkeypatch, tmp_path) -> AsyncIterator[Callable[..., Any]]:
    """Runs `enrayon` against a server with these stores."""
    async with serving(parts) as address, grpc.aio.insecure_channel(address) as channel:
        monkeypatch.setenv("ENRAYON_GRPC_PORT", address.rpartition(":")[2])
        monkeypatch.setenv("COLUMNS", "200")
        await upsert(stores_pb2_grpc.StoresServiceStub(channel), GIVEN)

        async def command(*words: object) -> Any:
            result = await asyncio.to_thread(CliRunner().invoke, app, list(map(str, words)))
            assert 0 == result.exit_code, result.output
            return result

        yield command


async def test_a_round_trip_changes_nothing(run, tmp_path: Path):
    parquet = ["a.parquet"] if importlib.util.find_spec("pyarrow") else []  # make extras
    for name in ("a.csv", "a.geojson", "b.csv", *parquet):
        options = ["--for-spreadsheet"] if name == "b.csv" else []
        told = (await run("export", tmp_path / name, *options)).stdout
        again = json.loads((await run("import", tmp_path / name, "--json")).stdout.splitlines()[-1])
        assert f"{len(GIVEN)} stores in" in told
        assert "private stores" in told
        assert (len(GIVEN), 0, 0, 0) == tuple(
            again[key] for key in ("unchanged", "changed", "created", "rejected")
        ), again
    plain, disarmed = ((tmp_path / name).read_bytes() for name in ("a.csv", "b.csv"))
    assert b",=HYPERLINK(1)," in plain
    assert b",'=HYPERLINK(1)," in disarmed


async def test_google_and_search_engines_are_told_what_they_take(run, tmp_path: Path):
    google, graph = tmp_path / "google.csv", tmp_path / "stores.jsonld"
    lost = (await run("export", google, "--format", "google", "--source", "t")).stdout
    await run("export", graph)

    with google.open(encoding="utf-8") as file:
        rows = {row["Store code"]: row for row in csv.DictReader(file)}
    first = rows[GIVEN[0].name[7:]]
    assert {each.name[7:] for each in GIVEN if each.name.startswith("stores/t-")} == set(rows)
    assert ("9:00 AM-9:00 PM", "10:00 AM-12:00 AM", "x") == tuple(
        first[f"{day} hours"] for day in ("Monday", "Saturday", "Sunday")
    )
    assert re.search("not in it: .*closing date", lost)

    for path, source in ((google, "g"), (graph, "s")):
        found = importers.read(path, source=source)
        by_original = {store.external_ids[source]: store for store in found.stores}
        assert not found.rejected or path == graph
        for given in GIVEN:
            store = by_original.get(given.name[7:])
            if store is None:
                continue
            assert given.display_name == store.display_name
            assert given.address.locality == store.address.locality
            assert given.phones[:1] == list(store.phones[:1])
            assert given.urls[:1] == list(store.urls[:1])
            if given.opening_hours_text:
                assert "Mo-Fr 09:00-21:00" in (
                    store.opening_hours_expression or store.opening_hours
                )


async def test_an_export_that_fails_leaves_the_file_that_was_there(
    run, tmp_path: Path, monkeypatch
):
    path = tmp_path / "a.csv"
    path.write_text("before")
    monkeypatch.setattr("geodata.exports.tables.row_of", lambda _store: 1 / 0)
    result = await asyncio.to_thread(CliRunner().invoke, app, ["export", str(path)])
    assert result.exit_code
    assert "before" == path.read_text()
    assert not leftovers(tmp_path)


async def test_an_export_removes_no_private_store_when_it_is_imported(
    run, parts, channel, tmp_path: Path
):
    """None is in the file, so `--replace` would take all for missing."""
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    source = GIVEN[0].name[7:].partition("-")[0]
    path = tmp_path / "a.csv"
    names = {each.name for each in GIVEN}

    def kept() -> set[str]:
        replica = parts.directory.stores.replica
        return {f"stores/{id}" for id in replica.ids_after("", 1000)}

    hidden = stores_pb2.Store(
        name=f"stores/{source}-hub", display_name="Hub", private=True, status=4
    )
    await run("export", path, "--source", source)
    await upsert(stub, [hidden])
    for more in ([], ["--remove-up-to", "5"], ["--dry-run"]):
        words = ["import", str(path), "--source", source, "--replace", *more]
        result = await asyncio.to_thread(CliRunner().invoke, app, words)
        assert result.exit_code
        assert "1 private stores" in str(result.exception)
        assert {*names, hidden.name} == kept()
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join(rows[:-1]))
    result = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert "1 private stores" in str(result.exception)
    await stub.DeleteStore(stores_pb2.DeleteStoreRequest(name=hidden.name))
    await run(*words[:5], "--remove-up-to", "1")
    assert len(names) - 1 == len(kept())


async def test_an_export_publishes_no_store_that_became_private(run, channel, tmp_path: Path):
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    path, name = tmp_path / "a.csv", GIVEN[0].name
    await run("export", path, "--source", "t")
    await stub.UpdateStore(
        stores_pb2.UpdateStoreRequest(
            store={"name": name, "private": True}, update_mask={"paths": ["private"]}
        )
    )
    words = ["import", str(path), "--source", "t", "--replace", "--remove-up-to", "9"]
    result = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert "1 stores of the file are private in the service now" in str(result.exception)
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.GetStore(stores_pb2.GetStoreRequest(name=name))


async def test_a_store_that_becomes_private_while_an_export_is_imported_stays(
    run, parts, channel, tmp_path: Path, monkeypatch
):
    """It was public when the import looked, and is missing in the file."""
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    path = tmp_path / "a.csv"
    await run("export", path, "--source", "t")
    late = stores_pb2.Store(name="stores/t-late", display_name="Late", status=4)
    gone = stores_pb2.Store(name="stores/t-gone", display_name="Gone")
    await upsert(stub, [late, gone])
    loop, sent = asyncio.get_running_loop(), uploads._sent

    def and_then_private(*arguments: Any, **options: Any) -> Any:
        late.private = True
        asyncio.run_coroutine_threadsafe(upsert(stub, [late]), loop).result()
        return sent(*arguments, **options)

    monkeypatch.setattr(uploads, "_sent", and_then_private)
    told = await run("import", path, "--source", "t", "--replace", "--remove-up-to", "9")
    assert "1 stores were changed in the meantime: not removed" in told.output
    replica = parts.directory.stores.replica
    assert replica.record("t-late") is not None
    assert replica.record("t-gone") is None


async def test_a_store_too_long_for_a_cell_is_named_and_no_file_is_written(
    run, channel, tmp_path: Path
):
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    ring = {"points": [{"latitude": 1 + n / 7e3, "longitude": n / 7e6} for n in range(5000)]}
    ring["points"].append({"latitude": 1, "longitude": 0.1})
    area = {"polygons": [{"rings": [ring]}]}
    await upsert(stub, [stores_pb2.Store(name="stores/big", display_name="B", service_area=area)])
    path = tmp_path / "a.csv"
    result = await asyncio.to_thread(CliRunner().invoke, app, ["export", str(path)])
    assert result.exit_code
    assert "stores/big: service_area has" in str(result.exception)
    assert not path.exists()
    await run("export", tmp_path / "a.geojson")
    again = json.loads(
        (await run("import", tmp_path / "a.geojson", "--json")).stdout.splitlines()[-1]
    )
    assert (len(GIVEN) + 1, 0) == (again["unchanged"], again["rejected"])
