"""The examples of deploy/examples.md: Python and curl run, the others use existing names."""

import argparse
import datetime as dt
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import httpx
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from mcp import Client, StdioServerParameters

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2_grpc import StockServiceStub
from enrayon.stores.v1 import stores_pb2
from enrayon.stores.v1.stores_pb2_grpc import StoresServiceStub
from geodata.samples import SUPERMARKET as SAMPLE
from services.client.contracts import CONTRACTS
from tests.e2e.suite import Suite, started
from tests.support.paths import ROOT
from tests.support.ucp import check_answer, check_fulfillment

EXAMPLES = (ROOT / "deploy" / "examples.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", EXAMPLES, re.DOTALL)
SUPERMARKET = f"stores/{SAMPLE}"
FIND = CONTRACTS[0].methods_by_name["FindNearestStores"]


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def fields(message: Descriptor, depth: int = 3) -> set[str]:
    """The names of all fields in a message, as JSON has them."""
    found = {field.json_name for field in message.fields}
    inner = [f.message_type for f in message.fields if f.message_type and depth]
    return found.union(*(fields(each, depth - 1) for each in inner))


REQUEST, ANSWER = fields(FIND.input_type), fields(FIND.output_type)


def here(text: str, suite: Suite) -> str:
    """An example, with the ports of a suite in place of the usual ones."""
    text = text.replace("50051", str(suite.grpc_port)).replace("8080", str(suite.http_port))
    return text.replace("STORE", SUPERMARKET)


def ran(words: list[str], suite: Suite) -> str:
    done = subprocess.run(
        words, env=os.environ, cwd=suite.data_dir, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


MOBILE = "CheckInTrip"
"""A call of the example of an app."""
NOTIFIER = "UpdateDevice"
"""A call of the example of a notification service."""
TEA = "products/tea"
SHOPS = (("helsinki", (60.1699, 24.9384), 5), ("sydney", (-33.8688, 151.2093), 0))
"""City, place, and units of tea."""
TESTING = "services.client.testing"
"""The part of the client that the example of a test uses."""
OTHERS = [text for text in blocks("python") if NOTIFIER not in text and TESTING not in text]


async def test_the_configuration_of_an_agent_starts_its_tools(shared_demo):
    [text] = blocks("json")
    [server] = json.loads(here(text, shared_demo))["mcpServers"].values()
    program = Path(sys.executable).with_name(server["command"])
    stdio = StdioServerParameters(command=str(program), args=server["args"], env=server["env"])
    async with Client(stdio, read_timeout_seconds=60) as agent:
        found = await agent.call_tool("find_stores", {"place": "Kamppi"})

    assert not found.is_error
    assert found.structured_content
    assert found.structured_content["stores"]


@pytest.mark.parametrize("text", OTHERS, ids=["nearest", "hold", "app"])
def test_python_runs(shared_demo, text):
    program = shared_demo.data_dir / "example.py"
    program.write_text(here(text, shared_demo))
    printed = ran([sys.executable, str(program)], shared_demo)

    if "FindNearestStores" in text:
        assert 3 == len(printed.splitlines())
    elif MOBILE in text:
        found, times, done = printed.splitlines()
        assert re.fullmatch(r".+ \d+ m", found)
        ready_by, pickup_by = re.findall(r"\d{4}-\S+Z", times)
        assert ready_by < pickup_by
        assert re.fullmatch(r"[A-Z0-9]{8} STATE_COLLECTED", done)
    else:
        assert re.fullmatch(r"stores/\S+/reservations/\S+\n", printed)


async def test_the_test_of_an_app_runs():
    [text] = [text for text in blocks("python") if TESTING in text]
    names: dict[str, Any] = {}
    exec(compile(text, "deploy/examples.md", "exec"), names)
    [test] = [each for name, each in names.items() if name.startswith("test_")]
    await test()


@pytest.fixture
def two_shops(tmp_path: Path) -> Iterator[Suite]:
    """A suite with a shop in Helsinki that has tea, and one in Sydney that has none."""
    settings = {"ENRAYON_WEBHOOK_PRIVATE": "true"}
    with started(Suite, tmp_path, settings=settings) as suite:
        with grpc.insecure_channel(f"127.0.0.1:{suite.grpc_port}") as channel:
            stores, stock = StoresServiceStub(channel), StockServiceStub(channel)
            tea = stock_pb2.Product(name=TEA, display_name="Tea")
            stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=[tea])]))
            for city, (latitude, longitude), on_hand in SHOPS:
                name = f"stores/aurora-{city}"
                store = stores_pb2.Store(name=name, display_name=city)
                store.location.latitude, store.location.longitude = latitude, longitude
                stores.UpdateStore(stores_pb2.UpdateStoreRequest(store=store, allow_missing=True))
                level = stock_pb2.StockLevelInput(product=TEA, on_hand=on_hand)
                request = stock_pb2.SetStockLevelsRequest(
                    store=name, source="till", sequence=1, levels=[level]
                )
                stock.SetStockLevels(iter([request]))
        yield suite


