"""The schedules of all stores in memory: the replica of stores joined with that of hours.

How it works: a store without hours of its own record has those of its imported text. Equal
schedules share a number in `OpenStates`, and an array holds the number of each row of the index; so
the open rows at an instant are one look-up. A text is parsed when a filter first asks one of its
stores, once for all of them, so that it costs nothing before the process is ready. Feeds note the
ids that change; the next read brings the array up to date.
"""

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.instants import END, FIRST
from geodata.nearest import Rows
from geodata.schedule.closures import has_endless
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import HolidayRules, Schedule
from geodata.schedule.open_states import NO_HOURS, OpenStates
from geodata.schedule.spelling import names_holidays
from geodata.schedule.timeline import instant_in_range, timeline
from services.directory.feed import Feed
from services.directory.filters import Mask
from services.directory.hours import HoursReplica, is_event
from services.directory.imported_hours import ImportedHours, imported_schedule
from services.directory.keys import parse_store
from services.directory.replicas import Change
from services.directory.store_hours import StoreSchedules, schedules_of
from services.directory.stores import StoresReplica

Numbers = NDArray[np.int_]
"""The number of a schedule in `OpenStates` per row of the index of stores."""

SPARE = 1000
"""All schedules are numbered anew once those imported are over twice as many plus this.

Numbers out of use are never freed one by one: many rows may share one.
"""
NO_HOLIDAYS = HolidayRules()
CHANGES_AT_ONCE = 500
"""Stores that change before they are taken in without a read."""
JOINED_KEPT = 4096
"""Stores whose schedules are kept as they were last joined."""


class Joined(NamedTuple):
    """The schedules of a store, and the records that they were joined from."""

    store: bytes
    hours: bytes | None
    schedules: StoreSchedules


