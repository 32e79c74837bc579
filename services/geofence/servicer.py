"""The methods of GeofenceService."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from google.protobuf.empty_pb2 import Empty

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.points import Point
from services.chassis.clock import Clock
from services.chassis.messages.masks import check_mask
from services.chassis.messages.paging import PageTokens, itself, page_size
from services.chassis.messages.times import timestamp
from services.chassis.serving.commits import commit
from services.chassis.serving.methods import bulk, endless
from services.geofence import convert, fences
from services.geofence.arrivals import Trips
from services.geofence.erasure import Erasure
from services.geofence.errors import FenceNotFound
from services.geofence.feeds import Feeds
from services.geofence.model.trips import State
from services.geofence.positions import Positions, Taken
from services.geofence.state.delivery import Delivery
from services.geofence.streaming import Reader, acknowledge, check_stream
from services.geofence.subscriptions import Subscriptions
from services.geofence.writer import ResourceWriter

WINDOW = 1000


class GeofenceServicer:
    """Answers from the feeds; changes go through the writers."""

    def __init__(
        self,
        feeds: Feeds,
        tokens: PageTokens,
        fence_writer: ResourceWriter[pb.Fence],
        positions: Positions,
        subscriptions: Subscriptions,
        delivery: Delivery,
        trips: Trips,
        erasure: Erasure,
        ack_s: float,
        clock: Clock,
    ) -> None:
        self._feeds = feeds
        self._tokens = tokens
        self._fences = fence_writer
        self._positions = positions
        self._subscriptions = subscriptions
        self._delivery = delivery
        self._trips = trips
        self._erasure = erasure
        self._ack_s = ack_s
        self._clock = clock

    @bulk
    async def create_fence(self, request: pb.CreateFenceRequest) -> pb.Fence:
        """Creates a fence."""
        await self._feeds.ready()
        id = self._fences.id_for(request.fence_id, request.request_id)
        [fence] = await self._fences.create(
            [(id, request.fence)], validate_only=request.validate_only
        )
        return fence

    @bulk
    async def batch_create_fences(
        self, request: pb.BatchCreateFencesRequest
    ) -> pb.BatchCreateFencesResponse:
        """Creates fences, all or none."""
        await self._feeds.ready()
        wanted = [
            (self._fences.id_for(each.fence_id, each.request_id), each.fence)
            for each in request.requests
        ]
        only_look = any(each.validate_only for each in request.requests)
        created = await self._fences.create(wanted, validate_only=only_look)
        return pb.BatchCreateFencesResponse(fences=created)

    @bulk
    async def update_fence(self, request: pb.UpdateFenceRequest) -> pb.Fence:
        """Changes a fence."""
        check_mask(request.update_mask, pb.Fence.DESCRIPTOR, "update_mask")
        await self._feeds.ready()
        return await self._fences.update(
            request.fence,
            request.update_mask,
            allow_missing=request.allow_missing,
            validate_only=request.validate_only,
        )

    async def get_fence(self, request: pb.GetFenceRequest) -> bytes:
        """One fence."""
        await self._feeds.ready()
        encoded = self._feeds.fences.replica.record(convert.fence_id(request.name))
        if encoded is None:
            raise FenceNotFound(request.name)
        return encoded

    async def list_fences(self, request: pb.ListFencesRequest) -> pb.ListFencesResponse:
        """All fences, by name."""
        await self._feeds.ready()
        rules = self._feeds.fences.replica.rules
        wanted = request.labels.items()
        ids = sorted(id for id, rule in rules.items() if wanted <= rule.message.labels.items())
        page, token = self._tokens.page(request, ids, itself)
        return pb.ListFencesResponse(
            fences=[rules[id].message for id in page],
            next_page_token=token,
            total_size=len(ids),
            as_of=timestamp(self._feeds.stale_as_of),
        )

    async def delete_fence(self, request: pb.DeleteFenceRequest) -> Empty:
        """Deletes a fence; the worker ends the visits to it."""
        await self._feeds.ready()
        await self._fences.delete(request.name, request.etag, allow_missing=request.allow_missing)
        return Empty()

    @bulk
    async def match_fences(self, request: pb.MatchFencesRequest) -> pb.MatchFencesResponse:
        """The fences that contain a point, or that a line touches."""
        await self._feeds.ready()
        return pb.MatchFencesResponse(
            matches=fences.match(self._feeds.fences.replica, request),
            as_of=timestamp(self._feeds.stale_as_of),
        )

    async def list_nearest_fences(
        self, request: pb.ListNearestFencesRequest
    ) -> pb.ListNearestFencesResponse:
        """The fences for a phone to watch by itself."""
        await self._feeds.ready()
        point = Point(request.point.latitude, request.point.longitude)
        response = fences.nearest(self._feeds.fences.replica, point, request.limit)
        if as_of := timestamp(self._feeds.stale_as_of):
            response.as_of.CopyFrom(as_of)
        return response

    async def report_position(self, request: pb.ReportPositionRequest) -> pb.ReportPositionResponse:
        """Takes in one fix."""
        [taken] = await self._positions.report([request.fix])
        return pb.ReportPositionResponse(result=taken.message)

    @bulk
    async def report_positions(
        self, request: pb.ReportPositionsRequest
    ) -> pb.ReportPositionsResponse:
        """Takes in many fixes."""
        taken = await self._positions.report(request.fixes)
        return pb.ReportPositionsResponse(results=[each.message for each in taken])

    async def stream_positions(
        self, requests: AsyncIterator[pb.StreamPositionsRequest]
    ) -> AsyncIterator[pb.StreamPositionsResponse]:
        """Takes in batch after batch; one answer for each."""
        async for request in requests:
            taken = await self._positions.report(request.fixes)
            yield streamed(taken, brief=request.brief)

    async def create_subscription(self, request: pb.CreateSubscriptionRequest) -> pb.Subscription:
        """Creates a subscription."""
        await self._feeds.ready()
        return await commit(self._subscriptions.create(request))

    async def get_subscription(self, request: pb.GetSubscriptionRequest) -> pb.Subscription:
        """One subscription."""
        await self._feeds.ready()
        return self._subscriptions.find(request.name)

    async def update_subscription(self, request: pb.UpdateSubscriptionRequest) -> pb.Subscription:
        """Changes a subscription."""
        check_mask(request.update_mask, pb.Subscription.DESCRIPTOR, "update_mask")
        await self._feeds.ready()
        return await self._subscriptions.update(request)

    async def list_subscriptions(
        self, request: pb.ListSubscriptionsRequest
    ) -> pb.ListSubscriptionsResponse:
        """All subscriptions, by name."""
        await self._feeds.ready()
        by_id = self._feeds.subscriptions.replica.by_id
        page, token = self._tokens.page(request, sorted(by_id), itself)
        return pb.ListSubscriptionsResponse(
            subscriptions=[by_id[id] for id in page],
            next_page_token=token,
        )

    async def delete_subscription(self, request: pb.DeleteSubscriptionRequest) -> Empty:
        """Deletes a subscription."""
        await self._feeds.ready()
        await commit(self._subscriptions.delete(request))
        return Empty()

    async def rotate_subscription_secret(
        self, request: pb.RotateSubscriptionSecretRequest
    ) -> pb.Subscription:
        """Gives a webhook a new secret."""
        await self._feeds.ready()
        return await self._subscriptions.rotate(request.name)

    @endless
    async def stream_events(
        self, request: pb.StreamEventsRequest
    ) -> AsyncIterator[pb.StreamEventsResponse]:
        """The events not acknowledged yet, then those to come."""
        await self._feeds.ready()
        subscription = self._subscriptions.find(request.subscription)
        check_stream(subscription)
        window = request.max_unacknowledged or WINDOW
        reader = Reader(self._delivery, subscription, window, self._ack_s, self._clock)
        async with aclosing(reader.events(from_now=request.from_now)) as events:
            async for event in events:
                yield event

    async def ack_events(self, request: pb.AckEventsRequest) -> pb.AckEventsResponse:
        """Acknowledges events."""
        await self._feeds.ready()
        check_stream(self._subscriptions.find(request.subscription))
        await acknowledge(self._delivery, request.subscription, request.ack_tokens)
        return pb.AckEventsResponse()

    async def list_dead_letters(
        self, request: pb.ListDeadLettersRequest
    ) -> pb.ListDeadLettersResponse:
        """The events that a webhook could not be given."""
        await self._feeds.ready()
        size = page_size(request.page_size, default=50, most=1000)
        found = await self._subscriptions.letters(
            request.parent, self._tokens.decode(request), size + 1
        )
        response = pb.ListDeadLettersResponse()
        for letter in found[:size]:
            dead = response.dead_letters.add(
                event=pb.FenceEvent.FromString(letter.event), reason=letter.reason
            )
            dead.give_up_time.FromMilliseconds(int(letter.id.partition("-")[0]))
        if len(found) > size:
            last = found[size - 1]
            response.next_page_token = self._tokens.encode(request, [last.id, last.place.partition])
        return response

    async def replay_dead_letters(
        self, request: pb.ReplayDeadLettersRequest
    ) -> pb.ReplayDeadLettersResponse:
        """Queues dead letters once more."""
        await self._feeds.ready()
        count = await commit(self._subscriptions.replay(request.parent))
        return pb.ReplayDeadLettersResponse(replayed_count=count)

    async def start_trip(self, request: pb.StartTripRequest) -> pb.Trip:
        """Someone sets out to pick up an order."""
        return await self._trips.start(request)

    async def get_trip(self, request: pb.GetTripRequest) -> pb.Trip:
        """One trip."""
        return await self._trips.get(request.name)

    async def check_in_trip(self, request: pb.CheckInTripRequest) -> pb.Trip:
        """ "I am here"."""
        return await self._trips.check_in(request)

    async def complete_trip(self, request: pb.CompleteTripRequest) -> pb.Trip:
        """The order was handed over."""
        return await self._trips.end(request.name, State.COMPLETED)

    async def cancel_trip(self, request: pb.CancelTripRequest) -> pb.Trip:
        """Nobody is coming."""
        return await self._trips.end(request.name, State.CANCELED)

    async def list_arrivals(self, request: pb.ListArrivalsRequest) -> pb.ListArrivalsResponse:
        """Who is here, then who comes."""
        return await self._trips.arrivals(request.parent)

    async def erase_device(self, request: pb.EraseDeviceRequest) -> pb.EraseDeviceResponse:
        """Deletes all that is kept of a device."""
        await self._feeds.ready()
        return pb.EraseDeviceResponse(found=await commit(self._erasure.erase(request.device_id)))


def streamed(taken: list[Taken], *, brief: bool) -> pb.StreamPositionsResponse:
    """The answer to one batch of a stream."""
    applied, implausible = pb.FixResult.OUTCOME_APPLIED, pb.FixResult.OUTCOME_IMPLAUSIBLE
    outcomes = [each.outcome for each in taken]
    response = pb.StreamPositionsResponse(
        applied_count=outcomes.count(applied) + outcomes.count(implausible)
    )
    for index, each in enumerate(taken):
        if brief:
            if each.outcome == applied and not each.events:
                continue
            response.indexes.append(index)
        response.results.append(each.message)
    return response
