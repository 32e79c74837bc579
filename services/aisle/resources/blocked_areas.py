"""Creates, lists and deletes blocked areas: parts of a store that are shut for some time."""

import datetime as dt

from shapely import get_num_coordinates

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.shapes import why_invalid
from services.aisle.convert import plans
from services.aisle.errors import BlockedAreaNotFound
from services.aisle.replica.feeds import Feeds
from services.aisle.replica.shops import Shop, Shops
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import InvalidArgument, ResourceExhausted
from services.chassis.messages.times import check_instants, instant_if_set
from services.directory.ids import new_id
from services.directory.keys import store_name
from services.directory.kind import Kind
from services.directory.records import Write
from services.directory.resources import Resources
from services.directory.writer import Writer

CORNERS_MOST = 100
"""Corners of an area, at most: each makes the walkable network larger."""
AREAS_MOST = 100
"""Blocked areas of a store, at most."""
ID_BYTES = 8
"""Bytes of an id that the caller does not give."""

BLOCKED_AREA = Kind(
    message=pb.BlockedArea,
    field="blocked_area",
    record_id=str,
    not_found=BlockedAreaNotFound,
    output=(),
    stamp="",
)


class BlockedAreas:
    """Creates, lists and deletes blocked areas. Creating one deletes those that have expired."""

    def __init__(self, writer: Writer, feeds: Feeds, shops: Shops, clock: Clock) -> None:
        self._resources = Resources(BLOCKED_AREA, writer, clock)
        self._feeds = feeds
        self._shops = shops
        self._clock = clock

    async def create(self, request: pb.CreateBlockedAreaRequest) -> pb.BlockedArea:
        """Block a part of a store.

        Raises:
            StoreNotFound: there is no such store.
            InvalidArgument: the area is not on the plan in force, is not valid, or has expired.
            AlreadyExists: another blocked area has this name.
            ResourceExhausted: the store has `AREAS_MOST` blocked areas.
        """
        id = self._shops.check_store(request.parent)
        check_instants(request.blocked_area, "blocked_area", "start_time", "expire_time")
        area = pb.BlockedArea()
        area.CopyFrom(request.blocked_area)
        collection = f"{request.parent}/blockedAreas"
        scope = (current_caller().id, collection)
        area_id = new_id(request.blocked_area_id, request.request_id, scope, ID_BYTES)
        area.name = f"{collection}/{area_id}"
        self._check(area, self._shops.find(id))
        live = {block.name for block in self._shops.blocks(id)}
        if area.name not in live and len(live) >= AREAS_MOST:
            raise ResourceExhausted(f"{request.parent} has {AREAS_MOST} blocked areas")
        expired = set(self._feeds.plans.replica.names(collection)) - live
        [created] = await self._resources.create(
            [area],
            validate_only=request.validate_only,
            first=[Write(name, b"") for name in sorted(expired)],
        )
        return created

    async def delete(self, request: pb.DeleteBlockedAreaRequest) -> None:
        """Delete a blocked area.

        Raises:
            BlockedAreaNotFound: there is none, and `allow_missing` is false.
        """
        await self._resources.delete(request.name, allow_missing=request.allow_missing)

    def listed(self, parent: str) -> list[pb.BlockedArea]:
        """The blocked areas of a store that have not expired, by name.

        Raises:
            StoreNotFound: there is no such store.
        """
        return self._shops.blocks(self._shops.check_store(parent))

    def _check(self, block: pb.BlockedArea, shop: Shop | None) -> None:
        def refuse(field: str, why: str) -> None:
            raise InvalidArgument.field(f"blocked_area.{field}", why)

        start = instant_if_set(block, "start_time") or dt.datetime.min.replace(tzinfo=dt.UTC)
        if block.expire_time.ToDatetime(dt.UTC) <= max(self._clock(), start):
            refuse("expire_time", "must be after now and after start_time")
        if block.HasField("outline"):
            outline = plans.outline(block.outline)
            if get_num_coordinates(outline) > CORNERS_MOST + 1:
                refuse("outline", f"has over {CORNERS_MOST} corners")
            if not outline.is_valid or outline.is_empty:
                refuse("outline", why_invalid(outline))
        if shop is not None:
            if block.level not in {level.id for level in shop.plan.levels}:
                refuse("level", f"{store_name(shop.id)} has no such level")
            aisles = {(aisle.id, aisle.level) for aisle in shop.plan.aisles}
            if block.aisle and (block.aisle, block.level) not in aisles:
                refuse("aisle", "there is no such aisle on the level")
