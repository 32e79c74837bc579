"""Sends the stores of a file to the service in blocks, and goes on after an interruption."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TypeAlias

import grpc
from rich.progress import Progress

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.importers import Import, Rejected
from services.cli.blocks import blocks, too_large
from services.cli.channel import TIMEOUT_S, has_status, reason_of
from services.cli.output import CommandError
from services.cli.stores import store_id, store_name
from services.directory.messages.stores import store_message

AT_ONCE = 3
"""Blocks on their way at once: the services check one while the database writes another."""
BLOCK_TIMEOUT_S = 120.0
STREAM_TIMEOUT_S = 3600.0
PATIENCE_S = 180.0
"""A block is tried again for so long while the database or the services do not answer."""
LONGEST_PAUSE_S = 15.0
MOST_SHARE_REMOVED = 0.1
"""The largest share of a source's stores that `--replace` removes unasked."""
MOST_LISTED = 200_000
PASSING = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
)
"""Codes after which the same call may succeed."""
RATE_REASONS = ("RESOURCE_EXHAUSTED", "TOO_MANY_REQUESTS")
"""Reasons of the code RESOURCE_EXHAUSTED that pass; a quota or the size of a message does not."""

Answer: TypeAlias = "grpc.Future[stores_pb2.UpsertStoresResponse]"


