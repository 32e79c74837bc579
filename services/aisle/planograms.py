"""Where products stand, as shelf planning says it: taken in bulk, checked one by one."""

import dataclasses
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placement_validation import placement_problems
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.problems import Problem, Severity
from services.aisle.convert import placements
from services.aisle.convert.plan_messages import problem
from services.aisle.feeds import Feeds
from services.aisle.shops import Shops
from services.aisle.writer import Writer
from services.chassis.errors import FieldViolation, InvalidArgument
from services.chassis.serving.requests import violations_of
from services.directory.products import product_sku
from services.directory.records import Outcome, Write, etag_of, record_of

REJECTED_SHOWN = 1000
WRITTEN_AT_ONCE = 1000


class Planograms:
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
        counts: Counter[Outcome] = Counter()
        seen: set[str] = set()
        first: pb.UpsertPlacementsRequest | None = None
        index = 0
        async for request in requests:
            if first is None:
                first = request
                self._check_parent(first.parent)
            writes, spoken = [], []
            for said in request.products:
                if (fault := self._fault(said, seen)) is not None:
                    _reject(response, index, said.product, fault)
                else:
                    writes.append(_write(first.parent, said))
                    spoken.append((index, said))
                # A product that is refused now keeps what is known of it: `replace` spares it.
                seen.add(said.product)
                index += 1
            counts.update(await self._write(writes, only_look=first.validate_only))
            response.problems.extend(map(problem, await self._doubts(first.parent, spoken)))
        if first is not None and first.replace:
            skus = self._feeds.placements.replica.skus(first.parent)
            gone = sorted(set(skus) - set(map(product_sku, seen)))
            writes = [Write(f"{first.parent}/{sku}", b"") for sku in gone]
            counts.update(await self._write(writes, only_look=first.validate_only))
        response.created_count = counts[Outcome.CREATED]
        response.changed_count = counts[Outcome.CHANGED]
        response.unchanged_count = counts[Outcome.UNCHANGED]
        response.removed_count = counts[Outcome.DELETED]
        return response

    def _check_parent(self, parent: str) -> None:
        if not parent:
            raise InvalidArgument.field("parent", "must be set in the first message")
        if parent.startswith("stores/"):
            self._shops.check_store(parent)

    def _fault(self, said: pb.ProductPlacements, seen: set[str]) -> FieldViolation | None:
        if violations := violations_of(said):
            return violations[0]
        if said.product in seen:
            return FieldViolation("product", "stands twice in this stream")
        places = set()
        for number, each in enumerate(said.placements):
            try:
                read = placements.placement(each, "sku")
            except ValueError as error:
                return FieldViolation(f"placements[{number}]", str(error))
            place = dataclasses.replace(read, description="", confidence=1.0)
            if place in places:
                return FieldViolation(f"placements[{number}]", "is said twice")
            places.add(place)
        return None

    async def _write(self, writes: Sequence[Write], *, only_look: bool) -> list[Outcome]:
        outcomes = []
        for start in range(0, len(writes), WRITTEN_AT_ONCE):
            some = writes[start : start + WRITTEN_AT_ONCE]
            outcomes += await self._writer.write(some, only_look=only_look)
        return outcomes

    async def _doubts(
        self, parent: str, spoken: Sequence[tuple[int, pb.ProductPlacements]]
    ) -> Sequence[Problem]:
        """What a person should look at, on the plan in force of a store that has one."""
        shop = self._shops.find(parent.removeprefix("stores/"))
        if shop is None or not parent.startswith("stores/"):
            return ()
        return await self._shops.compute(_doubts_on, shop.plan, spoken)


def _doubts_on(
    plan: FloorPlan, spoken: Sequence[tuple[int, pb.ProductPlacements]]
) -> list[Problem]:
    flat: list[Placement] = []
    paths: list[str] = []
    for index, said in spoken:
        for number, each in enumerate(said.placements):
            flat.append(placements.placement(each, product_sku(said.product)))
            paths.append(f"products[{index}].placements[{number}]")
    return [
        dataclasses.replace(
            found,
            severity=Severity.WARNING,  # it is kept: the plan may yet come
            path=re.sub(r"^placements\[(\d+)\]", lambda m: paths[int(m[1])], found.path),
        )
        for found in placement_problems(plan, flat)
    ]


def _write(parent: str, said: pb.ProductPlacements) -> Write:
    id = f"{parent}/{product_sku(said.product)}"
    return Write(id, record_of(etag_of(said), said) if said.placements else b"")


def _reject(
    response: pb.UpsertPlacementsResponse, index: int, product: str, why: FieldViolation
) -> None:
    """Count a product that is not taken, and say why while there is room."""
    response.rejected_count += 1
    if len(response.rejected) < REJECTED_SHOWN:
        response.rejected.add(
            index=index, product=product[:200], field=why.field, description=why.description
        )
