"""Changes of hours and closures: checked, then written in one act."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.schedule.errors import ScheduleError
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation, InvalidArgument
from services.chassis.serving.commits import commit
from services.directory.directory import Directory
from services.directory.keys import decode_record, parse_store, store_id, store_name
from services.directory.records import (
    MUST_NOT_EXIST,
    Outcome,
    Records,
    Write,
    etag_of,
    record_of,
)
from services.hours import convert
from services.hours.errors import (
    AlreadyExists,
    ClosureNotFound,
    EtagMismatch,
    InvalidSchedule,
    StoreNotFound,
    TooManyClosures,
)
from services.hours.model import (
    CLOSURES_MOST,
    OUTPUT_FIELDS,
    cautions,
    check_closure,
    hours_name,
    merged,
    new_hours,
    new_id,
    problems,
    same_content,
    shown,
    without_old_closures,
)

UPDATE_TRIES = 5

ResultT = TypeVar("ResultT")


class HoursWriter:
    """Writes hours, then waits until this process's own replica has them."""

    def __init__(self, records: Records, directory: Directory, clock: Clock) -> None:
        self._records = records
        self._directory = directory
        self._clock = clock

    async def update(
        self, given: hours_pb2.StoreHours, mask: FieldMask, *, validate_only: bool
    ) -> hours_pb2.StoreHours:
        """Changes the hours of a store; answers them with what may not be meant.

        Raises:
            InvalidArgument: the changed hours would not keep the contract.
            InvalidSchedule: they cannot be evaluated.
            StoreNotFound: there is no such store.
            EtagMismatch: they were changed by another.
        """
        refuse([v for v in problems(given) if v.field == "name"])
        id = store_id(given.name).removesuffix("/hours")
        store = self.store(id)

        def change(kept: hours_pb2.StoreHours) -> hours_pb2.StoreHours:
            if given.etag and given.etag != kept.etag:
                raise EtagMismatch(given.name)
            wanted = merged(store, kept, given, mask)
            refuse(problems(wanted))
            try:
                found = cautions(store, wanted)
            except ScheduleError as fault:
                raise InvalidSchedule(fault, "store_hours.") from None
            kept.CopyFrom(wanted)
            answer = hours_pb2.StoreHours(warnings=map(convert.warning, found))
            return answer

        kept, answer = await self._changed(id, change, validate_only=validate_only)
        result = shown(store, kept)
        result.warnings.extend(answer.warnings)
        return result

    async def create_closure(self, request: hours_pb2.CreateClosureRequest) -> hours_pb2.Closure:
        """Closes a store for a time; a retry does not close it twice.

        Raises:
            StoreNotFound: there is no such store.
            InvalidSchedule: the closure ends before it begins.
            AlreadyExists: another has its id.
            TooManyClosures: there are too many.
        """
        id = store_id(request.parent)
        self.store(id)
        scope = (current_caller().id, "CreateClosure", id)
        made = new_id(request.closure_id, request.request_id, scope)
        closure = hours_pb2.Closure()
        closure.CopyFrom(request.closure)
        closure.name = f"{request.parent}/closures/{made}"
        closure.create_time.FromDatetime(self._clock())

        def add(hours: hours_pb2.StoreHours) -> hours_pb2.Closure:
            try:
                check_closure(hours, closure)
            except ScheduleError as fault:
                raise InvalidSchedule(fault) from None
            for other in hours.closures:
                if other.name == closure.name:
                    if same_content(other, closure):
                        return other
                    raise AlreadyExists(closure.name)
            without_old_closures(hours, self._clock())
            if len(hours.closures) >= CLOSURES_MOST:
                raise TooManyClosures(request.parent)
            hours.closures.append(closure)
            return closure

        return (await self._changed(id, add, validate_only=request.validate_only))[1]

    async def cancel_closure(self, name: str) -> hours_pb2.Closure:
        """Takes a closure back; answers it as it was.

        Raises:
            StoreNotFound: there is no such store.
            ClosureNotFound: it has no such closure.
        """
        id = name.split("/")[1]
        self.store(id)

        def remove(hours: hours_pb2.StoreHours) -> hours_pb2.Closure:
            for closure in hours.closures:
                if closure.name == name:
                    removed = hours_pb2.Closure()
                    removed.CopyFrom(closure)
                    hours.closures.remove(closure)
                    return removed
            raise ClosureNotFound(name)

        return (await self._changed(id, remove))[1]

    def store(self, id: str) -> stores_pb2.Store:
        """A public store.

        Raises:
            StoreNotFound: there is none.
        """
        encoded = self._directory.stores.replica.public(id)
        if encoded is None:
            raise StoreNotFound(store_name(id))
        return parse_store(encoded)

    async def _changed(
        self,
        id: str,
        change: Callable[[hours_pb2.StoreHours], ResultT],
        *,
        validate_only: bool = False,
    ) -> tuple[hours_pb2.StoreHours, ResultT]:
        """The hours of a store with a change made in them, which may be made again on a clash."""
        for _ in range(UPDATE_TRIES):
            record = await self._records.read(id)
            kept = new_hours(id)
            if record is not None:
                kept.ParseFromString(decode_record(record))
            else:
                kept.etag = etag_of(kept)
            before = kept.etag
            result = await asyncio.to_thread(change, kept)  # to judge hours may take long
            kept.ClearField("update_time")
            for field in set(OUTPUT_FIELDS) - {"closures"}:
                kept.ClearField(field)  # type: ignore[arg-type]
            etag = etag_of(kept)
            if etag == before and record is not None:
                kept.ParseFromString(decode_record(record))
                return kept, result
            kept.etag = etag
            kept.update_time.FromDatetime(self._clock())
            condition = before if record is not None else MUST_NOT_EXIST
            write = Write(id, record_of(etag, kept), condition)
            written = commit(self._records.write([write], only_look=validate_only))
            sequence, [outcome] = await written
            if outcome in (Outcome.CREATED, Outcome.CHANGED):
                if not validate_only:
                    await self._directory.hours.caught_up(sequence)
                return kept, result
        raise EtagMismatch(hours_name(id))


def refuse(violations: list[FieldViolation]) -> None:
    """Raise when there is something wrong with the hours of a request."""
    found = [FieldViolation(f"store_hours.{field}", what) for field, what in violations]
    if found:
        raise InvalidArgument(
            "; ".join(f"{v.field}: {v.description}" for v in found), violations=found
        )
