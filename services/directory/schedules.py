"""The schedules of all stores in memory: stores joined with the hours that they were given.

A store that was given none has those of its own text. Equal schedules are one, known by a small
number; so which of many stores are open at an instant is one look-up in an array.
"""

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.nearest import Rows
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import Schedule
from geodata.schedule.open_states import NO_HOURS, OpenStates
from geodata.schedule.timeline import instant_in_range, timeline
from services.directory.feed import Feed
from services.directory.filters import Mask
from services.directory.hours import HoursReplica, is_event
from services.directory.keys import parse_store
from services.directory.replicas import Change
from services.directory.store_hours import (
    ImportedHours,
    StoreSchedules,
    imported_schedule,
    schedules_of,
)
from services.directory.stores import StoresReplica

Numbers = NDArray[np.int_]

SPARE = 1000
"""Schedules out of use are kept up to so many more than those in use, then all numbered anew."""


class Schedules:
    """The schedules of one process. Reads bring it up to its two feeds first."""

    def __init__(self, stores: Feed[StoresReplica], hours: Feed[HoursReplica]) -> None:
        self._stores = stores
        self._hours = hours
        self._changed: set[str] | None = None
        self._states = OpenStates()
        self._imported: dict[ImportedHours, int] = {}
        self._limit = 0
        self._numbers: Numbers = np.zeros(0, np.int_)
        self._held: dict[str, dict[str, int]] = {}
        self._services: dict[str, dict[str, int]] = {}
        self._service_columns: dict[str, Numbers] = {}
        stores.listen(self._note)
        hours.listen(self._note)

    def of(self, id: str) -> StoreSchedules | None:
        """The schedules of a store and of the services in it; None when there is no such store."""
        encoded = self._stores.replica.public(id)
        if encoded is None:
            return None
        return _schedules(parse_store(encoded), self.given(id))

    def given(self, id: str) -> hours_pb2.StoreHours | None:
        """The hours that a store was given; None when it has those that it came with."""
        record = self._hours.replica.record(id)
        return None if record is None else hours_pb2.StoreHours.FromString(record)

    def opening(self, at: dt.datetime | None, minutes: int = 0, service: str = "") -> "Opening":
        """A filter: open at an instant, and for so long; has a service, which then is open.

        Raises:
            ScheduleError: the instant is out of range.
        """
        if at is not None:
            instant_in_range(at)
        return Opening(self, at, minutes, service)

    def open_rows(self, rows: Rows, at: dt.datetime | None, minutes: int, service: str) -> Mask:
        """For each of some rows of the stores' index whether its store is as `opening` says."""
        self.refresh()
        numbers = (self._service_numbers(service) if service else self._numbers)[rows]
        if at is None:
            offered: Mask = numbers != NO_HOURS
            return offered
        if minutes:
            return self._states.open_for(numbers, at, minutes)
        return self._states.open_at(numbers, at)

    def refresh(self) -> None:
        """Take in what has changed since the last look."""
        if self._changed is None or len(self._imported) > self._limit:
            self._load()
        elif self._changed:
            # A store may have come and gone unseen; its row is there all the same.
            new = self._stores.replica.index.row_count - len(self._numbers)
            if new > 0:
                self._numbers = np.pad(self._numbers, (0, new), constant_values=NO_HOURS)
            for id in self._changed:
                self._put(id)
            self._service_columns.clear()
            self._changed = set()

    def _load(self) -> None:
        stores, hours = self._stores.replica, self._hours.replica
        self._states, self._imported = OpenStates(), {}
        self._held, self._services, self._service_columns = {}, {}, {}
        codes, values = stores.imported_hours
        used = np.unique(codes)
        numbers = np.zeros(len(values), np.int_)
        for code in used.tolist():
            numbers[code] = self._imported_number(values[code])
        self._numbers = numbers[codes]
        self._limit = 2 * len(self._imported) + SPARE
        self._changed = set()
        for id in hours.store_ids():
            self._put(id)

    def _put(self, id: str) -> None:
        for service, number in self._held.pop(id, {}).items():
            self._states.remove(number)
            if service:
                del self._services[service][id]
        stores = self._stores.replica
        encoded, row = stores.public(id), stores.row(id)
        if encoded is None:
            return
        given = self.given(id)
        if given is None:
            if row is not None:
                number = self._imported_number(stores.imported_hours_of(row))
                self._numbers[row] = number
            return
        schedules = _schedules(parse_store(encoded), given)
        held = {"": self._states.add(schedules.own)}
        for service, schedule in schedules.services.items():
            held[service] = self._services.setdefault(service, {})[id] = self._states.add(schedule)
        self._held[id] = held
        if row is not None:
            self._numbers[row] = held[""]

    def _imported_number(self, hours: ImportedHours) -> int:
        if hours not in self._imported:
            self._imported[hours] = self._states.add(imported_schedule(hours))
        return self._imported[hours]

    def _service_numbers(self, service: str) -> Numbers:
        """For each row of the stores' index the schedule of a service in it, or NO_HOURS."""
        if service not in self._services:
            return np.zeros_like(self._numbers)
        if service not in self._service_columns:
            column = self._service_columns[service] = np.zeros_like(self._numbers)
            for id, number in self._services[service].items():
                row = self._stores.replica.row(id)
                if row is not None:
                    column[row] = number
        return self._service_columns[service]

    def _note(self, change: Change | None) -> None:
        if change is None:
            self._changed = None
        elif self._changed is not None and not is_event(change.id):
            self._changed.add(change.id)


class Opening:
    """Which stores are open at an instant, or have a service: a part of a filter."""

    def __init__(
        self, schedules: Schedules, at: dt.datetime | None, minutes: int, service: str
    ) -> None:
        self._schedules = schedules
        self._at = at
        self._minutes = minutes
        self._service = service

    def rows(self, rows: Rows) -> Mask:
        """For each of some rows of the stores' index whether it admits its store."""
        return self._schedules.open_rows(rows, self._at, self._minutes, self._service)

    def admits(self, id: str) -> bool:
        """Whether it admits one store. The reference for `rows`."""
        schedules = self._schedules.of(id)
        if schedules is None:
            return False
        schedule = schedules.services.get(self._service) if self._service else schedules.own
        if schedule is None:
            return False
        return self._at is None or timeline(schedule).open_for(self._at, self._minutes)


def _schedules(store: stores_pb2.Store, given: hours_pb2.StoreHours | None) -> StoreSchedules:
    try:
        return schedules_of(store, given)
    except ScheduleError as fault:  # kept by a version with other rules
        return StoreSchedules(Schedule(unusable=str(fault)), {})
