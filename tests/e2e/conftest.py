"""A demo shared by several modules: tests may change its data, and must not stop it."""

from collections.abc import Iterator

import grpc
import httpx
import pytest

from tests.e2e.doors import Doors
from tests.e2e.suite import Suite, started


@pytest.fixture(scope="package")
def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The demo, started once."""
    with started(Suite, tmp_path_factory.mktemp("shared"), "--demo") as suite:
        yield suite


@pytest.fixture(scope="package")
def doors(shared_demo: Suite) -> Iterator[Doors]:
    """Calls the demo by every protocol."""
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{shared_demo.http_port}", timeout=60) as http,
        grpc.insecure_channel(f"127.0.0.1:{shared_demo.grpc_port}") as channel,
    ):
        yield Doors(http, channel)
