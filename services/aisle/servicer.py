"""The methods of AisleService: each calls the acts of its resource."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty

from enrayon.aisle.v1 import aisle_pb2 as pb
from services.aisle.convert.routes import route_message
from services.aisle.replica.feeds import Feeds
from services.aisle.replica.shops import Shops
from services.aisle.resources import aisles
from services.aisle.resources.anchors import Anchors
from services.aisle.resources.blocked_areas import BlockedAreas
from services.aisle.resources.floor_plans import FloorPlans
from services.aisle.resources.located_products import LocatedProducts, shelves
from services.aisle.resources.pictures import Pictures
from services.aisle.resources.placement_feedback import PlacementFeedback
from services.aisle.resources.placements import Placements
from services.aisle.resources.routes import Routes
from services.chassis.messages.paging import PageTokens
from services.chassis.messages.times import timestamp
from services.chassis.serving.methods import bulk, long
from services.chassis.serving.turns import by_turns


@dataclass(frozen=True)
class AisleServicer:
    """Answers `enrayon.aisle.v1.AisleService`."""

    feeds: Feeds
    shops: Shops
    tokens: PageTokens
    floor_plans: FloorPlans
    placements: Placements
    feedback: PlacementFeedback
    blocked_areas: BlockedAreas
    anchors: Anchors
    located_products: LocatedProducts
    routes: Routes
    pictures: Pictures

    # Floor plans

    def get_floor_plan(self, request: pb.GetFloorPlanRequest) -> pb.FloorPlan:
        """Get a version of a floor plan."""
        return self.floor_plans.get(request.name)

    def list_floor_plans(self, request: pb.ListFloorPlansRequest) -> pb.ListFloorPlansResponse:
        """List the versions of a store's floor plan."""
        store = self.shops.check_store(request.parent)
        versions = list(self.feeds.plans.replica.versions(store))
        page, token = self.tokens.page(request, versions, lambda version: (version.name,))
        return pb.ListFloorPlansResponse(
            floor_plans=page, next_page_token=token, as_of=timestamp(self.feeds.stale_as_of)
        )

    @bulk
    async def publish_floor_plan(
        self, request: pb.PublishFloorPlanRequest
    ) -> pb.PublishFloorPlanResponse:
        """Check a version of a floor plan and store it."""
        return await self.floor_plans.publish(request)

    async def delete_floor_plan(self, request: pb.DeleteFloorPlanRequest) -> Empty:
        """Delete a version of a floor plan."""
        await self.floor_plans.delete(request)
        return Empty()

    @long
    async def render_floor_plan(self, request: pb.RenderFloorPlanRequest) -> bytes:
        """Draw a level of a floor plan."""
        return await self.pictures.render(request)

    @long
    def list_aisles(self, request: pb.ListAislesRequest) -> pb.ListAislesResponse:
        """List the aisles of a store."""
        shop = self.shops.open(self.shops.check_store(request.parent))
        page, token = self.tokens.page(request, aisles.in_order(shop), aisles.key_of)
        return pb.ListAislesResponse(
            aisles=aisles.listed(shop, page),
            next_page_token=token,
            floor_plan=shop.plan_name,
            as_of=timestamp(self.feeds.stale_as_of),
        )

    # Placements

    async def upsert_placements(
        self, requests: AsyncIterator[pb.UpsertPlacementsRequest]
    ) -> pb.UpsertPlacementsResponse:
        """Replace the placements of products in bulk."""
        return await self.placements.upsert(requests)

    @long
    async def locate_products(self, request: pb.LocateProductsRequest) -> pb.LocateProductsResponse:
        """Locate products at a store."""
        response = await self.located_products.locate(request)
        if stale := timestamp(self.feeds.stale_as_of):
            response.as_of.CopyFrom(stale)
        return response

    async def submit_placement_feedback(
        self, request: pb.SubmitPlacementFeedbackRequest
    ) -> pb.SubmitPlacementFeedbackResponse:
        """Count a report of a shopper."""
        shop, sources = await self.feedback.submit(request)
        return pb.SubmitPlacementFeedbackResponse(shelves=shelves(shop, sources.shelved, "en"))

    # Routes

    @long
    async def plan_route(self, request: pb.PlanRouteRequest) -> pb.PlanRouteResponse:
        """Plan the shortest route for a shopping list."""
        language = request.language_code
        planned = await self.routes.plan(request.store, request.walk, language)
        shop = planned.shop
        shelved = {sku: sources.shelved for sku, sources in planned.sources.items()}
        response = await by_turns(
            route_message(planned.route, shop.plan, shop.shelves, shelved, language)
        )
        response.floor_plan = shop.plan_name
        if stale := timestamp(self.feeds.stale_as_of):
            response.as_of.CopyFrom(stale)
        return response

    # Blocked areas

    async def create_blocked_area(self, request: pb.CreateBlockedAreaRequest) -> pb.BlockedArea:
        """Block a part of a store."""
        return await self.blocked_areas.create(request)

    def list_blocked_areas(
        self, request: pb.ListBlockedAreasRequest
    ) -> pb.ListBlockedAreasResponse:
        """List the blocked areas of a store."""
        blocks = self.blocked_areas.listed(request.parent)
        page, token = self.tokens.page(request, blocks, lambda block: (block.name,))
        return pb.ListBlockedAreasResponse(
            blocked_areas=page, next_page_token=token, as_of=timestamp(self.feeds.stale_as_of)
        )

    async def delete_blocked_area(self, request: pb.DeleteBlockedAreaRequest) -> Empty:
        """Delete a blocked area."""
        await self.blocked_areas.delete(request)
        return Empty()

    # Anchors

    async def create_anchor(self, request: pb.CreateAnchorRequest) -> pb.Anchor:
        """Create an anchor."""
        return await self.anchors.create(request)

    def get_anchor(self, request: pb.GetAnchorRequest) -> pb.Anchor:
        """Get an anchor with its QR code."""
        return self.anchors.get(request.name)

    def list_anchors(self, request: pb.ListAnchorsRequest) -> pb.ListAnchorsResponse:
        """List the anchors of a store."""
        anchors = self.anchors.listed(request.parent)
        page, token = self.tokens.page(request, anchors, lambda anchor: (anchor.name,))
        return pb.ListAnchorsResponse(
            anchors=page, next_page_token=token, as_of=timestamp(self.feeds.stale_as_of)
        )

    def resolve_anchor(self, request: pb.ResolveAnchorRequest) -> pb.Anchor:
        """Get the anchor of a scanned QR code."""
        return self.anchors.resolve(request.token)

    async def revoke_anchor(self, request: pb.RevokeAnchorRequest) -> pb.Anchor:
        """Revoke an anchor."""
        return await self.anchors.revoke(request.name)
