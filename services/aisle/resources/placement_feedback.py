"""Counts the reports of shoppers who found a product at a place, or did not."""

import dataclasses
import hashlib
from dataclasses import dataclass

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placements import Placement
from services.aisle.errors import FeedbackLimit
from services.aisle.model import reports as model
from services.aisle.model.reports import Key, Reports
from services.aisle.replica.feeds import Feeds
from services.aisle.replica.shops import PlacementSources, Shop, Shops, reports_scope
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import ConcurrentChanges, InvalidArgument
from services.chassis.keyring import Keyring
from services.directory.keys import ETAG_LENGTH, decode_record, encode_record
from services.directory.messages.kinds import SIDES
from services.directory.products import product_sku
from services.directory.records import MUST_NOT_EXIST, Outcome, Write, digest_of
from services.directory.writer import Writer

PURPOSE = "feedback"
"""The purpose for which the keyring hashes callers."""
TRIES = 20
"""Attempts to count a report while others report on the same product."""


@dataclass(frozen=True)
class PlacementFeedback:
    """Counts reports, each once, within a daily limit for each caller."""

    writer: Writer
    feeds: Feeds
    shops: Shops
    keyring: Keyring
    clock: Clock
    per_day: int

    async def submit(
        self, request: pb.SubmitPlacementFeedbackRequest
    ) -> tuple[Shop | None, PlacementSources]:
        """Count a report; returns the placements of the product after it.

        Raises:
            StoreNotFound: there is no such store.
            InvalidArgument: the product or the place is not known.
            FeedbackLimit: the caller has reached its limit of today.
            ConcurrentChanges: too many callers reported on the product at the same time.
        """
        id, sku = self.shops.check_store(request.store), product_sku(request.product)
        shop = self.shops.find(id)
        planogram = shop.planogram if shop else ""
        for _ in range(TRIES):
            sources = self.shops.sources(id, sku, planogram)
            if not sources.known and sku not in self.feeds.directory.products.replica:
                raise InvalidArgument.field("product", "is not known")
            record = f"{reports_scope(id)}/{sku}"
            stored = await self.writer.read(record)
            before = reports_of(stored, sources)
            after = self._counted(request, shop, sources, before)
            if after is None:
                return shop, sources
            encoded = model.encode(after)
            etag = stored[:ETAG_LENGTH].decode() if stored else MUST_NOT_EXIST
            write = Write(record, encode_record(digest_of(encoded), encoded), etag)
            [outcome] = await self.writer.write([write])
            if outcome in (Outcome.CREATED, Outcome.CHANGED):
                return shop, self.shops.sources(id, sku, planogram)
        raise ConcurrentChanges("too many callers report on this product at the same time")

    def _counted(
        self,
        request: pb.SubmitPlacementFeedbackRequest,
        shop: Shop | None,
        sources: PlacementSources,
        reports: Reports,
    ) -> Reports | None:
        """The reports with this one; None if it was counted before."""
        caller = current_caller().id
        request_key = f"{caller}\0{request.request_id}".encode()
        request_hash = hashlib.blake2b(request_key, digest_size=6).hexdigest()
        if request.request_id and request_hash in reports.requests:
            return None
        key = self._place(request, shop, sources, reports)
        # Everybody on a page has its key, so there an address counts for itself.
        counted = f"{caller} {current_caller().address}".rstrip()
        [hashed, *_] = self.keyring.hashes(PURPOSE, counted.encode())
        admitted = model.admitted(reports, hashed[:8].hex(), self.clock(), self.per_day)
        if admitted is None:
            raise FeedbackLimit(self.per_day)
        if request.request_id:
            admitted = model.remembered(admitted, request_hash)
        found = request.kind == pb.SubmitPlacementFeedbackRequest.KIND_FOUND
        return model.counted(admitted, key, found=found)

    def _place(
        self,
        request: pb.SubmitPlacementFeedbackRequest,
        shop: Shop | None,
        sources: PlacementSources,
        reports: Reports,
    ) -> Key:
        sku = product_sku(request.product)
        given = request.placement
        reported = Placement(
            sku=sku,
            floor=given.level,
            aisle=given.aisle,
            side=SIDES.get(given.side),
            bay=given.bay or None,
        )
        key = model.place_meant(reported, sources.known, reports)
        if key is not None:
            return key
        if request.kind == pb.SubmitPlacementFeedbackRequest.KIND_NOT_FOUND:
            raise InvalidArgument.field("placement", "the product has no such place")
        if shop is not None and shop.shelves.find(reported) is None:
            raise InvalidArgument.field("placement.aisle", "the store has no such aisle")
        return model.key_of(reported)


def reports_of(stored: bytes | None, sources: PlacementSources) -> Reports:
    """The reports of a record; counts on another basis no longer apply."""
    if stored is None:
        return Reports(sources.basis)
    reports = model.decode(decode_record(stored))
    if reports.basis == sources.basis:
        return reports
    return dataclasses.replace(reports, basis=sources.basis, places=())
