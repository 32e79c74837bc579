"""The contracts of the suite, in the order in which they are listed."""

from google.protobuf.descriptor import ServiceDescriptor

from enrayon.access.v1 import access_pb2
from enrayon.aisle.v1 import aisle_pb2
from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2

CONTRACTS = [
    module.DESCRIPTOR.services_by_name[name]
    for module, name in (
        (stores_pb2, "StoresService"),
        (hours_pb2, "HoursService"),
        (stock_pb2, "StockService"),
        (geofence_pb2, "GeofenceService"),
        (aisle_pb2, "AisleService"),
        (events_pb2, "EventsService"),
        (access_pb2, "AccessService"),
    )
]


def api_name(contract: ServiceDescriptor) -> str:
    """The short name of an API: `stores` for `enrayon.stores.v1.StoresService`."""
    return contract.full_name.split(".")[1]