@dataclass(slots=True)
class Uploaded:
    """What became of the stores of a file."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    rejected_count: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    retried: int = 0
    """Stores of blocks that were sent again: `unchanged` has those that the first try wrote."""
    kept: str = ""
    """Why `--replace` removed nothing."""

    @property
    def written(self) -> int:
        """Stores that are in the service as the file has them."""
        return self.created + self.changed + self.unchanged

    def add(self, answer: stores_pb2.UpsertStoresResponse, rows: Sequence[int] = ()) -> None:
        """Add the answer for the stores of some rows."""
        self.created += answer.created_count
        self.changed += answer.changed_count
        self.unchanged += answer.unchanged_count
        self.removed += answer.removed_count
        self.rejected_count += answer.rejected_count
        for item in answer.rejected:
            raw = {"id": store_id(item.name)}
            row = rows[item.index] if rows else 0
            self.rejected.append(Rejected(row, item.field, item.description, raw))

    def refuse(self, store: stores_pb2.Store, row: int, reason: str) -> None:
        """Add a store that is not sent."""
        self.rejected_count += 1
        id = store_id(store.name)
        self.rejected.append(Rejected(row, "row", f"{id}: {reason}", {"id": id}))


def upload(
    channel: grpc.Channel,
    found: Import,
    progress: Progress,
    *,
    dry_run: bool = False,
    replace: bool = False,
    remove_up_to: int | None = None,
) -> Uploaded:
    """Send the stores to the service; each block is tried again until its outcome is known.

    A store that is larger than a request may be is refused, and the others are sent.

    Args:
        channel: to the services.
        found: the stores.
        progress: shows the number of stores sent.
        dry_run: only check and count.
        replace: afterwards remove the source's stores that are not in the file.
        remove_up_to: the number of stores that may be removed; None is a tenth of the source's.

    Raises:
        CommandError: too many stores, or private ones, would be removed; nothing was changed. Or
            the services did not answer; the text says how many stores are written.
    """
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    source = _only_source(found) if replace else ""
    planned = Uploaded()
    missing: dict[str, str] = {}
    if replace:
        checked = _shown(progress, "checking", found)
        rows: list[int] = []
        checking = _Call(lambda: _replaced(stub, found, planned, source, checked, rows))
        planned.add(_patiently(checking, planned, found), rows)
        if found.is_export:
            missing = _public_missing(channel, found, planned, source)
        _check_removal(channel, planned, source, remove_up_to, dry_run=dry_run)
        if found.rejected or planned.rejected_count:
            number = len(found.rejected) + planned.rejected_count
            planned.kept = f"{number:,} rows were refused: no store of {source} was removed"
            planned.removed = 0
        if dry_run:
            return planned
    sent = _sent(stub, found, progress, dry_run=dry_run)
    sent.kept = planned.kept
    if replace and not sent.kept and not sent.rejected_count:
        if found.is_export:
            _remove(stub, missing, sent)
        else:
            looked = _shown(progress, "removing others", found)
            removing = _Call(lambda: _replaced(stub, found, sent, source, looked))
            sent.removed = _patiently(removing, sent, found).removed_count
    return sent


class _Call:
    """A call that is on its way, and can be made again."""

    def __init__(self, begin: Callable[[], Answer], count: int = 0) -> None:
        self._begin = begin
        self._answer = begin()
        self.count = count
        """Stores that it writes."""

    def answer(self) -> stores_pb2.UpsertStoresResponse:
        """Wait for the answer."""
        return self._answer.result()

    def again(self) -> None:
        """Make the call once more."""
        self._answer = self._begin()

    def cancel(self) -> None:
        """Give it up."""
        self._answer.cancel()


def _sent(
    stub: "stores_pb2_grpc.StoresServiceStub", found: Import, progress: Progress, *, dry_run: bool
) -> Uploaded:
    """Send all stores; while some blocks are on their way, the next one is made."""
    task = progress.add_task("importing", total=len(found.stores))
    result = Uploaded()
    under_way: deque[tuple[_Call, list[int]]] = deque()

    def finish() -> None:
        call, rows = under_way[0]
        others = sum(each.count for each, _ in under_way) - call.count
        result.add(_patiently(call, result, found, others), rows)
        under_way.popleft()
        progress.advance(task, call.count)

    rows: deque[int] = deque()
    try:
        for block in blocks(_messages(found, result, rows)):
            request = stores_pb2.UpsertStoresRequest(stores=block, validate_only=dry_run)
            call = _Call(partial(_upsert, stub, request), len(block))
            under_way.append((call, [rows.popleft() for _ in block]))
            if len(under_way) == AT_ONCE:
                finish()
        while under_way:
            finish()
    finally:
        for call, _ in under_way:
            call.cancel()
    progress.update(task, completed=len(found.stores))
    return result


def _messages(
    found: Import, result: Uploaded, rows: deque[int] | list[int]
) -> Iterator[stores_pb2.Store]:
    """Yields the messages of the stores that fit, and adds their rows; refuses the others."""
    for store, row in zip(found.stores, found.lines, strict=True):
        message = store_message(store)
        if reason := too_large(message):
            result.refuse(message, row, f"{reason} for a store")
            continue
        rows.append(row)
        yield message


def _upsert(
    stub: "stores_pb2_grpc.StoresServiceStub", request: stores_pb2.UpsertStoresRequest
) -> Answer:
    return stub.UpsertStores.future(iter([request]), timeout=BLOCK_TIMEOUT_S)


def _patiently(
    call: _Call, result: Uploaded, found: Import, others: int = 0
) -> stores_pb2.UpsertStoresResponse:
    """The answer of a call, which is made again while the services do not answer.

    Writing a store again changes nothing, so that a lost answer costs only its repetition.

    Args:
        call: the call, on its way.
        result: what is known to be written.
        found: the stores of the file.
        others: stores of other calls that are on their way.
    """
    end = time.monotonic() + PATIENCE_S
    pause_s = 0.5
    while True:
        try:
            return call.answer()
        except grpc.RpcError as error:
            is_nobody = error.code() is grpc.StatusCode.UNAVAILABLE and not has_status(error)
            passes = error.code() in PASSING or is_about_rate(error)
            if not passes or (is_nobody and not result.written):
                raise
            if time.monotonic() + pause_s > end:
                raise CommandError(
                    f"{result.written:,} of {len(found.stores):,} stores are written; of the next "
                    f"{call.count + others:,} some may be: {error.details()}\n"
                    "Run the same command again: it goes on, and repeats nothing."
                ) from None
        result.retried += call.count
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        call.again()


def is_about_rate(error: grpc.RpcError) -> bool:
    """True if a call came too soon after others; it may be made later."""
    is_exhausted = error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    return is_exhausted and reason_of(error) in RATE_REASONS


def _replaced(
    stub: "stores_pb2_grpc.StoresServiceStub",
    found: Import,
    result: Uploaded,
    source: str,
    shown: Callable[[int], None],
    checked: list[int] | None = None,
) -> Answer:
    """Send all stores of a source; with a list for the rows that were sent, only check them."""
    rows = [] if checked is None else checked
    rows.clear()
    result.rejected_count = 0
    result.rejected = []

    def requests() -> Iterator[stores_pb2.UpsertStoresRequest]:
        yield stores_pb2.UpsertStoresRequest(
            source=source, replace=True, validate_only=checked is not None
        )
        done = 0
        for block in blocks(_messages(found, result, rows)):
            yield stores_pb2.UpsertStoresRequest(stores=block)
            done += len(block)
            shown(done)

    return stub.UpsertStores.future(requests(), timeout=STREAM_TIMEOUT_S)


def _shown(progress: Progress, step: str, found: Import) -> Callable[[int], None]:
    """Shows the number of stores that a step has gone through."""
    task = progress.add_task(step, total=len(found.stores))
    return lambda done: progress.update(task, completed=done)


def _remove(
    stub: "stores_pb2_grpc.StoresServiceStub", missing: Mapping[str, str], result: Uploaded
) -> None:
    """Delete stores, each only if it is still as it was listed: public, and with that etag."""
    kept = 0
    for name, etag in missing.items():
        request = stores_pb2.DeleteStoreRequest(name=name, etag=etag)
        try:
            stub.DeleteStore(request, timeout=BLOCK_TIMEOUT_S)
            result.removed += 1
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.ABORTED:
                kept += 1
            elif error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
    if kept:
        result.kept = f"{kept:,} stores were changed in the meantime: not removed"


def _only_source(found: Import) -> str:
    if len(found.sources) != 1:
        sources = ", ".join(sorted(found.sources)) or "none"
        raise CommandError(
            f"--replace needs stores of one source, the file has {sources}; say one by --source"
        )
    return next(iter(found.sources))


def _public_missing(
    channel: grpc.Channel, found: Import, planned: Uploaded, source: str
) -> dict[str, str]:
    """Etag by name of the public stores of a source that an export has not.

    Raises:
        CommandError: private stores, which no export has, would be removed or become public.
    """
    statuses = [value for value in stores_pb2.StoreStatus.values() if value]
    every = stores_pb2.StoreFilter(statuses=statuses)
    public = {
        store.name: store.etag
        for store in listed_stores(channel, "name", "etag", store_filter=every)
        if store.name.startswith(f"stores/{source}-")
    }
    in_file = {store_name(store.id) for store in found.stores}
    missing = {name: etag for name, etag in public.items() if name not in in_file}
    if planned.removed > len(missing):
        raise CommandError(
            f"--replace would remove {planned.removed - len(missing):,} private stores of "
            f"{source}, which no export has: nothing was changed. Import without --replace"
        )
    not_public = len(in_file - public.keys()) - planned.created - planned.rejected_count
    if not_public > 0:
        raise CommandError(
            f"{not_public:,} stores of the file are private in the service now, and would become "
            "public: nothing was changed. Export the stores again, or import without --replace"
        )
    return missing


def _check_removal(
    channel: grpc.Channel,
    planned: Uploaded,
    source: str,
    remove_up_to: int | None,
    *,
    dry_run: bool,
) -> None:
    before = planned.changed + planned.unchanged + planned.removed
    if not before and planned.created and not dry_run:
        others = known_sources(channel)
        if others:
            planned.kept = f"no store of source {source} is there yet; sources are {listed(others)}"
    most = int(before * MOST_SHARE_REMOVED) if remove_up_to is None else remove_up_to
    if planned.removed > most:
        text = (
            f"--replace would remove {planned.removed:,} of the {before:,} stores of {source}, "
            f"more than {most:,}: nothing was changed. If that is right, say "
            f"--remove-up-to {planned.removed}"
        )
        if not dry_run:
            raise CommandError(text)
        planned.kept = text


def known_sources(channel: grpc.Channel) -> dict[str, int]:
    """The sources of the stores in the service, with their number of stores."""
    counts: dict[str, int] = {}
    for store in islice(listed_stores(channel, "name"), MOST_LISTED):
        source, hyphen, _id = store.name.removeprefix("stores/").partition("-")
        if hyphen:
            counts[source] = counts.get(source, 0) + 1
    return counts


def listed_stores(
    channel: grpc.Channel, *fields: str, store_filter: stores_pb2.StoreFilter | None = None
) -> Iterator[stores_pb2.Store]:
    """Yields the public stores that a filter admits, with some of their fields."""
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    request = stores_pb2.ListStoresRequest(page_size=1000, store_filter=store_filter)
    request.read_mask.paths.extend(fields)
    while True:
        page = stub.ListStores(request, timeout=TIMEOUT_S)
        yield from page.stores
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return


def listed(sources: dict[str, int]) -> str:
    """Sources with their numbers of stores, the largest first."""
    ordered = sorted(sources.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{source} ({number:,})" for source, number in ordered[:20])
