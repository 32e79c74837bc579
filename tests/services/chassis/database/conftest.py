"""Databases of either kind: one server, and a cluster."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.settings import ChassisSettings
from tests.backends import cluster_of_one, server
from tests.support.database import connected


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room for that of a socket; pytest's grow with the user's name."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def valkey(short_path: Path) -> Iterator[EmbeddedValkey]:
    """A database of the test's own, to be spoilt, in a folder whose name has a space."""
    with server(short_path / "a database", {"appendfsync": "no"}) as valkey:
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
    """The address of an empty database of either kind."""
    fixture = {"one server": "server_url", "cluster": "cluster_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    async with connected(settings, url) as client:
        await client.flushall()
    return url
