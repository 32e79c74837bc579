"""The methods of servicers of `enrayon/hours/v1/hours.proto`. Generated; do not edit."""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeAlias, TypeVar

from enrayon.hours.v1 import hours_pb2
from google.protobuf import empty_pb2

ResponseT = TypeVar("ResponseT")
Answer: TypeAlias = ResponseT | bytes | Awaitable[ResponseT | bytes]
"""A response or its bytes, at once or awaited."""
Stream: TypeAlias = AsyncIterator[ResponseT | bytes]
"""Responses or their bytes, one after the other."""


class HoursServicer(Protocol):
    """Answers `enrayon.hours.v1.HoursService`."""

    def get_store_hours(
        self, request: hours_pb2.GetStoreHoursRequest, /
    ) -> Answer[hours_pb2.StoreHours]:
        """Gets the hours of a store. Every store has hours: until they are changed, they are those
        of its `opening_hours_text`."""

    def update_store_hours(
        self, request: hours_pb2.UpdateStoreHoursRequest, /
    ) -> Answer[hours_pb2.StoreHours]:
        """Changes the hours of a store. Invalid hours are refused with the position of the error
        and a suggestion, if there is one; `warnings` lists hours that are perhaps not meant."""

    def check_open_state(
        self, request: hours_pb2.CheckOpenStateRequest, /
    ) -> Answer[hours_pb2.CheckOpenStateResponse]:
        """Gets the open state of a store, or of a service in it, at an instant, with its begin, its
        end and the rule that decides."""

    def batch_check_open_states(
        self, request: hours_pb2.BatchCheckOpenStatesRequest, /
    ) -> Answer[hours_pb2.BatchCheckOpenStatesResponse]:
        """Gets the open states of up to 1,000 stores."""

    def list_open_intervals(
        self, request: hours_pb2.ListOpenIntervalsRequest, /
    ) -> Answer[hours_pb2.ListOpenIntervalsResponse]:
        """Lists the hours of a range of local dates, as instants and on the local clock."""

    def list_in_store_services(
        self, request: hours_pb2.ListInStoreServicesRequest, /
    ) -> Answer[hours_pb2.ListInStoreServicesResponse]:
        """Lists the services and counters in a store, each with its own hours and its state."""

    def create_closure(
        self, request: hours_pb2.CreateClosureRequest, /
    ) -> Answer[hours_pb2.Closure]:
        """Closes a store, or a service in it, for a time."""

    def cancel_closure(
        self, request: hours_pb2.CancelClosureRequest, /
    ) -> Answer[hours_pb2.Closure]:
        """Cancels a closure; answers the closure as it was."""

    def create_store_event(
        self, request: hours_pb2.CreateStoreEventRequest, /
    ) -> Answer[hours_pb2.StoreEvent]:
        """Announces something that takes place in a store: a private sale, a workshop, a
        tasting."""

    def list_store_events(
        self, request: hours_pb2.ListStoreEventsRequest, /
    ) -> Answer[hours_pb2.ListStoreEventsResponse]:
        """Lists the events in one store (`stores/us-1`) or in any (`stores/-`), also only near a
        place."""

    def delete_store_event(
        self, request: hours_pb2.DeleteStoreEventRequest, /
    ) -> Answer[empty_pb2.Empty]:
        """Deletes a store event."""

    def watch_hours(
        self, request: hours_pb2.WatchHoursRequest, /
    ) -> Stream[hours_pb2.WatchHoursResponse]:
        """Streams the changes of hours, closures and store events from now on, or from a resume
        token on. The stores API streams changes of a store's text, time zone and status."""

    def export_store_hours(
        self, request: hours_pb2.ExportStoreHoursRequest, /
    ) -> Answer[hours_pb2.ExportStoreHoursResponse]:
        """Writes the hours of a store in a format of others, and lists what that format cannot
        express."""

    def parse_hours(
        self, request: hours_pb2.ParseHoursRequest, /
    ) -> Answer[hours_pb2.ParseHoursResponse]:
        """Reads hours in a format of others, and lists repairs and losses. Stores nothing."""
