"""Builds the stores service from the shared parts of a process."""

import math
from collections.abc import Collection, Iterable
from functools import partial

from enrayon.stores.v1 import stores_pb2, stores_servicer
from services.chassis.loops.forever import forever
from services.chassis.messages.paging import PageTokens
from services.directory.by_time import PAUSE_S, ByTime
from services.directory.closing import closes_at
from services.directory.keys import STORES, decode_record, parse_store
from services.directory.parts import Parts, Service
from services.directory.records import Records
from services.directory.writer import Writer
from services.stores.resources.stores import Stores, is_open
from services.stores.servicer import StoresServicer

CONTRACT = stores_pb2.DESCRIPTOR.services_by_name["StoresService"]


def closings(parts: Parts, records: Records) -> ByTime:
    """Tells that stores have closed by their closing dates."""
    replica = parts.directory.stores

    def ids() -> Iterable[str]:
        return [id for id, _ in replica.replica.records()]

    def closing(id: str) -> Collection[int]:
        encoded = replica.replica.record(id)
        at_s = closes_at(parse_store(encoded)) if encoded else math.inf
        return () if at_s == math.inf else (round(at_s * 1000),)

    async def is_due(id: str) -> bool:
        # The record in memory has turned already; that of the database stays as it is.
        record = await records.read(id)
        return record is not None and is_open(parse_store(decode_record(record)))

    return ByTime(
        parts.client, STORES, "store.closed", (replica,), ids, closing, parts.clock, is_due
    )


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    records = Records(parts.client, STORES)
    writer = Writer(records, parts.directory.stores)
    servicer: stores_servicer.StoresServicer = StoresServicer(
        parts.directory,
        parts.origins,
        PageTokens(parts.keyring),
        Stores(writer, parts.directory, parts.clock),
        parts.clock,
    )
    closed = closings(parts, records)
    return Service(
        CONTRACT,
        servicer,
        workers={"stores closings": partial(forever, "stores closings", PAUSE_S, closed.run)},
    )
