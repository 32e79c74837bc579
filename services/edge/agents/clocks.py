"""Times as the people of a store tell them: on its clock, with the name of its zone."""

import datetime as dt
import zoneinfo

from google.protobuf.timestamp_pb2 import Timestamp
from mcp.server.mcpserver.exceptions import ToolError

from geodata.instants import END, FIRST


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
