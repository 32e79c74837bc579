"""Where stores are: their position, their name, and the zone of their clock."""

from typing import NamedTuple

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.latlng_pb2 import LatLng
from pydantic import BaseModel

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from services.client import Client


class Position(BaseModel):
    """A position on the earth, in degrees (WGS84)."""

    latitude: float
    longitude: float


class Placed(BaseModel):
    """A store that a map can show, if its position is known."""

    latitude: float | None = None
    longitude: float | None = None


class Shop(NamedTuple):
    """A store as people know it: its name and its time zone (IANA)."""

    name: str
    zone: str


def position_of(
    store: stores_pb2.Store | stock_pb2.StoreAvailability | stock_pb2.PickupOption,
) -> dict[str, float]:
    """The members of `Placed`; none if the position is not known."""
    return degrees(store.location) if store.HasField("location") else {}


def degrees(location: LatLng) -> dict[str, float]:
    """The members of a position."""
    return {"latitude": location.latitude, "longitude": location.longitude}


async def shop_of(client: Client, store: str) -> Shop:
    """The name and the time zone of a store; its resource name and UTC if they cannot be had."""
    mask = FieldMask(paths=["display_name", "time_zone"])
    try:
        found = await client.stores.GetStore(stores_pb2.GetStoreRequest(name=store, read_mask=mask))
    except grpc.aio.AioRpcError:
        return Shop(store, "UTC")
    return Shop(found.display_name or store, found.time_zone or "UTC")
