"""A cluster for one test, and settings of its clients."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.chassis.settings import ChassisSettings
from tests.backends import Cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Three masters, each with a replica."""
    with Cluster(tmp_path) as cluster:
        yield cluster


@pytest.fixture
def settings(tmp_path: Path) -> ChassisSettings:
    """Any free port, a folder for one test, no long waits for dead servers."""
    return ChassisSettings(
        grpc_port=0, http_port=0, data_dir=tmp_path, longest_wait_s=0, database_timeout_s=3
    )
