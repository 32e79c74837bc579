"""Changes the hours of stores, and the closures that are a part of them."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.schedule.errors import ScheduleError
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import AlreadyExists, EtagMismatch
from services.directory.directory import Directory
from services.directory.ids import new_id
from services.directory.keys import parse_store, store_id, store_name
from services.directory.kind import Kind
from services.directory.records import etag_of
from services.directory.resources import Resources
from services.directory.writer import Writer
from services.hours import convert
from services.hours.errors import (
    ClosureNotFound,
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
    problems,
    same_content,
    shown,
    without_old_closures,
)


def closure_note(stored: hours_pb2.StoreHours | None, new: hours_pb2.StoreHours | None) -> str:
    """The type of the event of a change that sets a closure, or takes one back."""
    before, after = (
        {closure.name for closure in each.closures} if each is not None else set()
        for each in (stored, new)
    )
    if after - before:
        return "closure.set"
    return "closure.ended" if before - after else ""


STORE_HOURS = Kind(
    message=hours_pb2.StoreHours,
    field="store_hours",
    record_id=lambda name: store_id(name).removesuffix("/hours"),
    not_found=StoreNotFound,
    output=tuple(field for field in OUTPUT_FIELDS if field != "closures"),
    note=closure_note,
    violations=problems,
)

ResultT = TypeVar("ResultT")


class Hours:
    """Changes hours and closures. A change returns once this process's own replica has it."""

    def __init__(self, writer: Writer, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._resources = Resources(STORE_HOURS, writer, clock)

    async def update(
        self, given: hours_pb2.StoreHours, mask: FieldMask, *, validate_only: bool
    ) -> hours_pb2.StoreHours:
        """Change the hours of a store; answers them with warnings.

        Raises:
            InvalidArgument: the changed hours break the contract.
            InvalidSchedule: they cannot be evaluated.
            StoreNotFound: there is no such store.
            EtagMismatch: they were changed by another.
        """
        self._resources.check_name(given)
        id = STORE_HOURS.record_id(given.name)
        store = self.store(id)

        def change(kept: hours_pb2.StoreHours) -> list[hours_pb2.HoursWarning]:
            if given.etag and given.etag != kept.etag:
                raise EtagMismatch(given.name)
            wanted = merged(store, kept, given, mask)
            self._resources.check(wanted)
            try:
                found = cautions(store, wanted, self._clock().date())
            except ScheduleError as fault:
                raise InvalidSchedule(fault, "store_hours.") from None
            kept.CopyFrom(wanted)
            return [convert.warning(each) for each in found]

        kept, warnings = await self._change(id, change, validate_only=validate_only)
        result = shown(store, kept)
        result.warnings.extend(warnings)
        return result

    async def create_closure(self, request: hours_pb2.CreateClosureRequest) -> hours_pb2.Closure:
        """Close a store for a time; a retry does not close it twice.

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

        return (await self._change(id, add, validate_only=request.validate_only))[1]

    async def cancel_closure(self, name: str) -> hours_pb2.Closure:
        """Take a closure back; answers it as it was.

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

        return (await self._change(id, remove))[1]

    def store(self, id: str) -> stores_pb2.Store:
        """A public store.

        Raises:
            StoreNotFound: there is none.
        """
        encoded = self._directory.stores.replica.public(id)
        if encoded is None:
            raise StoreNotFound(store_name(id))
        return parse_store(encoded)

    async def _change(
        self,
        id: str,
        act: Callable[[hours_pb2.StoreHours], ResultT],
        *,
        validate_only: bool = False,
    ) -> tuple[hours_pb2.StoreHours, ResultT]:
        """The hours of a store after an act that changes them in place, and the act's result."""
        results: list[ResultT] = []

        async def change(stored: hours_pb2.StoreHours | None) -> hours_pb2.StoreHours:
            kept = stored if stored is not None else new_hours(id)
            if stored is None:
                kept.etag = etag_of(kept)
            results[:] = [await asyncio.to_thread(act, kept)]  # to judge hours may take long
            return kept

        kept = await self._resources.change(hours_name(id), change, validate_only=validate_only)
        return kept, results[0]
