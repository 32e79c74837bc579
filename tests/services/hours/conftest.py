"""The hours service, and shops whose hours are what a test says."""

import grpc
import pytest

from enrayon.hours.v1 import hours_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc


@pytest.fixture
def hours(channel: grpc.aio.Channel) -> "hours_pb2_grpc.HoursServiceAsyncStub":
    """A client of the hours service."""
    return hours_pb2_grpc.HoursServiceStub(channel)


@pytest.fixture
def stores(channel: grpc.aio.Channel) -> "stores_pb2_grpc.StoresServiceAsyncStub":
    """A client of the stores service, which has no stores yet."""
    return stores_pb2_grpc.StoresServiceStub(channel)