class Schedules:
    """The schedules of one process. A read first takes in the changes of the two feeds."""

    def __init__(self, stores: Feed[StoresReplica], hours: Feed[HoursReplica]) -> None:
        self._stores = stores
        self._hours = hours
        self._changed: set[str] | None = None
        """Ids of stores that changed since the last read; None if all must be loaded."""
        self._states = OpenStates()
        self._imported: dict[ImportedHours, int] = {}
        self._limit = 0
        self._numbers: Numbers = np.zeros(0, np.int_)
        # For stores with an hours record: the numbers of the own schedule ("") and of services.
        self._held: dict[str, dict[str, int]] = {}
        self._services: dict[str, dict[str, int]] = {}
        self._service_columns: dict[str, Numbers] = {}
        self._joined: dict[str, Joined] = {}
        self._endless: dict[str, Schedule] = {}
        """Id -> own schedule of stores that have a closure without an end."""
        stores.listen(self._note)
        hours.listen(self._note)

    def of(self, id: str) -> StoreSchedules | None:
        """The schedules of a store and of its services; None if there is no such store."""
        encoded = self._stores.replica.public(id)
        if encoded is None:
            return None
        record = self._hours.replica.record(id)
        joined = self._joined.get(id)
        if joined is None or joined.store is not encoded or joined.hours is not record:
            if len(self._joined) >= JOINED_KEPT:
                self._joined.clear()
            found = _schedules(parse_store(encoded), self.given(id))
            joined = self._joined[id] = Joined(encoded, record, found)
        return joined.schedules

    def given(self, id: str) -> hours_pb2.StoreHours | None:
        """The hours record of a store; None if it has only its imported hours."""
        record = self._hours.replica.record(id)
        return None if record is None else hours_pb2.StoreHours.FromString(record)

    @property
    def closed_without_end(self) -> Mapping[str, Schedule]:
        """Id -> own schedule of public stores with a closure that has no end, begun or not."""
        self.refresh()
        return self._endless

    def opening(self, at: dt.datetime | None, minutes: int = 0, service: str = "") -> "Opening":
        """A filter by open hours.

        Args:
            at: The instant at which the store is open; None admits every store that has hours.
            minutes: The time for which it stays open from then on.
            service: The id of a service that the store has; then its hours count.

        Raises:
            ScheduleError: the instant is out of range.
        """
        if at is not None:
            instant_in_range(at)
        return Opening(self, at, minutes, service)

    def open_rows(self, rows: Rows, at: dt.datetime | None, minutes: int, service: str) -> Mask:
        """For each row of the index whether the filter of `opening` admits its store."""
        self.refresh()
        numbers = (self._service_numbers(service) if service else self._numbers)[rows]
        if at is None:
            has_hours: Mask = numbers != NO_HOURS
            return has_hours
        if minutes:
            return self._states.open_for(numbers, at, minutes)
        return self._states.open_at(numbers, at)

    def open_rows_each(
        self, rows: Rows, instants: Sequence[dt.datetime | None], service: str
    ) -> Mask:
        """For each row of the index whether its store is open at its own instant.

        It is not at None, nor at an instant out of range.
        """
        self.refresh()
        numbers = (self._service_numbers(service) if service else self._numbers)[rows]
        known = [at for at in instants if at is not None and FIRST <= at < END]
        admitted = np.array([at is not None and FIRST <= at < END for at in instants], np.bool_)
        admitted[admitted] = self._states.open_each(numbers[admitted], known)
        return admitted

    def refresh(self) -> None:
        """Take in the changes since the last read."""
        if self._changed is None or self._has_many_unused():
            self._load()
        elif self._changed:
            # A store created and deleted since the last read has left a row of its own.
            new = self._stores.replica.index.row_count - len(self._numbers)
            if new > 0:
                self._numbers = np.pad(self._numbers, (0, new), constant_values=NO_HOURS)
            for id in self._changed:
                self._put(id)
            self._service_columns.clear()
            self._changed = set()

    def _has_many_unused(self) -> bool:
        """True if most of the imported schedules are those of no store any more."""
        if len(self._imported) <= self._limit:
            return False
        codes, _ = self._stores.replica.imported_hours
        self._limit = 2 * int(np.count_nonzero(np.bincount(codes))) + SPARE
        return len(self._imported) > self._limit

    def _load(self) -> None:
        stores, hours = self._stores.replica, self._hours.replica
        self._states, self._imported = OpenStates(), {}
        self._held, self._services, self._service_columns = {}, {}, {}
        self._endless = {}
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
        self._endless.pop(id, None)
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
        if has_endless(schedules.own):
            self._endless[id] = schedules.own
        if row is not None:
            self._numbers[row] = held[""]

    def _imported_number(self, hours: ImportedHours) -> int:
        if not names_holidays(hours.expression or hours.text):
            hours = hours._replace(holidays=NO_HOLIDAYS)  # so that more are equal
        number = self._imported.get(hours)
        if number is None:
            make = functools.partial(imported_schedule, hours)
            number = self._imported[hours] = self._states.add_later(make)
        return number

    def _service_numbers(self, service: str) -> Numbers:
        """For each row of the index the number of its schedule of a service, or NO_HOURS."""
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
            if len(self._changed) >= CHANGES_AT_ONCE and self._hours.is_loaded:
                self.refresh()  # so that no read has to take in many


class Opening:
    """The part of a filter that admits stores by open hours and services."""

    def __init__(
        self, schedules: Schedules, at: dt.datetime | None, minutes: int, service: str
    ) -> None:
        self._schedules = schedules
        self._at = at
        self._minutes = minutes
        self._service = service

    def rows(self, rows: Rows) -> Mask:
        """For each row of the index whether it admits the store."""
        return self._schedules.open_rows(rows, self._at, self._minutes, self._service)

    def admits(self, id: str) -> bool:
        """True if it admits one store. The reference for `rows`."""
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
    except ScheduleError as fault:  # stored by a version with other rules
        return StoreSchedules(Schedule(unusable=str(fault)), {})
