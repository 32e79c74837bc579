"""Where products stand, as shelf planning says it: taken in bulk, checked one by one."""

import dataclasses
import re
from collections.abc import AsyncIterator, Sequence

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placement_validation import placement_problems
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.problems import Problem, Severity
from services.aisle.convert import placements
from services.aisle.replica.feeds import Feeds
from services.aisle.replica.shops import Shops
from services.chassis.errors import FieldViolation, InvalidArgument
from services.chassis.serving.requests import violations_of
from services.directory.messages.plans import problem
from services.directory.products import product_sku
from services.directory.records import Write, etag_of, record_of
from services.directory.upserts import Upsert
from services.directory.writer import Writer


class Placements:
    """Writes placements, then waits until this process's own replica has them."""

    def __init__(self, writer: Writer, feeds: Feeds, shops: Shops) -> None:
        self._writer = writer
        self._feeds = feeds
        self._shops = shops

    async def upsert(
        self, requests: AsyncIterator[pb.UpsertPlacementsRequest]
    ) -> pb.UpsertPlacementsResponse:
        """Replace all that is known of where the products of a stream stand.

        Raises:
            InvalidArgument: the first message names no parent.
            StoreNotFound: there is no such store.
        """
        response = pb.UpsertPlacementsResponse()
        first: pb.UpsertPlacementsRequest | None = None
        rows: Upsert[pb.ProductPlacements] = Upsert(
            lambda product: _write(first.parent if first else "", product),
            self._writer.write,
            response,
            "product",
            "product",
        )
        async for request in requests:
            if first is None:
                first = request
                self._check_parent(first.parent)
            kept = []
            for product in request.products:
                index = rows.index
                if rows.take(product.product, product, _violations(product)):
                    kept.append((index, product))
            await rows.write(validate_only=first.validate_only)
            response.problems.extend(map(problem, await self._doubts(first.parent, kept)))
        if first is not None and first.replace:
            skus = self._feeds.placements.replica.skus(first.parent)
            gone = sorted(set(skus) - set(map(product_sku, rows.seen)))
            ids = [f"{first.parent}/{sku}" for sku in gone]
            await rows.remove(ids, validate_only=first.validate_only)
        rows.count()
        return response

    def _check_parent(self, parent: str) -> None:
        if not parent:
            raise InvalidArgument.field("parent", "must be set in the first message")
        if parent.startswith("stores/"):
            self._shops.check_store(parent)

    async def _doubts(
        self, parent: str, kept: Sequence[tuple[int, pb.ProductPlacements]]
    ) -> Sequence[Problem]:
        """What a person should look at, on the plan in force of a store that has one."""
        shop = self._shops.find(parent.removeprefix("stores/"))
        if shop is None or not parent.startswith("stores/"):
            return ()
        return await self._shops.compute(_doubts_on, shop.plan, kept)


def _doubts_on(plan: FloorPlan, kept: Sequence[tuple[int, pb.ProductPlacements]]) -> list[Problem]:
    flat: list[Placement] = []
    paths: list[str] = []
    for index, product in kept:
        for number, each in enumerate(product.placements):
            flat.append(placements.placement(each, product_sku(product.product)))
            paths.append(f"products[{index}].placements[{number}]")
    return [
        dataclasses.replace(
            found,
            severity=Severity.WARNING,  # it is kept: the plan may yet come
            path=re.sub(r"^placements\[(\d+)\]", lambda m: paths[int(m[1])], found.path),
        )
        for found in placement_problems(plan, flat)
    ]


def _write(parent: str, product: pb.ProductPlacements) -> Write:
    id = f"{parent}/{product_sku(product.product)}"
    return Write(id, record_of(etag_of(product), product) if product.placements else b"")


def _violations(product: pb.ProductPlacements) -> list[FieldViolation]:
    if violations := violations_of(product):
        return violations
    places = set()
    for number, each in enumerate(product.placements):
        try:
            read = placements.placement(each, "sku")
        except ValueError as error:
            return [FieldViolation(f"placements[{number}]", str(error))]
        place = dataclasses.replace(read, description="", confidence=1.0)
        if place in places:
            return [FieldViolation(f"placements[{number}]", "is given twice")]
        places.add(place)
    return []
