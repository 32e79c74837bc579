"""The methods of servicers of `enrayon/geofence/v1/geofence.proto`. Generated; do not edit."""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeAlias, TypeVar

from enrayon.geofence.v1 import geofence_pb2
from google.protobuf import empty_pb2

ResponseT = TypeVar("ResponseT")
Answer: TypeAlias = ResponseT | bytes | Awaitable[ResponseT | bytes]
"""A response or its bytes, at once or awaited."""
Stream: TypeAlias = AsyncIterator[ResponseT | bytes]
"""Responses or their bytes, one after the other."""


class GeofenceServicer(Protocol):
    """Answers `enrayon.geofence.v1.GeofenceService`."""

    def create_fence(
        self, request: geofence_pb2.CreateFenceRequest, /
    ) -> Answer[geofence_pb2.Fence]:
        """Creates a fence."""

    def batch_create_fences(
        self, request: geofence_pb2.BatchCreateFencesRequest, /
    ) -> Answer[geofence_pb2.BatchCreateFencesResponse]:
        """Creates up to 100 fences, all or none."""

    def update_fence(
        self, request: geofence_pb2.UpdateFenceRequest, /
    ) -> Answer[geofence_pb2.Fence]:
        """Changes a fence."""

    def get_fence(self, request: geofence_pb2.GetFenceRequest, /) -> Answer[geofence_pb2.Fence]:
        """One fence."""

    def list_fences(
        self, request: geofence_pb2.ListFencesRequest, /
    ) -> Answer[geofence_pb2.ListFencesResponse]:
        """All fences, by name."""

    def delete_fence(self, request: geofence_pb2.DeleteFenceRequest, /) -> Answer[empty_pb2.Empty]:
        """Deletes a fence. The devices inside it get an EXIT whose cause is the deletion."""

    def match_fences(
        self, request: geofence_pb2.MatchFencesRequest, /
    ) -> Answer[geofence_pb2.MatchFencesResponse]:
        """The fences that contain a point, or that a line touches."""

    def list_nearest_fences(
        self, request: geofence_pb2.ListNearestFencesRequest, /
    ) -> Answer[geofence_pb2.ListNearestFencesResponse]:
        """The fences with the nearest edges, for the geofencing of a phone: 20 on iOS, 100 on
        Android."""

    def report_position(
        self, request: geofence_pb2.ReportPositionRequest, /
    ) -> Answer[geofence_pb2.ReportPositionResponse]:
        """Applies one fix of a device."""

    def report_positions(
        self, request: geofence_pb2.ReportPositionsRequest, /
    ) -> Answer[geofence_pb2.ReportPositionsResponse]:
        """Applies up to 500 fixes of any devices. An invalid fix is refused by its index; the
        others count."""

    def stream_positions(
        self, request: AsyncIterator[geofence_pb2.StreamPositionsRequest], /
    ) -> Stream[geofence_pb2.StreamPositionsResponse]:
        """Applies a stream of batches, with one answer per batch, in order."""

    def start_trip(self, request: geofence_pb2.StartTripRequest, /) -> Answer[geofence_pb2.Trip]:
        """Starts a trip to pick up an order."""

    def get_trip(self, request: geofence_pb2.GetTripRequest, /) -> Answer[geofence_pb2.Trip]:
        """One trip."""

    def check_in_trip(
        self, request: geofence_pb2.CheckInTripRequest, /
    ) -> Answer[geofence_pb2.Trip]:
        """Records that the traveller is here, with the bay and the vehicle."""

    def complete_trip(
        self, request: geofence_pb2.CompleteTripRequest, /
    ) -> Answer[geofence_pb2.Trip]:
        """Completes a trip: the order was handed over."""

    def cancel_trip(self, request: geofence_pb2.CancelTripRequest, /) -> Answer[geofence_pb2.Trip]:
        """Cancels a trip."""

    def list_arrivals(
        self, request: geofence_pb2.ListArrivalsRequest, /
    ) -> Answer[geofence_pb2.ListArrivalsResponse]:
        """The arrivals at a store, for its staff: those who are here, longest waiting first; then
        those on the way, soonest first."""

    def create_rule(self, request: geofence_pb2.CreateRuleRequest, /) -> Answer[geofence_pb2.Rule]:
        """Creates a rule: messages to registered devices that meet fences."""

    def update_rule(self, request: geofence_pb2.UpdateRuleRequest, /) -> Answer[geofence_pb2.Rule]:
        """Changes a rule."""

    def get_rule(self, request: geofence_pb2.GetRuleRequest, /) -> Answer[geofence_pb2.Rule]:
        """One rule."""

    def list_rules(
        self, request: geofence_pb2.ListRulesRequest, /
    ) -> Answer[geofence_pb2.ListRulesResponse]:
        """All rules, by name."""

    def delete_rule(self, request: geofence_pb2.DeleteRuleRequest, /) -> Answer[empty_pb2.Empty]:
        """Deletes a rule. Messages that wait for a store to open are not sent."""

    def update_device(
        self, request: geofence_pb2.UpdateDeviceRequest, /
    ) -> Answer[geofence_pb2.Device]:
        """Registers a person's device, or changes what is kept of it: the caller's reference,
        labels, and products looked at. Events of the device carry the reference and the labels.
        Positions and visits end 24 hours after the last fix; this record ends with its
        `expire_time`, with EraseDevice, and with a call whose `consent` is false, which erases all
        as EraseDevice does."""

    def get_device(self, request: geofence_pb2.GetDeviceRequest, /) -> Answer[geofence_pb2.Device]:
        """What is kept of a registered device, by the caller's id."""

    def list_presence(
        self, request: geofence_pb2.ListPresenceRequest, /
    ) -> Answer[geofence_pb2.ListPresenceResponse]:
        """The registered devices that are inside a fence, or inside a fence around a store, now:
        those of the caller, of admins all. A device leaves the list when it exits, when it is
        erased, and when no fix came for 24 hours."""

    def erase_device(
        self, request: geofence_pb2.EraseDeviceRequest, /
    ) -> Answer[geofence_pb2.EraseDeviceResponse]:
        """Deletes all data of a device, and the only link from its id to its subject. Within the
        time in the server's settings (an hour), the database's own log is rewritten without it."""
