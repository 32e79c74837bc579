"""Fixtures of the events service: the service that tells of fences, and a running worker."""

from collections.abc import AsyncIterator

import grpc
import pytest

from enrayon.geofence.v1 import geofence_pb2_grpc
from services.directory.parts import Parts, Service
from services.events import bootstrap
from tests.support.geofence import running


@pytest.fixture
def fences(channel: grpc.aio.Channel) -> "geofence_pb2_grpc.GeofenceServiceAsyncStub":
    """A client of the service that tells of fences."""
    return geofence_pb2_grpc.GeofenceServiceStub(channel)


@pytest.fixture
async def workers(parts: Parts) -> AsyncIterator[Service]:
    """The loops of one worker, running."""
    service = bootstrap.build(parts)
    async with running(service):
        yield service
