"""Times as the people of a store tell them: on its clock, with the name of its zone."""

import datetime as dt
import zoneinfo

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from mcp.server.mcpserver.exceptions import ToolError

from enrayon.stores.v1 import stores_pb2
from geodata.instants import END, FIRST
from services.client import Client


async def zone_of(client: Client, store: str) -> str:
    """The time zone of a store (IANA); UTC if it is not known now."""
    request = stores_pb2.GetStoreRequest(name=store, read_mask=FieldMask(paths=["time_zone"]))
    try:
        return (await client.stores.GetStore(request)).time_zone or "UTC"
    except grpc.aio.AioRpcError:
        return "UTC"


def local(time: Timestamp, zone: str) -> str:
    """RFC 3339 with the offset of the zone: `2026-12-01T12:00:00+02:00`."""
    return _at(time, zone).isoformat(timespec="seconds")


def spoken(time: Timestamp, zone: str) -> str:
    """The time in words: `Tue 2026-12-01 12:00 (Europe/Helsinki)`."""
    return f"{_at(time, zone):%a %Y-%m-%d %H:%M} ({zone or 'UTC'})"


def instant(text: str, argument: str) -> dt.datetime:
    """The instant of an argument.

    Raises:
        ToolError: it has no offset, or is no instant.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not FIRST <= moment < END:
        raise ToolError(
            f"`{argument}` must be an instant with an offset, such as 2026-11-23T18:00:00+02:00"
        )
    return moment


def _at(time: Timestamp, zone: str) -> dt.datetime:
    return time.ToDatetime(dt.UTC).astimezone(zoneinfo.ZoneInfo(zone or "UTC"))