def test_a_notification_service_is_one_rule_and_one_subscription(two_shops):
    """It is told of the tea in one shop, and of what the hour or the shelf in each city mutes."""
    [text] = [text for text in blocks("python") if NOTIFIER in text]
    program = two_shops.data_dir / "example.py"
    program.write_text(here(text, two_shops))

    def expected() -> list[list[object]]:
        rows: list[list[object]] = []
        for city, zone, result in (
            ("helsinki", "Europe/Helsinki", [TEA]),
            ("sydney", "Australia/Sydney", "out_of_stock"),
        ):
            is_night = not 8 <= dt.datetime.now(ZoneInfo(zone)).hour < 22
            muted = "quiet_hours" if is_night else result
            rows.append([f"account-{city}", f"stores/aurora-{city}", "rules/near", muted])
        return rows

    before = expected()
    told = ran([sys.executable, str(program)], two_shops)
    printed = [json.loads(line) for line in told.splitlines()]
    assert printed in (before, expected())  # an hour may begin meanwhile


def test_an_app_makes_at_most_seven_calls():
    [text] = [text for text in blocks("python") if MOBILE in text]
    calls = re.findall(r"await (app|shop)\.\w+\.(\w+)\(", text)
    own = [call for who, call in calls if who == "app" and call != "ReportPosition"]

    assert len(re.findall(r"await (?!asyncio)", text)) == len(calls), "each call is counted"
    assert not re.search(r"\bfor\b.*:$", text, re.MULTILINE), "no call is made in a loop"
    assert [
        "FindPickupOptions",
        "CreateReservation",
        "GetPickupCode",
        "StartTrip",
        "CheckInTrip",
        "GetReservation",
    ] == own
    assert len(own) <= 7


def test_javascript_runs(shared_demo):
    if (node := shutil.which("node")) is None:
        pytest.skip("Node.js is not here")
    [text] = blocks("javascript")
    words = [node, "--input-type=module", "--eval", here(text, shared_demo)]

    assert 3 == len(ran(words, shared_demo).splitlines())


NEAREST = ("displayName", "distanceM")
BASE = "http://127.0.0.1:8080/v1"
TOLD = {
    f"'{BASE}/fences?fenceId=rautatientori'": ("name", "circle"),
    f"{BASE}/fences:match": ("matches", "fence"),
    f"{BASE}/STORE/trips:start": ("name", "state"),
    f"{BASE}/stockAlerts": ("name", "storeCount"),
    f"{BASE}/STORE/placements:locateProducts": ("located", "address"),
}
"""Fields of the answers, by URL; of others NEAREST."""


@contextmanager
def curl(command: str) -> Iterator[httpx.Response]:
    """The response to a curl command, sent without curl: a bare machine has none.

    Another option than these ends the test.
    """
    program, *words = shlex.split(command.replace("\\\n", ""))
    assert "curl" == program
    options = argparse.ArgumentParser(allow_abbrev=False)
    options.add_argument("url")
    options.add_argument("-X", dest="method")
    options.add_argument("-H", dest="headers", action="append", default=[])
    options.add_argument("-d", dest="body")
    options.add_argument("-N", dest="unbuffered", action="store_true")
    asked = options.parse_args(words)
    headers = dict(each.split(": ", 1) for each in asked.headers)
    method = asked.method or ("GET" if asked.body is None else "POST")
    with httpx.stream(method, asked.url, headers=headers, content=asked.body, timeout=60) as answer:
        yield answer


