"""The whole suite in the process of an app's own tests, with a small shop and a clock that stands.

    async with running() as suite:
        await suite.client.stock.CreateReservation(...)
        await suite.forward(days=2)
        await suite.event("hold.expired")

It needs no network and no other process but the embedded Valkey, which ends with it. This part is
for tests: it has all services in it, where the client beside it knows the contracts alone.
"""

from services.client.testing.shop import (
    BREAD,
    CENTRE,
    HARBOUR,
    MILK,
    NOON,
    OAT_MILK,
    SHEARS,
    STATION,
)
from services.client.testing.suite import Suite, running

__all__ = [
    "BREAD",
    "CENTRE",
    "HARBOUR",
    "MILK",
    "NOON",
    "OAT_MILK",
    "SHEARS",
    "STATION",
    "Suite",
    "running",
]
