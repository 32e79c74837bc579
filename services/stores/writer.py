"""Changes of stores: checked, brought into the form that is kept, written in one act."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence

from enrayon.stores.v1 import stores_pb2
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation, InvalidArgument
from services.chassis.serving.commits import commit
from services.directory.directory import Directory
from services.directory.keys import decode_record, parse_store, store_id, store_name
from services.directory.records import MUST_EXIST, Outcome, Records, Write, etag_of, record_of
from services.stores.errors import EtagMismatch, StoreNotFound
from services.stores.model import merged, normalized, problems

REJECTED_SHOWN = 1000
PREPARED_AT_ONCE = 100
"""Stores that are checked before other calls get a turn."""
UPDATE_TRIES = 5


class StoresWriter:
    """Writes stores, then waits until this process's own replica has them."""

    def __init__(self, records: Records, directory: Directory, clock: Clock) -> None:
        self._records = records
        self._directory = directory
        self._clock = clock

    async def upsert(
        self, requests: AsyncIterator[stores_pb2.UpsertStoresRequest]
    ) -> stores_pb2.UpsertStoresResponse:
        """Creates and changes the stores of a stream."""
        response = stores_pb2.UpsertStoresResponse()
        counts: Counter[Outcome] = Counter()
        seen: set[str] = set()
        first: stores_pb2.UpsertStoresRequest | None = None
        index = 0
        sequence = 0
        async for request in requests:
            first = first or request
            writes = []
            for store in request.stores:
                if index % PREPARED_AT_ONCE == 0:
                    await asyncio.sleep(0)
                violations = problems(store) + foreign(store, first.source)
                if store_id(store.name) in seen:
                    violations.append(FieldViolation("name", "stands twice in this stream"))
                if violations:
                    reject(response, index, store.name, violations[0])
                else:
                    writes.append(self._prepared(store, store.etag))
                # A store that is refused now keeps what is known of it: `replace` spares it.
                seen.add(store_id(store.name))
                index += 1
            sequence, outcomes = await self._write(writes, only_look=first.validate_only)
            for write, outcome in zip(writes, outcomes, strict=True):
                if outcome in (Outcome.ETAG_MISMATCH, Outcome.NOT_FOUND):
                    clash = FieldViolation("etag", "not that of the stored store")
                    reject(response, index, store_name(write.id), clash)
                else:
                    counts[outcome] += 1
        if first is not None and first.replace:
            await self._directory.stores.caught_up(sequence)
            gone = sorted(set(self._directory.stores.replica.ids_of_source(first.source)) - seen)
            counts += await self._remove(gone, only_look=first.validate_only)
        response.created_count = counts[Outcome.CREATED]
        response.changed_count = counts[Outcome.CHANGED]
        response.unchanged_count = counts[Outcome.UNCHANGED]
        response.removed_count = counts[Outcome.DELETED]
        return response

    async def update(self, request: stores_pb2.UpdateStoreRequest) -> stores_pb2.Store:
        """Changes one store, or creates it when that is allowed.

        Raises:
            InvalidArgument: the changed store would not keep the contract.
            StoreNotFound: there is none, and none may be created.
            EtagMismatch: it was changed by another.
        """
        name = request.store.name
        for _ in range(UPDATE_TRIES):
            record = await self._records.read(store_id(name))
            if record is None and not request.allow_missing:
                if violations := problems(request.store):
                    named = [v for v in violations if v.field == "name"]
                    refuse(named)
                raise StoreNotFound(name)
            stored = parse_store(decode_record(record)) if record else stores_pb2.Store()
            if request.store.etag and request.store.etag != stored.etag:
                raise EtagMismatch(name)
            changed = merged(stored, request.store, request.update_mask)
            refuse(problems(changed))
            write = self._prepared(changed, stored.etag)
            _, [outcome] = await self._write([write], only_look=request.validate_only)
            if outcome is Outcome.UNCHANGED:
                return stored
            if outcome in (Outcome.CREATED, Outcome.CHANGED):
                return parse_store(decode_record(write.record))
        raise EtagMismatch(name)

    async def delete(self, id: str, etag: str, *, allow_missing: bool) -> None:
        """Deletes one store.

        Raises:
            StoreNotFound: there is none, and that is not allowed.
            EtagMismatch: it was changed by another.
        """
        _, [outcome] = await self._write([Write(id, b"", etag or MUST_EXIST)])
        if outcome is Outcome.NOT_FOUND and not allow_missing:
            raise StoreNotFound(store_name(id))
        if outcome is Outcome.ETAG_MISMATCH:
            raise EtagMismatch(store_name(id))

    async def _remove(self, ids: Sequence[str], *, only_look: bool) -> Counter[Outcome]:
        counts: Counter[Outcome] = Counter()
        for start in range(0, len(ids), PREPARED_AT_ONCE):
            writes = [Write(id, b"") for id in ids[start : start + PREPARED_AT_ONCE]]
            counts.update((await self._write(writes, only_look=only_look))[1])
        del counts[Outcome.UNCHANGED]  # another has removed it meanwhile
        return counts

    async def _write(
        self, writes: Sequence[Write], *, only_look: bool = False
    ) -> tuple[int, list[Outcome]]:
        if not writes:
            return 0, []
        sequence, outcomes = await commit(self._records.write(writes, only_look=only_look))
        if not only_look:
            await self._directory.stores.caught_up(sequence)
        return sequence, outcomes

    def _prepared(self, store: stores_pb2.Store, condition: str) -> Write:
        kept = normalized(store)
        kept.etag = etag = etag_of(kept)
        kept.update_time.FromDatetime(self._clock().astimezone(dt.UTC))
        return Write(store_id(kept.name), record_of(etag, kept), condition)


def foreign(store: stores_pb2.Store, source: str) -> list[FieldViolation]:
    """What is wrong with a store's id, if its stream is of one source."""
    if not source or store.name.startswith(f"stores/{source}-"):
        return []
    return [FieldViolation("name", f"must begin with stores/{source}-")]


def reject(
    response: stores_pb2.UpsertStoresResponse, index: int, name: str, why: FieldViolation
) -> None:
    """Count a store that is not taken, and say why while there is room."""
    response.rejected_count += 1
    if len(response.rejected) < REJECTED_SHOWN:
        response.rejected.add(
            index=index, name=name[:200], field=why.field, description=why.description
        )


def refuse(violations: Iterable[FieldViolation]) -> None:
    """Raise when there is something wrong with the store of a request."""
    found = [FieldViolation(f"store.{field}", what) for field, what in violations]
    if found:
        raise InvalidArgument(
            "; ".join(f"{v.field}: {v.description}" for v in found), violations=found
        )
