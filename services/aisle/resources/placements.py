"""Replaces the placements of products in bulk, and checks them against the plan in force."""

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
from services.directory.messages.plans import problem_message
from services.directory.products import product_sku
from services.directory.records import Write, etag_of, record_of
from services.directory.upserts import Upsert
from services.directory.writer import Writer


class Placements:
    """Writes placements. A write returns once the replica of this process has it."""

    def __init__(self, writer: Writer, feeds: Feeds, shops: Shops) -> None:
        self._writer = writer
        self._feeds = feeds
        self._shops = shops

    async def upsert(
        self, requests: AsyncIterator[pb.UpsertPlacementsRequest]
    ) -> pb.UpsertPlacementsResponse:
        """Replace all placements of each product of a stream.

        Raises:
            InvalidArgument: the first message has no parent.
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
            accepted = []
            for product in request.products:
                index = rows.index
                if rows.take(product.product, product, _violations(product)):
                    accepted.append((index, product))
            await rows.write(validate_only=first.validate_only)
            problems = await self._problems(first.parent, accepted)
            response.problems.extend(map(problem_message, problems))
        if first is not None and first.replace:
            skus = self._feeds.placements.replica.skus(first.parent)
            missing = sorted(set(skus) - set(map(product_sku, rows.seen)))
            ids = [f"{first.parent}/{sku}" for sku in missing]
            await rows.remove(ids, validate_only=first.validate_only)
        rows.count()
        return response

    def _check_parent(self, parent: str) -> None:
        if not parent:
            raise InvalidArgument.field("parent", "must be set in the first message")
        if parent.startswith("stores/"):
            self._shops.check_store(parent)

    async def _problems(
        self, parent: str, accepted: Sequence[tuple[int, pb.ProductPlacements]]
    ) -> Sequence[Problem]:
        """The problems that a person should check, on the plan in force of a store that has one."""
        shop = self._shops.find(parent.removeprefix("stores/"))
        if shop is None or not parent.startswith("stores/"):
            return ()
        return await self._shops.compute(_problems_on, shop.plan, accepted)


def _problems_on(
    plan: FloorPlan, accepted: Sequence[tuple[int, pb.ProductPlacements]]
) -> list[Problem]:
    flat: list[Placement] = []
    paths: list[str] = []
    for index, product in accepted:
        for number, each in enumerate(product.placements):
            flat.append(placements.placement(each, product_sku(product.product)))
            paths.append(f"products[{index}].placements[{number}]")
    return [
        dataclasses.replace(
            found,
            severity=Severity.WARNING,  # it is stored all the same: a new plan may follow
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
        except InvalidArgument as error:
            [(field, problem)] = error.violations
            return [FieldViolation(f"placements[{number}].{field}", problem)]
        except ValueError as error:
            return [FieldViolation(f"placements[{number}]", str(error))]
        place = dataclasses.replace(read, description="", confidence=1.0)
        if place in places:
            return [FieldViolation(f"placements[{number}]", "is given twice")]
        places.add(place)
    return []
