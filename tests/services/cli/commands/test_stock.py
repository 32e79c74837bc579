"""`enrayon products` and `enrayon stock`: files in and out, and reconciliation."""

import asyncio
import csv
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from enrayon.stores.v1 import stores_pb2_grpc
from services.cli import app
from services.stock.model.levels import HEADER
from services.stock.model.partitions import StoreKeys
from tests.support.hosting import serving
from tests.support.stores import SHOPS, upsert

PRODUCTS = """sku,name,brand,department,gtins,name:fi,variant:size
milk,Milk,Valio,dairy,6408430000012,Maito,1 l
bread,Rye bread,Vaasan,bakery,,Ruisleipä,
"""
STOCK = "store,sku,on_hand,safety_stock\nt-forum,milk,6,1\nt-stockmann,milk,2,0\n"


@pytest.fixture
async def run(channel, parts, monkeypatch, tmp_path) -> AsyncIterator[Callable[..., Any]]:
    """Runs the command against a server with the shops of the tests."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    async with serving(parts) as address:
        monkeypatch.setenv("ENRAYON_GRPC_PORT", address.rpartition(":")[2])
        monkeypatch.setenv("COLUMNS", "200")

        async def command(*arguments: object) -> Result:
            words = [str(argument) for argument in arguments]
            return await asyncio.to_thread(CliRunner().invoke, app, words)

        yield command


@pytest.fixture
async def stocked(run, tmp_path) -> None:
    (tmp_path / "products.csv").write_text(PRODUCTS)
    (tmp_path / "stock.csv").write_text(STOCK)
    assert 0 == (await run("products", "import", tmp_path / "products.csv")).exit_code
    assert 0 == (await run("stock", "import", tmp_path / "stock.csv")).exit_code


async def test_products_of_a_file_are_found_in_their_languages(run, stocked, tmp_path):
    again = await run("products", "import", tmp_path / "products.csv")
    found = await run("products", "search", "maito")
    by_barcode = await run("products", "search", "6408430000012")

    assert "0 created, 0 changed, 2 unchanged, 0 rejected" in again.output
    assert "Milk" in found.output
    assert "Rye bread" not in found.output
    assert "dairy" in by_barcode.output


async def test_a_bad_row_is_named_by_its_line_and_the_others_are_taken(run, tmp_path):
    file = tmp_path / "products.csv"
    file.write_text("sku,name,gtins\nmilk,Milk,\nbread,Bread,6408430000013\nsalt,,\n")

    done = await run("products", "import", file)

    assert 1 == done.exit_code
    assert "1 created" in done.output
    assert "line 3: gtins[0]: its check digit is wrong" in done.output
    assert "line 4: display_name" in done.output


async def test_a_file_without_the_columns_needed_is_refused(run, tmp_path):
    file = tmp_path / "products.csv"
    file.write_text("sku,price\nmilk,1\n")

    done = await run("products", "import", file)

    text = "products.csv: no column for 'name' among sku, price; name one by --map COLUMN=name"
    assert text == str(done.exception)


async def test_movements_are_written_as_rows(run, stocked, tmp_path):
    file = tmp_path / "movements.csv"
    done = await run("stock", "movements", file, "--store", "t-forum")

    with file.open() as text:
        [row] = csv.DictReader(text)
    assert "1 movements written" in done.output
    assert ("t-forum", "milk", "stated", "file", "6") == (
        row["store"],
        row["sku"],
        row["kind"],
        row["source"],
        row["on_hand"],
    )


async def test_reconcile_succeeds_without_drift_and_fails_with_it(run, stocked, database):
    sound = await run("stock", "reconcile")
    key = StoreKeys.of("t-forum").levels
    raw = await database.hget(key, "milk")
    figures = list(HEADER.unpack_from(raw))
    figures[0] += 1
    await database.hset(key, "milk", HEADER.pack(*figures) + raw[HEADER.size :])
    drifted = await run("stock", "reconcile")

    assert (0, 1) == (sound.exit_code, drifted.exit_code)
    assert "drift 0" in sound.output
    assert "stores/t-forum products/milk (ledger): 7, should be 6" in drifted.output


async def test_the_hold_of_a_short_code_is_found_as_the_shopper_says_it(run, stocked):
    made = await run("hold", "create", "t-forum", "milk:2")
    name, *_ = re.findall(r"stores/t-forum/reservations/\S+", made.output)
    code = (await run("hold", "code", name)).output.splitlines()[-1]
    found = await run("hold", "find", "t-forum", code.lower())

    assert re.fullmatch(r"\w{4} \w{4}", code)
    assert 0 == found.exit_code
    assert found.output in made.output


async def test_a_product_or_level_larger_than_a_request_is_refused_alone(
    run, stocked, tmp_path, monkeypatch
):
    languages = ["fi", "sv", "da", "nb", "de", "fr", "es", "it", "nl", "pl"]
    header = ",".join(["sku", "name", *(f"name:{language}" for language in languages)])
    long = ",".join(["x" * 120_000] * len(languages))
    rows = [header, "a,A" + "," * 10, f"b,B,{long}", "c,C" + "," * 10]
    (tmp_path / "products.csv").write_text("\n".join(rows))
    told = (await run("products", "import", tmp_path / "products.csv")).output
    assert "2 created, 0 changed, 0 unchanged, 1 rejected" in told
    assert "line 3: 1.1 MiB, the services take 1.0 MiB for a product" in told

    levels = ["store,sku,on_hand", "t-forum,a,1", f"t-forum,{'b' * 120_000},2", "t-forum,c,3"]
    (tmp_path / "stock.csv").write_text("\n".join(levels))
    told = (await run("stock", "import", tmp_path / "stock.csv")).output
    assert "2 set, 0 late or repeated, 1 rejected" in told
    assert "line 3: sku: longer than 300 characters" in told


async def test_many_long_products_come_in_several_requests(run, tmp_path):
    """Together they are larger than a request."""
    header = "sku,name," + ",".join(f"variant:v{n}" for n in range(20))
    rows = [f"p{n},P{n}," + ",".join("x" * 90 for _ in range(20)) for n in range(700)]
    (tmp_path / "products.csv").write_text("\n".join([header, *rows]))
    told = (await run("products", "import", tmp_path / "products.csv")).output
    assert "700 created" in told
