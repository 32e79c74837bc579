"""Stores of either kind, clients of them, and what a client learns when they fail."""

from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc
import pytest

from services.chassis.database.client import (
    Client,
    connect,
)
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.database.failures import as_service_error
from services.chassis.errors import ServiceError
from services.chassis.settings import ChassisSettings
from tests.backends import cluster_of_one, server

PACKAGE = "tests.services.chassis"
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room for that of a socket; pytest's grow with the user's name."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def valkey(short_path: Path) -> Iterator[EmbeddedValkey]:
    """A store of the test's own, to be spoilt, in a folder whose name has a space."""
    with server(short_path / "a store", {"appendfsync": "no"}) as valkey:
        yield valkey


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server, empty."""
    with server(tmp_path_factory.mktemp("server"), {"appendfsync": "no"}) as valkey:
        yield valkey.url


@pytest.fixture(scope="module")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of one node, empty."""
    with cluster_of_one(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture(params=["one server", "cluster"])
async def url(request: pytest.FixtureRequest, settings: ChassisSettings) -> str:
    """The address of an empty store of either kind."""
    fixture = {"one server": "server_url", "cluster": "cluster_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    async with connected(settings, url) as client:
        await client.flushall()
    return url


@asynccontextmanager
async def connected(settings: ChassisSettings, url: str, **changed: Any) -> AsyncIterator[Client]:
    client = connect(settings.model_copy(update=changed), url)
    try:
        yield client
    finally:
        await client.aclose()


async def told(act: Awaitable[Any]) -> ServiceError:
    """What a client of ours learns when the act fails, as it must."""
    with pytest.raises(Exception) as raised:
        await act
    error = as_service_error(raised.value)
    assert error is not None, raised.value
    return error


async def blocked(client: Client, count: int) -> None:
    """Wait until so many clients of the store wait for an element of a list."""
    while True:
        info = await client.info("clients")
        if "blocked_clients" not in info:  # a cluster answers by node
            info = next(iter(info.values()))
        if info["blocked_clients"] == count:
            return
