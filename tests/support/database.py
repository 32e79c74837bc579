"""Clients of a database, what they learn when it fails, and when others wait for it."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.chassis.database.client import Client, connect
from services.chassis.database.failures import as_service_error
from services.chassis.errors import ServiceError
from services.chassis.settings import ChassisSettings


@asynccontextmanager
async def connected(settings: ChassisSettings, url: str, **changed: Any) -> AsyncIterator[Client]:
    """A client with these settings, some of them changed; closed in the end."""
    client = connect(settings.model_copy(update=changed), url)
    try:
        yield client
    finally:
        await client.aclose()


async def told(act: Awaitable[Any]) -> ServiceError:
    """The error that callers see when an act fails, as it must."""
    with pytest.raises(Exception) as raised:
        await act
    error = as_service_error(raised.value)
    assert error is not None, raised.value
    return error


async def blocked(client: Client, count: int) -> None:
    """Wait until that many clients of the database wait for an element of a list."""
    while True:
        info = await client.info("clients")
        if "blocked_clients" not in info:  # a cluster answers by node
            info = next(iter(info.values()))
        if info["blocked_clients"] == count:
            return
