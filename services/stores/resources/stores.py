"""Stores as they are changed: one by one, and as rows of a stream."""

import asyncio
from collections.abc import AsyncIterator

from enrayon.stores.v1 import stores_pb2
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation
from services.directory.directory import Directory
from services.directory.keys import store_id
from services.directory.records import Write
from services.directory.resources import Kind, Resources
from services.directory.upserts import Upsert
from services.directory.writer import Writer
from services.stores.errors import StoreNotFound
from services.stores.model.stores import OUTPUT_FIELDS, normalize, problems

PREPARED_AT_ONCE = 100
"""Stores that are checked before other calls get a turn."""

STORE = Kind(
    message=stores_pb2.Store,
    field="store",
    record_id=store_id,
    not_found=StoreNotFound,
    output=OUTPUT_FIELDS,
    normalize=normalize,
    violations=problems,
)


class Stores:
    """Changes stores. A change returns once this process's own replica has it."""

    def __init__(self, writer: Writer, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._writer = writer
        self._resources = Resources(STORE, writer, clock)

    async def update(self, request: stores_pb2.UpdateStoreRequest) -> stores_pb2.Store:
        """Change one store, or create it when that is allowed.

        Raises:
            InvalidArgument: the changed store breaks its contract.
            StoreNotFound: there is none, and none may be created.
            EtagMismatch: it was changed by another.
        """
        return await self._resources.update(
            request.store,
            request.update_mask,
            allow_missing=request.allow_missing,
            validate_only=request.validate_only,
        )

    async def delete(self, request: stores_pb2.DeleteStoreRequest) -> None:
        """Delete one store.

        Raises:
            StoreNotFound: there is none, and that is not allowed.
            EtagMismatch: it was changed by another.
        """
        await self._resources.delete(
            request.name, etag=request.etag, allow_missing=request.allow_missing
        )

    async def upsert(
        self, requests: AsyncIterator[stores_pb2.UpsertStoresRequest]
    ) -> stores_pb2.UpsertStoresResponse:
        """Create and change the stores of a stream; `replace` removes the rest of its source."""
        response = stores_pb2.UpsertStoresResponse()
        rows = Upsert(self._write_of, self._writer.write, response, "name", "store")
        first: stores_pb2.UpsertStoresRequest | None = None
        async for request in requests:
            first = first or request
            for store in request.stores:
                if rows.index % PREPARED_AT_ONCE == 0:
                    await asyncio.sleep(0)
                found = problems(store) + foreign(store, first.source)
                rows.take(store.name, store, found)
            await rows.write(validate_only=first.validate_only)
        if first is not None and first.replace:
            kept = set(self._directory.stores.replica.ids_of_source(first.source))
            gone = sorted(kept - set(map(store_id, rows.seen)))
            await rows.remove(gone, validate_only=first.validate_only)
        rows.count()
        return response

    def _write_of(self, store: stores_pb2.Store) -> Write:
        return self._resources.prepared(store).write


def foreign(store: stores_pb2.Store, source: str) -> list[FieldViolation]:
    """The fault of a store whose id does not begin with the source of its stream."""
    if not source or store.name.startswith(f"stores/{source}-"):
        return []
    return [FieldViolation("name", f"must begin with stores/{source}-")]
