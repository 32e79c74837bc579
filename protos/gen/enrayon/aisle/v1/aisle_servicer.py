"""The methods of servicers of `enrayon/aisle/v1/aisle.proto`. Generated; do not edit."""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeAlias, TypeVar

from enrayon.aisle.v1 import aisle_pb2
from google.protobuf import empty_pb2

ResponseT = TypeVar("ResponseT")
Answer: TypeAlias = ResponseT | bytes | Awaitable[ResponseT | bytes]
"""A response or its bytes, at once or awaited."""
Stream: TypeAlias = AsyncIterator[ResponseT | bytes]
"""Responses or their bytes, one after the other."""


class AisleServicer(Protocol):
    """Answers `enrayon.aisle.v1.AisleService`."""

    def get_floor_plan(
        self, request: aisle_pb2.GetFloorPlanRequest, /
    ) -> Answer[aisle_pb2.FloorPlan]:
        """One version of a store's floor plan by name; the id `current` is the version in force
        now."""

    def list_floor_plans(
        self, request: aisle_pb2.ListFloorPlansRequest, /
    ) -> Answer[aisle_pb2.ListFloorPlansResponse]:
        """The versions of a store's floor plan, without their parts."""

    def publish_floor_plan(
        self, request: aisle_pb2.PublishFloorPlanRequest, /
    ) -> Answer[aisle_pb2.PublishFloorPlanResponse]:
        """Checks and stores a version of a floor plan; it replaces a version with the same id. A
        plan with errors is refused with FLOOR_PLAN_INVALID; `validate_only` lists all problems."""

    def delete_floor_plan(
        self, request: aisle_pb2.DeleteFloorPlanRequest, /
    ) -> Answer[empty_pb2.Empty]:
        """Deletes a version of a floor plan."""

    def render_floor_plan(
        self, request: aisle_pb2.RenderFloorPlanRequest, /
    ) -> Answer[aisle_pb2.RenderFloorPlanResponse]:
        """Draws a level of the plan in force as SVG, PNG or GeoJSON, with marked products and the
        route of a list."""

    def list_aisles(
        self, request: aisle_pb2.ListAislesRequest, /
    ) -> Answer[aisle_pb2.ListAislesResponse]:
        """The aisles of a store in its own walking order."""

    def upsert_placements(
        self, request: AsyncIterator[aisle_pb2.UpsertPlacementsRequest], /
    ) -> Answer[aisle_pb2.UpsertPlacementsResponse]:
        """Sets the placements of products at a store, from a shelf planning system. The placements
        of a product replace all its former ones. Rejected products are reported and do not affect
        the others."""

    def locate_products(
        self, request: aisle_pb2.LocateProductsRequest, /
    ) -> Answer[aisle_pb2.LocateProductsResponse]:
        """The shelves of products at a store, by name, by words, or around a position. Products
        without a known shelf are listed separately, with their department."""

    def submit_placement_feedback(
        self, request: aisle_pb2.SubmitPlacementFeedbackRequest, /
    ) -> Answer[aisle_pb2.SubmitPlacementFeedbackResponse]:
        """Reports that a shopper found, or did not find, a product. It changes the confidence of a
        placement a little: the planogram counts as four shoppers. The reports per caller, product,
        store and day are limited."""

    def plan_route(
        self, request: aisle_pb2.PlanRouteRequest, /
    ) -> Answer[aisle_pb2.PlanRouteResponse]:
        """The shortest route through a store for a list: from a given start or the entrance, past
        all available items, to a till. It is proved shortest for up to 12 stops; beyond that the
        answer gives a lower bound. Frozen goods come last. The steps begin with the items that are
        not on the route."""

    def create_blocked_area(
        self, request: aisle_pb2.CreateBlockedAreaRequest, /
    ) -> Answer[aisle_pb2.BlockedArea]:
        """Blocks a part of a store for a time: an outline, an aisle, or a whole level."""

    def list_blocked_areas(
        self, request: aisle_pb2.ListBlockedAreasRequest, /
    ) -> Answer[aisle_pb2.ListBlockedAreasResponse]:
        """The present and future blocked areas of a store."""

    def delete_blocked_area(
        self, request: aisle_pb2.DeleteBlockedAreaRequest, /
    ) -> Answer[empty_pb2.Empty]:
        """Deletes a blocked area."""

    def create_anchor(self, request: aisle_pb2.CreateAnchorRequest, /) -> Answer[aisle_pb2.Anchor]:
        """Creates an anchor: a signed QR code for a position in a store, to be displayed there."""

    def get_anchor(self, request: aisle_pb2.GetAnchorRequest, /) -> Answer[aisle_pb2.Anchor]:
        """An anchor by name, with its QR code."""

    def list_anchors(
        self, request: aisle_pb2.ListAnchorsRequest, /
    ) -> Answer[aisle_pb2.ListAnchorsResponse]:
        """The anchors of a store, without their QR codes."""

    def resolve_anchor(
        self, request: aisle_pb2.ResolveAnchorRequest, /
    ) -> Answer[aisle_pb2.Anchor]:
        """The anchor of a scanned QR code: store, level, position and heading."""

    def revoke_anchor(self, request: aisle_pb2.RevokeAnchorRequest, /) -> Answer[aisle_pb2.Anchor]:
        """Makes the QR code of an anchor invalid for good. Revoking a revoked anchor succeeds."""
