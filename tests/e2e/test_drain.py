"""`enrayon up` stops under load without breaking off a request in progress."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from tests.e2e.suite import WAIT_S, Suite, wait_until
from tests.support.stores import SHOPS

FIND = "/v1/stores:findNearest"
KAMPPI = {"point": {"latitude": 60.1690, "longitude": 24.9310}}
REQUEST = stores_pb2.FindNearestStoresRequest(origin=KAMPPI, page_size=5)
CLIENTS = 4
ANSWERS_BEFORE = 200


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    suite = Suite(tmp_path / "data")
    suite.start()
    with grpc.insecure_channel(f"127.0.0.1:{suite.grpc_port}") as channel:
        stores = stores_pb2_grpc.StoresServiceStub(channel)
        stores.UpsertStores(iter([stores_pb2.UpsertStoresRequest(stores=SHOPS)]))
    yield suite
    if suite.process and suite.process.poll() is None:
        suite.stop()


class Load:
    """Clients that call until their load balancer sees that this server is not ready."""

    def __init__(self, port: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self._port = port
        self._elsewhere = threading.Event()
        self._threads = [
            threading.Thread(target=act)
            for act in (self._balance, *[self._by_json, self._by_grpc] * CLIENTS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(WAIT_S)

    @property
    def answered(self) -> int:
        return self.outcomes["json"] + self.outcomes["grpc"]

    @property
    def failed(self) -> dict[str, int]:
        return {what: count for what, count in self.outcomes.items() if "failed" in what}

    def _balance(self) -> None:
        """Check readiness every tenth of a second, as load balancers do."""
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=WAIT_S) as http:
                while http.get("/readyz").is_success:
                    time.sleep(0.1)
        except httpx.HTTPError as error:
            self.outcomes[f"failed health: {error!r}"] += 1
        self._elsewhere.set()

    def _by_json(self) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=WAIT_S) as http:
            while not self._elsewhere.is_set():
                try:
                    answer = http.post(FIND, json={"origin": KAMPPI, "pageSize": 5})
                except httpx.HTTPError as error:
                    self.outcomes[f"failed json: {error!r}"] += 1
                else:
                    self.outcomes["json" if answer.is_success else f"failed: {answer.text}"] += 1

    def _by_grpc(self) -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{self._port}", options=options) as channel:
            stores = stores_pb2_grpc.StoresServiceStub(channel)
            while not self._elsewhere.is_set():
                try:
                    stores.FindNearestStores(REQUEST, timeout=WAIT_S)
                except grpc.RpcError as error:
                    self.outcomes[f"failed grpc: {error.details()}"] += 1
                else:
                    self.outcomes["grpc"] += 1


def test_told_to_stop_under_load_it_fails_no_request(suite, record_property):
    load = Load(suite.http_port)
    load.start()
    wait_until(lambda: min(load.outcomes["json"], load.outcomes["grpc"]) >= ANSWERS_BEFORE)
    before = load.answered
    assert suite.process
    suite.process.send_signal(signal.SIGTERM)
    load.join()

    assert {} == load.failed
    assert load.answered > before
    assert 0 == suite.process.wait(WAIT_S)
    told = f"{load.answered} answered, {load.answered - before} of them after SIGTERM; failed: 0"
    record_property("row 35", f"the whole suite behind Envoy, JSON and gRPC: {told}")
    print(told)
