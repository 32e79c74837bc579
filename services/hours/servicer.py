"""The methods of HoursService: reads from the directory, and changes by the resources."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty
from google.protobuf.timestamp_pb2 import Timestamp

from enrayon.hours.v1 import hours_pb2
from geodata.schedule.model import Schedule
from geodata.schedule.timeline import timeline
from services.chassis.clock import Clock
from services.chassis.messages.masks import check_mask, read, selects_all
from services.chassis.messages.paging import PageTokens
from services.chassis.messages.times import timestamp
from services.chassis.serving.methods import bulk, endless, long
from services.chassis.serving.turns import made
from services.directory.directory import Directory
from services.directory.keys import parse_store, store_id
from services.directory.origins import Origins
from services.directory.records import etag_of
from services.directory.store_hours import StoreSchedules
from services.hours import convert
from services.hours.errors import ServiceNotFound, StoreNotFound
from services.hours.model import new_hours, shown
from services.hours.resources import formats, store_events
from services.hours.resources.open_states import States
from services.hours.resources.questions import dates, days_of, first_date, id_of, question
from services.hours.resources.store_events import StoreEvents
from services.hours.resources.store_hours import Hours
from services.hours.resources.watching import watch

STORE_HOURS = hours_pb2.StoreHours.DESCRIPTOR
STATES_AT_ONCE = 10
"""States that are worked out before other calls get a turn."""
NEAR_M = 10_000.0


@dataclass(frozen=True)
class HoursServicer:
    """Answers from the directory; changes go through the writers."""

    directory: Directory
    origins: Origins
    tokens: PageTokens
    hours: Hours
    events: StoreEvents
    clock: Clock

    def get_store_hours(self, request: hours_pb2.GetStoreHoursRequest) -> hours_pb2.StoreHours:
        """The hours of a store."""
        check_mask(request.read_mask, STORE_HOURS, "read_mask")
        id = id_of(request.name)
        encoded = self.directory.stores.replica.public(id)
        if encoded is None:
            raise StoreNotFound(f"stores/{id}")
        hours = shown(parse_store(encoded), self._kept(id))
        if selects_all(request.read_mask):
            return hours
        selected = read(request.read_mask, hours)
        assert isinstance(selected, hours_pb2.StoreHours)
        return selected

    @bulk
    async def update_store_hours(
        self, request: hours_pb2.UpdateStoreHoursRequest
    ) -> hours_pb2.StoreHours:
        """Changes the hours of a store."""
        check_mask(request.update_mask, STORE_HOURS, "update_mask")
        return await self.hours.update(
            request.store_hours, request.update_mask, validate_only=request.validate_only
        )

    def check_open_state(
        self, request: hours_pb2.CheckOpenStateRequest
    ) -> hours_pb2.CheckOpenStateResponse:
        """The open state of a store, or of a service in it, at an instant."""
        state = self._state(
            States(question(request, self.clock())), id_of(request.name), request.service
        )
        return hours_pb2.CheckOpenStateResponse(open_state=state, as_of=self._as_of())

    @bulk
    @long
    async def batch_check_open_states(
        self, request: hours_pb2.BatchCheckOpenStatesRequest
    ) -> hours_pb2.BatchCheckOpenStatesResponse:
        """The open states of several stores."""
        states = States(question(request, self.clock()))
        response = hours_pb2.BatchCheckOpenStatesResponse(as_of=self._as_of())
        for number, name in enumerate(dict.fromkeys(request.names), 1):
            try:
                response.open_states.append(self._state(states, id_of(name), request.service))
            except (StoreNotFound, ServiceNotFound):
                response.not_found.append(name)
            if number % STATES_AT_ONCE == 0:
                await asyncio.sleep(0)
        return response

    @long
    async def list_open_intervals(
        self, request: hours_pb2.ListOpenIntervalsRequest
    ) -> hours_pb2.ListOpenIntervalsResponse:
        """The hours of a range of local dates."""
        id, language = id_of(request.name), request.language_code or "en"
        schedule = self._schedule(id, request.service)
        line, holidays = timeline(schedule), schedule.holidays
        first, last = dates(request, line, self.clock())
        intervals = line.intervals(first, last)
        days = days_of(line, first, last, language)
        return hours_pb2.ListOpenIntervalsResponse(
            intervals=await made(
                lambda each: convert.interval(each, holidays, language), intervals
            ),
            days=await made(lambda each: convert.local_day(each, holidays, language), days),
            time_zone=schedule.time_zone,
            as_of=self._as_of(),
        )

    def list_in_store_services(
        self, request: hours_pb2.ListInStoreServicesRequest
    ) -> hours_pb2.ListInStoreServicesResponse:
        """The services and counters in a store, each with its state."""
        id = store_id(request.parent)
        schedules, kept = self._schedules(id), self._kept(id)
        page, token = self.tokens.page(request, kept.services, lambda each: (each.name,), most=50)
        states = States(question(request, self.clock()))
        for service in page:
            service_id = service.name.rpartition("/")[2]
            state = states.of(
                schedules.services[service_id], service.cut_offs, request.parent, service_id
            )
            service.open_state.CopyFrom(state)
        return hours_pb2.ListInStoreServicesResponse(
            in_store_services=page,
            next_page_token=token,
            as_of=self._as_of(),
        )

    async def create_closure(self, request: hours_pb2.CreateClosureRequest) -> hours_pb2.Closure:
        """Closes a store, or a service in it, for a time."""
        return await self.hours.create_closure(request)

    async def cancel_closure(self, request: hours_pb2.CancelClosureRequest) -> hours_pb2.Closure:
        """Cancels a closure."""
        return await self.hours.cancel_closure(request.name)

    async def create_store_event(
        self, request: hours_pb2.CreateStoreEventRequest
    ) -> hours_pb2.StoreEvent:
        """Announces an event in a store."""
        return await self.events.create(request)

    async def list_store_events(
        self, request: hours_pb2.ListStoreEventsRequest
    ) -> hours_pb2.ListStoreEventsResponse:
        """The events in one store, or near a place."""
        origin = None
        if request.HasField("origin"):
            origin = (await self.origins.resolve(request.origin)).point
        radius_m = request.radius_m if request.HasField("radius_m") else NEAR_M
        found = store_events.find(self.directory, request, origin, radius_m)
        page, token = self.tokens.page(request, found, lambda e: (e.start.isoformat(), e.name))
        return hours_pb2.ListStoreEventsResponse(
            store_events=[each.event for each in page],
            distances_m=[each.distance_m for each in page if each.distance_m is not None],
            next_page_token=token,
            total_size=len(found),
            as_of=self._as_of(),
        )

    async def delete_store_event(self, request: hours_pb2.DeleteStoreEventRequest) -> Empty:
        """Deletes an announcement."""
        await self.events.delete(request)
        return Empty()

    @endless
    async def watch_hours(
        self, request: hours_pb2.WatchHoursRequest
    ) -> AsyncIterator[hours_pb2.WatchHoursResponse]:
        """Every change from now on, or from a resume token on."""
        async for change in watch(self.directory, request):
            yield change

    @long
    def export_store_hours(
        self, request: hours_pb2.ExportStoreHoursRequest
    ) -> hours_pb2.ExportStoreHoursResponse:
        """The hours of a store in a format of others."""
        id = id_of(request.name)
        schedule = self._schedule(id, request.service)
        first = first_date(request, timeline(schedule), self.clock())
        services = {} if request.service else self._schedules(id).services
        return formats.export(schedule, services, request.format, first)

    @long
    def parse_hours(self, request: hours_pb2.ParseHoursRequest) -> hours_pb2.ParseHoursResponse:
        """Reads hours in a format of others."""
        return formats.parse(request)

    def _state(self, states: States, id: str, service: str) -> hours_pb2.OpenState:
        schedules = self._schedules(id)
        name = f"stores/{id}"
        if not service:
            return states.of(schedules.own, self._kept(id).cut_offs, name)
        if service not in schedules.services:
            raise ServiceNotFound(name, service)
        cut_offs = next(
            each.cut_offs
            for each in self._kept(id).services
            if each.name.rpartition("/")[2] == service
        )
        return states.of(schedules.services[service], cut_offs, name, service)

    def _schedules(self, id: str) -> StoreSchedules:
        schedules = self.directory.schedules.of(id)
        if schedules is None:
            raise StoreNotFound(f"stores/{id}")
        return schedules

    def _schedule(self, id: str, service: str) -> Schedule:
        schedules = self._schedules(id)
        if not service:
            return schedules.own
        if service not in schedules.services:
            raise ServiceNotFound(f"stores/{id}", service)
        return schedules.services[service]

    def _kept(self, id: str) -> hours_pb2.StoreHours:
        kept = self.directory.schedules.given(id)
        if kept is None:
            kept = new_hours(id)
            kept.etag = etag_of(kept)
        return kept

    def _as_of(self) -> Timestamp | None:
        return timestamp(self.directory.stale_as_of)
