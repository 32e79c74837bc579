"""The staff of a shop at every door: anybody's hold at its store, and nothing at another."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import grpc
import httpx
import pytest

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from tests.e2e.suite import Suite, started
from tests.support import grpc_web

BASKET = [{"product": "products/g-048", "quantity": 1}]  # milk
GET = "/enrayon.stock.v1.StockService/GetReservation"


class Enforced(Suite):
    """A suite that asks for keys."""

    def start(self) -> None:
        """Start it, and wait for its greeting."""
        self.environment["ENRAYON_ACCESS"] = "enforced"
        super().start()


class Shop(NamedTuple):
    """A suite with a hold of a channel, and the keys of staff."""

    suite: Suite
    store: str
    stock: Any
    app: str
    here: str
    elsewhere: str
    """The key of the staff of another store."""

    def hold(self) -> str:
        """The name of a new hold of the channel."""
        request = stock_pb2.CreateReservationRequest(parent=self.store, items=BASKET)
        return str(self.stock.CreateReservation(request, metadata=[("x-api-key", self.app)]).name)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with started(Enforced, tmp_path_factory.mktemp("staff"), "--demo") as suite:

        def key(*words: str) -> str:
            made = suite.command("keys", "create", *words)
            assert not made.returncode, made.stderr
            return made.stdout.strip()

        app = key("app")
        with grpc.insecure_channel(f"127.0.0.1:{suite.grpc_port}") as channel:
            stock: Any = stock_pb2_grpc.StockServiceStub(channel)
            nearest = stock.FindNearestAvailability(
                stock_pb2.FindNearestAvailabilityRequest(
                    items=BASKET, origin={"place": "Kamppi"}, max_results=2
                ),
                metadata=[("x-api-key", app)],
            )
            here, elsewhere = (found.store for found in nearest.stores)
            staff = key("tablet", "--role", "staff", "--store", here)
            others = key("till", "--role", "staff", "--store", elsewhere)
            yield Shop(suite, here, stock, app, staff, others)


@pytest.fixture(scope="module")
def http(shop: Shop) -> Iterator[Any]:
    with httpx.Client(base_url=f"http://127.0.0.1:{shop.suite.http_port}", timeout=60) as http:
        yield http


def tool(http: Any, key: str, name: str, **arguments: Any) -> Any:
    """The result of a tool of agents."""
    asked = {"name": name, "arguments": arguments}
    answer = http.post(
        "/mcp",
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked},
        headers={"accept": "application/json, text/event-stream", "x-api-key": key},
    )
    return answer.raise_for_status().json()["result"]


def test_by_grpc(shop):
    request = stock_pb2.GetReservationRequest(name=shop.hold())
    seen = shop.stock.GetReservation(request, metadata=[("x-api-key", shop.here)])
    with pytest.raises(grpc.RpcError) as refused:
        shop.stock.GetReservation(request, metadata=[("x-api-key", shop.elsewhere)])

    assert request.name == seen.name
    assert grpc.StatusCode.NOT_FOUND is refused.value.code()


def test_by_json(shop, http):
    name = shop.hold()

    def asked(key: str, method: str, path: str) -> int:
        answer = http.request(method, f"/v1/{path}", json={}, headers={"x-api-key": key})
        return int(answer.status_code)

    prepare, listed = f"{name}:prepare", f"{shop.store}/reservations"
    assert [404, 404, 403] == [
        asked(shop.elsewhere, *call) for call in (("GET", name), ("POST", prepare), ("GET", listed))
    ]
    assert [200, 200, 200] == [
        asked(shop.here, *call) for call in (("GET", name), ("POST", prepare), ("GET", listed))
    ]


def test_by_grpc_web(shop, http):
    name = shop.hold()
    body = grpc_web.framed(stock_pb2.GetReservationRequest(name=name).SerializeToString())

    def asked(key: str) -> Any:
        return http.post(GET, content=body, headers={**grpc_web.HEADERS, "x-api-key": key})

    [message] = grpc_web.messages(iter([asked(shop.here).content]))
    assert name == stock_pb2.Reservation.FromString(message).name
    assert str(grpc.StatusCode.NOT_FOUND.value[0]) == asked(shop.elsewhere).headers["grpc-status"]


def test_by_the_tools_of_agents(shop, http):
    """A chat changes its own holds, by its shopper, and no others."""
    wanted = {"store": shop.store, "items": [{"product": "milk"}], "confirm": True}
    assert tool(http, shop.elsewhere, "hold_items", **wanted)["isError"]
    held = tool(http, shop.here, "hold_items", **wanted)["structuredContent"]
    assert held["held"]
    own = {"reservation": held["reservation"], "shopper": held["shopper"]}

    items = [{"product": "milk", "quantity": 2}]
    assert tool(http, shop.elsewhere, "change_hold", **own, items=items)["isError"]
    assert tool(http, shop.here, "change_hold", **own, items=items)["structuredContent"]["held"]
    others = {**own, "reservation": shop.hold()}
    assert tool(http, shop.here, "change_hold", **others, items=items)["isError"]
    assert tool(http, shop.elsewhere, "cancel_hold", **own)["isError"]
    ended = tool(http, shop.here, "cancel_hold", **own)
    assert (shop.store, False) == (
        ended["structuredContent"]["store"],
        ended["structuredContent"]["held"],
    )


def test_by_ucp_staff_finds_what_a_page_finds_and_a_stranger_no_stock(shop, http):
    asked = {"filters": {"items": ["g-048"]}, "pagination": {"limit": 50}}

    def found(*key: str) -> Any:
        headers = {"x-api-key": key[0]} if key else {}
        return http.post("/ucp/locations/search", json=asked, headers=headers)

    here = found(shop.here).raise_for_status().json()["locations"]
    assert here
    assert here == found(shop.elsewhere).json()["locations"] == found(shop.app).json()["locations"]
    assert 401 == found().status_code
