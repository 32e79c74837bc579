"""Builds the stores service from the shared parts of a process."""

from enrayon.stores.v1 import stores_pb2, stores_servicer
from services.chassis.messages.paging import PageTokens
from services.directory.keys import STORES
from services.directory.parts import Parts, Service
from services.directory.records import Records
from services.directory.writer import Writer
from services.stores.resources.stores import Stores
from services.stores.servicer import StoresServicer

CONTRACT = stores_pb2.DESCRIPTOR.services_by_name["StoresService"]


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    writer = Writer(Records(parts.client, STORES), parts.directory.stores)
    servicer: stores_servicer.StoresServicer = StoresServicer(
        parts.directory,
        parts.origins,
        PageTokens(parts.keyring),
        Stores(writer, parts.directory, parts.clock),
        parts.clock,
    )
    return Service(CONTRACT, servicer)
