"""The Python client for other channels. It knows the contracts and nothing else of the suite.

    async with Client("localhost:50051") as enrayon:
        request = FindNearestStoresRequest(origin={"place": "Kamppi"})
        answer = await enrayon.stores.FindNearestStores(request)

Each call has a deadline; calls that may be made twice are, when a service cannot be reached.
"""

from services.client.client import Client

__all__ = ["Client"]
