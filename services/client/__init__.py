"""The Python client of the suite's APIs. It knows the contracts and nothing else.

    async with Client("localhost:50051") as enrayon:
        request = FindNearestStoresRequest(origin={"place": "Kamppi"})
        answer = await enrayon.stores.FindNearestStores(request)

Each call has a deadline; a call that its contract calls idempotent is retried when a service
cannot be reached.
"""

from services.client.client import Client

__all__ = ["Client"]
