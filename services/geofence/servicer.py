"""The methods of GeofenceService: reads from memory, and changes by the resources."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.messages.masks import check_mask
from services.chassis.messages.paging import PageTokens, page_size
from services.chassis.messages.times import timestamp
from services.chassis.serving.commits import commit
from services.chassis.serving.methods import bulk, long
from services.geofence.convert.names import fence_id, rule_id
from services.geofence.errors import FenceNotFound, RuleNotFound
from services.geofence.model.trips import State
from services.geofence.replica.feeds import Feeds
from services.geofence.resources.devices import Devices
from services.geofence.resources.fences import Fences, labelled, match, nearest
from services.geofence.resources.people import FIRST, People
from services.geofence.resources.positions import FixOutcome, Positions
from services.geofence.resources.rules import Rules
from services.geofence.resources.trips import Trips
from services.geofence.state.people import Inside


@dataclass(frozen=True)
class GeofenceServicer:
    """Answers from memory; changes go through the resources."""

    feeds: Feeds
    tokens: PageTokens
    fences: Fences
    positions: Positions
    trips: Trips
    devices: Devices
    people: People
    rules: Rules

    @bulk
    async def create_fence(self, request: pb.CreateFenceRequest) -> pb.Fence:
        """Creates a fence."""
        [fence] = await self.fences.create([request], validate_only=request.validate_only)
        return fence

    @bulk
    async def batch_create_fences(
        self, request: pb.BatchCreateFencesRequest
    ) -> pb.BatchCreateFencesResponse:
        """Creates fences, all or none."""
        validate_only = any(each.validate_only for each in request.requests)
        created = await self.fences.create(request.requests, validate_only=validate_only)
        return pb.BatchCreateFencesResponse(fences=created)

    @bulk
    async def update_fence(self, request: pb.UpdateFenceRequest) -> pb.Fence:
        """Changes a fence."""
        check_mask(request.update_mask, pb.Fence.DESCRIPTOR, "update_mask")
        return await self.fences.update(request)

    async def get_fence(self, request: pb.GetFenceRequest) -> bytes:
        """One fence."""
        encoded = self.feeds.fences.replica.record(fence_id(request.name))
        if encoded is None:
            raise FenceNotFound(request.name)
        return encoded

    async def list_fences(self, request: pb.ListFencesRequest) -> pb.ListFencesResponse:
        """All fences, by name."""
        fences = labelled(self.feeds.fences.replica, request)
        page, token = self.tokens.page(request, fences, by_id)
        return pb.ListFencesResponse(
            fences=page,
            next_page_token=token,
            total_size=len(fences),
            as_of=timestamp(self.feeds.stale_as_of),
        )

    async def delete_fence(self, request: pb.DeleteFenceRequest) -> Empty:
        """Deletes a fence; the worker ends the visits to it."""
        await self.fences.delete(request)
        return Empty()

    @bulk
    @long
    async def match_fences(self, request: pb.MatchFencesRequest) -> pb.MatchFencesResponse:
        """The fences that contain a point, or that a line touches."""
        return pb.MatchFencesResponse(
            matches=match(self.feeds.fences.replica, request),
            as_of=timestamp(self.feeds.stale_as_of),
        )

    async def list_nearest_fences(
        self, request: pb.ListNearestFencesRequest
    ) -> pb.ListNearestFencesResponse:
        """The fences that a phone watches by itself."""
        response = nearest(self.feeds.fences.replica, request)
        if as_of := timestamp(self.feeds.stale_as_of):
            response.as_of.CopyFrom(as_of)
        return response

    async def report_position(self, request: pb.ReportPositionRequest) -> pb.ReportPositionResponse:
        """Takes in one fix."""
        if request.HasField("device"):
            await self.people.introduce(request.fix.device_id, request.device)
        [outcome] = await self.positions.report([request.fix])
        return pb.ReportPositionResponse(result=outcome.message)

    @bulk
    async def report_positions(
        self, request: pb.ReportPositionsRequest
    ) -> pb.ReportPositionsResponse:
        """Takes in many fixes."""
        outcomes = await self.positions.report(request.fixes)
        return pb.ReportPositionsResponse(results=[each.message for each in outcomes])

    async def stream_positions(
        self, requests: AsyncIterator[pb.StreamPositionsRequest]
    ) -> AsyncIterator[pb.StreamPositionsResponse]:
        """Takes in batch after batch; one answer for each."""
        async for request in requests:
            outcomes = await self.positions.report(request.fixes, is_brief=request.brief)
            yield batch_response(outcomes, brief=request.brief)

    async def start_trip(self, request: pb.StartTripRequest) -> pb.Trip:
        """Starts a trip to pick up an order."""
        return await self.trips.start(request)

    async def get_trip(self, request: pb.GetTripRequest) -> pb.Trip:
        """One trip."""
        return await self.trips.get(request.name)

    async def check_in_trip(self, request: pb.CheckInTripRequest) -> pb.Trip:
        """Notes that the traveller is here."""
        return await self.trips.check_in(request)

    async def complete_trip(self, request: pb.CompleteTripRequest) -> pb.Trip:
        """Ends a trip: the order was handed over."""
        return await self.trips.end(request.name, State.COMPLETED)

    async def cancel_trip(self, request: pb.CancelTripRequest) -> pb.Trip:
        """Ends a trip: nobody comes."""
        return await self.trips.end(request.name, State.CANCELED)

    async def list_arrivals(self, request: pb.ListArrivalsRequest) -> pb.ListArrivalsResponse:
        """The travellers who are here, then those who come."""
        return await self.trips.arrivals(request.parent)

    @bulk
    async def create_rule(self, request: pb.CreateRuleRequest) -> pb.Rule:
        """Creates a rule."""
        return await self.rules.create(request)

    @bulk
    async def update_rule(self, request: pb.UpdateRuleRequest) -> pb.Rule:
        """Changes a rule."""
        check_mask(request.update_mask, pb.Rule.DESCRIPTOR, "update_mask")
        return await self.rules.update(request)

    async def get_rule(self, request: pb.GetRuleRequest) -> bytes:
        """One rule."""
        encoded = self.feeds.rules.replica.record(rule_id(request.name))
        if encoded is None:
            raise RuleNotFound(request.name)
        return encoded

    async def list_rules(self, request: pb.ListRulesRequest) -> pb.ListRulesResponse:
        """All rules, by name."""
        rules = [each.message for _, each in sorted(self.feeds.rules.replica.by_id.items())]
        page, token = self.tokens.page(request, rules, by_id)
        return pb.ListRulesResponse(rules=page, next_page_token=token, total_size=len(rules))

    async def delete_rule(self, request: pb.DeleteRuleRequest) -> Empty:
        """Deletes a rule."""
        await self.rules.delete(request)
        return Empty()

    @bulk
    async def update_device(self, request: pb.UpdateDeviceRequest) -> pb.Device:
        """Registers a device, or changes what is kept of it."""
        check_mask(request.update_mask, pb.Device.DESCRIPTOR, "update_mask")
        return await self.people.update(request)

    async def get_device(self, request: pb.GetDeviceRequest) -> pb.Device:
        """What is kept of a registered device."""
        return await self.people.get(request.device_id)

    @long
    async def list_presence(self, request: pb.ListPresenceRequest) -> pb.ListPresenceResponse:
        """The registered devices that are inside now."""
        if request.count_only:
            return pb.ListPresenceResponse(count=await self.people.count(request))
        size = page_size(request.page_size, default=50, most=1000)
        cursor = self.tokens.decode(request)
        after = Inside(cursor[0], bytes.fromhex(cursor[1])) if cursor else FIRST
        page, following = await self.people.presence(request, after, size)
        token = ""
        if following:
            token = self.tokens.encode(request, (following.partition, following.hash.hex()))
        return pb.ListPresenceResponse(presence=page, next_page_token=token)

    async def erase_device(self, request: pb.EraseDeviceRequest) -> pb.EraseDeviceResponse:
        """Deletes all that is kept of a device."""
        return pb.EraseDeviceResponse(found=await commit(self.devices.erase(request.device_id)))


def by_id(resource: pb.Fence | pb.Rule) -> tuple[str]:
    """The key of pages of fences and rules: the id."""
    return (resource.name.partition("/")[2],)


def batch_response(outcomes: Sequence[FixOutcome], *, brief: bool) -> pb.StreamPositionsResponse:
    """The answer to one batch of a stream; a brief one leaves out fixes without news."""
    applied, implausible = pb.FixResult.OUTCOME_APPLIED, pb.FixResult.OUTCOME_IMPLAUSIBLE
    codes = [each.outcome for each in outcomes]
    response = pb.StreamPositionsResponse(
        applied_count=codes.count(applied) + codes.count(implausible)
    )
    for index, each in enumerate(outcomes):
        if brief:
            if each.outcome == applied and not each.events:
                continue
            response.indexes.append(index)
        response.results.append(each.message)
    return response