@pytest.mark.parametrize(
    "text",
    blocks("sh"),
    ids=[
        *("nearest", "pickup", "watch", "fence", "match", "trip", "alert", "shelves"),
        *("ucp", "checkout"),
    ],
)
def test_curl_runs(shared_demo, text):
    with curl(here(text, shared_demo)) as answer:
        assert 200 == answer.status_code, answer.read()
        if "-N" in text:  # it lasts; its first line is enough
            assert "resumeToken" in next(answer.iter_lines())
            return
        told = answer.read().decode()

    if "/ucp/locations" in text:
        check_answer("search", json.loads(told))
        assert json.loads(told)["locations"]
        return
    if "/ucp/fulfillment" in text:
        check_fulfillment(json.loads(told))
        assert json.loads(told)["fulfillment"]["methods"][0]["groups"][0]["options"]
        return
    assert all(f'"{name}":' in told for name in TOLD.get(text.split()[3], NEAREST)), told


def test_javascript_names_what_the_contract_has():
    [text] = blocks("js")

    assert FIND.name in {
        name[:1].upper() + name[1:] for name in re.findall(r"stores\.(\w+)\(", text)
    }
    assert FIND.containing_service.name in text
    assert FIND.containing_service.file.name.removesuffix(".proto") + "_pb.js" in text
    assert {"origin", "pageSize"} <= set(re.findall(r"^  (\w+):", text, re.MULTILINE)) <= REQUEST
    assert set(re.findall(r'case: "(\w+)"', text)) <= kinds()
    assert {"store", "distanceM"} == set(re.findall(r"const \{ (\w+), (\w+) \}", text)[0]) & ANSWER
    assert set(re.findall(r"store\.(\w+)", text)) - {"displayName"} == set()
    assert "displayName" in ANSWER


def test_kotlin_names_what_the_contract_has():
    [text] = blocks("kotlin")
    package = FIND.containing_service.file.package

    assert f"import {package}.{FIND.containing_service.name}GrpcKt" in text
    assert f"{FIND.containing_service.name}CoroutineStub" in text
    assert f"import {package}.{lower(FIND.input_type.name)}" in text
    assert f"stores.{lower(FIND.name)}(" in text
    assert {"origin", "pageSize"} == set(re.findall(r"^        (\w+) = ", text, re.MULTILINE))
    assert {"origin", "pageSize"} <= REQUEST
    assert set(re.findall(r"origin \{ (\w+) =", text)) <= kinds()
    assert "storesList" in text
    assert "stores" in ANSWER
    assert set(re.findall(r"\bit\.(?:store\.)?(\w+)", text)) - {"store"} <= ANSWER


def test_swift_names_what_the_contract_has():
    [text] = blocks("swift")
    prefix = "".join(f"{part.title()}_" for part in FIND.containing_service.file.package.split("."))

    assert f"{prefix}{FIND.containing_service.name}.Client(" in text
    assert f"{prefix}{FIND.input_type.name}()" in text
    assert f"stores.{lower(FIND.name)}(request)" in text
    assert set(re.findall(r"request\.(\w+)", text)) <= REQUEST
    assert set(re.findall(r"request\.origin\.(\w+)", text)) <= kinds()
    assert set(re.findall(r"answer\.(\w+)", text)) <= ANSWER
    assert set(re.findall(r"hit\.(?:store\.)?(\w+)", text)) - {"store"} <= ANSWER


def kinds() -> set[str]:
    """The kinds of an origin."""
    origin: FieldDescriptor = FIND.input_type.fields_by_name["origin"]
    assert origin.message_type
    return {field.json_name for field in origin.message_type.fields}


def lower(name: str) -> str:
    return name[:1].lower() + name[1:]
