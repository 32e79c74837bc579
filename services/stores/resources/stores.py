"""Changes stores, one by one or as rows of a stream."""

from collections.abc import AsyncIterator
from dataclasses import replace

from enrayon.stores.v1 import stores_pb2
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation
from services.chassis.processor import in_thread
from services.chassis.serving.turns import Turns
from services.directory.closing import closes_at
from services.directory.directory import Directory
from services.directory.events import PRIVATE_DELETED
from services.directory.keys import parse_store, store_id, store_name
from services.directory.kind import Kind
from services.directory.records import Write
from services.directory.resources import Resources
from services.directory.upserts import Upsert
from services.directory.writer import Writer
from services.stores.errors import StoreNotFound
from services.stores.model.stores import OUTPUT_FIELDS, normalize, problems


def note_of(stored: stores_pb2.Store | None, new: stores_pb2.Store | None, now_s: float) -> str:
    """The note of a change: if a store opens or closes, if a private store is deleted; the brand.

    Whoever reads of it later may find the store no more, so nothing else tells these two.
    """
    store = new if new is not None else stored
    return f"{type_of(stored, new, now_s)}\n{one_line(store.brand) if store else ''}"


def type_of(stored: stores_pb2.Store | None, new: stores_pb2.Store | None, now_s: float) -> str:
    """The type of the event of a change, where it is not that of every change."""
    if stored is None:
        return ""
    if new is None:
        return PRIVATE_DELETED if stored.private else ""
    before, after = (is_open(each) and closes_at(each) > now_s for each in (stored, new))
    if before == after:
        return ""
    return "store.opened" if after else "store.closed"


def one_line(text: str) -> str:
    """A text without line breaks."""
    return " ".join(text.splitlines())


def is_open(store: stores_pb2.Store) -> bool:
    """True for the status open."""
    return store.status in (stores_pb2.STORE_STATUS_UNSPECIFIED, stores_pb2.STORE_STATUS_OPEN)


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
    """Changes stores. A change returns once the replica of this process has it."""

    def __init__(self, writer: Writer, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._writer = writer
        self._clock = clock
        self._resources = Resources(replace(STORE, note=self._note), writer, clock)

    async def update(self, request: stores_pb2.UpdateStoreRequest) -> stores_pb2.Store:
        """Change one store, or create it if `allow_missing`.

        Raises:
            InvalidArgument: the changed store breaks its contract.
            StoreNotFound: there is none, and `allow_missing` is false.
            EtagMismatch: the stored one has another etag.
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
            StoreNotFound: there is none, and `allow_missing` is false.
            EtagMismatch: the stored one has another etag.
        """
        await self._resources.delete(
            request.name, etag=request.etag, allow_missing=request.allow_missing
        )

    async def upsert(
        self, requests: AsyncIterator[stores_pb2.UpsertStoresRequest]
    ) -> stores_pb2.UpsertStoresResponse:
        """Create and change the stores of a stream; `replace` deletes the rest of its source."""
        response = stores_pb2.UpsertStoresResponse()
        turns = Turns()
        rows = Upsert(self._write_of, self._writer.write, response, "name", "store")
        first: stores_pb2.UpsertStoresRequest | None = None
        async for request in requests:
            first = first or request
            for store in request.stores:
                await turns.give()
                violations = problems(store) + source_violations(store, first.source)
                rows.take(store.name, store, violations)
            await rows.write(validate_only=first.validate_only)
        if first is not None and first.replace:
            stored = self._directory.stores.replica.ids_of_source(first.source)
            missing = await in_thread(missing_of, stored, rows.seen)
            await rows.remove(missing, self._deletion, validate_only=first.validate_only)
        rows.count()
        return response

    def _write_of(self, store: stores_pb2.Store) -> Write:
        # Rows are written without a read of what is stored: the replica tells turns of status.
        return self._resources.prepared(store, stored=self._known(store_id(store.name))).write

    def _deletion(self, id: str) -> Write:
        """The deletion of a store as the replica has it: one that was changed since then stays."""
        known = self._known(id)
        return Write(id, b"", known.etag if known else "", self._note(known, None))

    def _note(self, stored: stores_pb2.Store | None, new: stores_pb2.Store | None) -> str:
        return note_of(stored, new, self._clock().timestamp())

    def _known(self, id: str) -> stores_pb2.Store | None:
        encoded = self._directory.stores.replica.record(id)
        return parse_store(encoded) if encoded else None


def missing_of(stored: list[str], seen: set[str]) -> list[str]:
    """The stored ids that are not among the names of a stream."""
    return [id for id in stored if store_name(id) not in seen]


def source_violations(store: stores_pb2.Store, source: str) -> list[FieldViolation]:
    """The violation of a store whose id does not begin with the source of its stream."""
    if not source or store.name.startswith(f"stores/{source}-"):
        return []
    return [FieldViolation("name", f"must begin with stores/{source}-")]
