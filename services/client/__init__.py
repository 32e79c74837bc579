"""The Python client of the suite's APIs. It knows the contracts and nothing else.

    async with Client("localhost:50051") as enrayon:
        request = FindNearestStoresRequest(origin={"place": "Rautatientori"})
        answer = await enrayon.stores.FindNearestStores(request)

Each call has a deadline; a call that its contract calls idempotent is retried when a service
cannot be reached.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.client.client import Client

__all__ = ["Client"]


def __getattr__(name: str) -> object:
    # The command takes parts of this package; the stubs of all services are imported with Client.
    if name != "Client":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from services.client.client import Client

    return Client
