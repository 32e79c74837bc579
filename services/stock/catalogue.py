"""The products: taken in bulk, checked one by one, found by text and barcode."""

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Sequence

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.chassis.errors import EtagMismatch, FieldViolation
from services.chassis.serving.commits import commit
from services.chassis.serving.requests import violations_of
from services.directory.directory import Directory
from services.directory.keys import store_id
from services.directory.products import parse_product, product_name, product_sku
from services.directory.records import MUST_EXIST, Mode, Outcome, Records, Write, etag_of, record_of
from services.stock import convert
from services.stock.errors import GroupNotFound, ProductNotFound, StoreNotFound
from services.stock.model.barcodes import has_right_check_digit


class Catalogue:
    """Writes products, then waits until this process's own replica has them."""

    def __init__(
        self, records: Records, groups: Records, directory: Directory, clock: Clock
    ) -> None:
        self._records = records
        self._groups = groups
        self._directory = directory
        self._clock = clock

    async def upsert(
        self, requests: AsyncIterator[stock_pb2.UpsertProductsRequest]
    ) -> stock_pb2.UpsertProductsResponse:
        """Create and change the products of a stream."""
        response = stock_pb2.UpsertProductsResponse()
        counts: Counter[Outcome] = Counter()
        seen: set[str] = set()
        first: stock_pb2.UpsertProductsRequest | None = None
        index = 0
        async for request in requests:
            first = first or request
            writes: dict[int, Write] = {}
            for product in request.products:
                found = problems(product)
                if product.name in seen:
                    found.append(FieldViolation("name", "stands twice in this stream"))
                if found:
                    convert.reject(response.rejected, index, product.name, found[0])
                    response.rejected_count += 1
                else:
                    writes[index] = self._prepared(product)
                seen.add(product.name)
                index += 1
            outcomes = await self._write(list(writes.values()), only_look=first.validate_only)
            for (place, write), outcome in zip(writes.items(), outcomes, strict=True):
                if outcome in (Outcome.ETAG_MISMATCH, Outcome.NOT_FOUND):
                    clash = FieldViolation("etag", "not that of the stored product")
                    convert.reject(response.rejected, place, product_name(write.id), clash)
                    response.rejected_count += 1
                else:
                    counts[outcome] += 1
        response.created_count = counts[Outcome.CREATED]
        response.changed_count = counts[Outcome.CHANGED]
        response.unchanged_count = counts[Outcome.UNCHANGED]
        return response

    def get(self, name: str) -> stock_pb2.Product:
        """One product."""
        record = self._directory.products.replica.record(product_sku(name))
        if record is None:
            raise ProductNotFound(name)
        return parse_product(record)

    async def delete(self, request: stock_pb2.DeleteProductRequest) -> None:
        """Delete one product."""
        write = Write(product_sku(request.name), b"", request.etag or MUST_EXIST)
        [outcome] = await self._write([write])
        if outcome is Outcome.NOT_FOUND and not request.allow_missing:
            raise ProductNotFound(request.name)
        if outcome is Outcome.ETAG_MISMATCH:
            raise EtagMismatch(request.name)

    def group(self, name: str) -> stock_pb2.StockGroup:
        """A group of stores."""
        found = self._directory.groups.replica.group(name.removeprefix("stockGroups/"))
        if found is None:
            raise GroupNotFound(name)
        return found

    async def update_group(self, group: stock_pb2.StockGroup) -> stock_pb2.StockGroup:
        """Replace or create a group; one without stores is deleted."""
        kept = stock_pb2.StockGroup(name=group.name, stores=sorted(set(group.stores)))
        for name in kept.stores:
            if self._directory.stores.replica.record(store_id(name)) is None:
                raise StoreNotFound(name)
        record = record_of(etag_of(kept), kept) if kept.stores else b""
        write = Write(group.name.removeprefix("stockGroups/"), record)
        sequence, _ = await commit(self._groups.write([write]))
        await self._directory.groups.caught_up(sequence)
        return kept

    async def _write(self, writes: Sequence[Write], *, only_look: bool = False) -> list[Outcome]:
        if not writes:
            return []
        sequence, outcomes = await commit(
            self._records.write(writes, Mode.LOOK if only_look else Mode.EACH)
        )
        if not only_look:
            await self._directory.products.caught_up(sequence)
        return outcomes

    def _prepared(self, product: stock_pb2.Product) -> Write:
        kept = stock_pb2.Product()
        kept.CopyFrom(product)
        kept.ClearField("etag")
        kept.ClearField("update_time")
        kept.etag = etag = etag_of(kept)
        kept.update_time.FromDatetime(self._clock().astimezone(dt.UTC))
        return Write(product_sku(kept.name), record_of(etag, kept), product.etag)


def problems(product: stock_pb2.Product) -> list[FieldViolation]:
    """What is wrong with a product that someone wants kept."""
    return violations_of(product) + [
        FieldViolation(f"gtins[{number}]", "its check digit is wrong")
        for number, gtin in enumerate(product.gtins)
        if gtin.isdecimal() and not has_right_check_digit(gtin)
    ]
