"""Decides if a store sells at a moment: by its status, and by closures without an end."""

import datetime as dt
import math
from typing import NamedTuple

import numpy as np

from enrayon.stores.v1 import stores_pb2
from geodata.nearest import Rows
from geodata.schedule.closures import is_closed_without_end
from geodata.schedule.model import Schedule
from services.chassis.errors import Code, ServiceError
from services.directory.closing import closes_at, closing_date
from services.directory.directory import Directory
from services.directory.filters import ENDED, Mask, status_of
from services.directory.keys import parse_store, store_name

UNLISTED = "UNLISTED"
"""The status, as refusals tell it, of a store that is private or was deleted."""


class NotOpen(NamedTuple):
    """The reason why a store does not sell."""

    status: str
    """The name of the contract's value, for example `MOVED`; or `UNLISTED`."""
    date: dt.date | None = None
    """The first trading day of a store that is to open, or the last one of a store that ends."""
    ended: bool = False
    """True if the store will not open again under its id."""


class StoreNotOpen(ServiceError):
    """The store is not open for business, so it sells nothing."""

    code = Code.FAILED_PRECONDITION
    reason = "STORE_NOT_OPEN"

    def __init__(self, store: str, why: NotOpen) -> None:
        metadata = {"store": store, "status": why.status}
        text = f"{store} is not open for business: {why.status.lower().replace('_', ' ')}"
        if why.date is not None:
            metadata["date"] = why.date.isoformat()
            text += f", {'last day' if why.ended else 'opens on'} {why.date}"
        super().__init__(text, metadata=metadata)


def why_not_open(
    store: stores_pb2.Store | None, schedule: Schedule | None, at: dt.datetime
) -> NotOpen | None:
    """The reason why a store does not sell at an instant; None if it does.

    Hours do not matter: a shop sells for tomorrow at night too. A closure without an end does, as
    nobody knows when goods could be fetched.

    Args:
        store: The store; None if there is none.
        schedule: Its own schedule; None if it has no hours of its own.
        at: The instant.
    """
    if store is None or store.private:
        return NotOpen(UNLISTED, ended=True)
    status = status_of(store)
    if status != stores_pb2.STORE_STATUS_MOVED and closes_at(store) <= at.timestamp():
        return NotOpen("CLOSED_FOR_GOOD", closing_date(store), ended=True)
    if status != stores_pb2.STORE_STATUS_OPEN:
        name = stores_pb2.StoreStatus.Name(stores_pb2.StoreStatus.ValueType(status))
        return NotOpen(name.removeprefix("STORE_STATUS_"), _first_day(store), status in ENDED)
    if schedule is not None and is_closed_without_end(schedule, at):
        return NotOpen("TEMPORARILY_CLOSED")
    return None


def not_open(directory: Directory, id: str, at: dt.datetime) -> NotOpen | None:
    """The reason why the store of an id does not sell at an instant; None if it does."""
    encoded = directory.stores.replica.public(id)
    store = None if encoded is None else parse_store(encoded)
    return why_not_open(store, directory.schedules.closed_without_end.get(id), at)


def check_open(directory: Directory, id: str, at: dt.datetime) -> None:
    """Return if a store sells at an instant.

    Raises:
        StoreNotOpen: it does not.
    """
    if why := not_open(directory, id, at):
        raise StoreNotOpen(store_name(id), why)


def end_of(directory: Directory, id: str) -> dt.datetime | None:
    """The instant from which a store is closed for good by its closing date; None without one."""
    encoded = directory.stores.replica.public(id)
    end_s = math.inf if encoded is None else closes_at(parse_store(encoded))
    return None if end_s == math.inf else dt.datetime.fromtimestamp(end_s, dt.UTC)


def closed_rows(directory: Directory, at: dt.datetime) -> Rows:
    """The rows of the index whose stores a closure without an end keeps from selling."""
    replica = directory.stores.replica
    rows = (
        replica.row(id)
        for id, schedule in directory.schedules.closed_without_end.items()
        if is_closed_without_end(schedule, at)
    )
    return np.array([row for row in rows if row is not None], np.int64)


def sells(rows: Rows, closed: Rows) -> Mask:
    """For each row if it is not among the closed ones."""
    return np.isin(rows, closed, invert=True)


def _first_day(store: stores_pb2.Store) -> dt.date | None:
    day = store.opening_date
    if store.status != stores_pb2.STORE_STATUS_FUTURE_OPENING or not (day.year and day.month):
        return None
    try:
        return dt.date(day.year, day.month, day.day or 1)
    except ValueError:
        return None
