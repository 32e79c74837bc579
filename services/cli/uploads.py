"""Sends the stores of a file to the service in blocks, and goes on after an interruption."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TypeAlias

import grpc
from rich.progress import Progress

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.importers import Import, Rejected
from geodata.stores import Store
from services.cli.channel import TIMEOUT_S, has_status
from services.cli.output import CommandError
from services.cli.stores import store_id, store_name
from services.directory.messages.stores import store_message

MESSAGE_BYTES = 512 * 1024
"""Half of the service's limit for a message, so that one more long store still fits."""
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
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)
"""Codes after which the same call may succeed."""

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

    def add(self, answer: stores_pb2.UpsertStoresResponse, start: int) -> None:
        """Add the answer for the stores from number `start` on."""
        self.created += answer.created_count
        self.changed += answer.changed_count
        self.unchanged += answer.unchanged_count
        self.removed += answer.removed_count
        self.rejected_count += answer.rejected_count
        for item in answer.rejected:
            raw = {"id": store_id(item.name)}
            number = start + item.index + 1
            self.rejected.append(Rejected(number, item.field, item.description, raw))


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
    if replace:
        checking = _Call(lambda: _replaced(stub, found, source, validate_only=True))
        planned.add(_patiently(checking, planned, found), 0)
        if found.is_export and planned.removed:
            _check_private(channel, found, planned, source)
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
        removing = _Call(lambda: _replaced(stub, found, source, validate_only=False))
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
    start = 0
    under_way: deque[_Call] = deque()

    def finish() -> None:
        nonlocal start
        call = under_way[0]
        others = sum(each.count for each in under_way) - call.count
        result.add(_patiently(call, result, found, others), start)
        under_way.popleft()
        start += call.count
        progress.advance(task, call.count)

    try:
        for block in blocks(found.stores):
            request = stores_pb2.UpsertStoresRequest(stores=block, validate_only=dry_run)
            begin = partial(_upsert, stub, request)
            under_way.append(_Call(begin, len(block)))
            if len(under_way) == AT_ONCE:
                finish()
        while under_way:
            finish()
    finally:
        for call in under_way:
            call.cancel()
    return result


def _upsert(
    stub: "stores_pb2_grpc.StoresServiceStub", request: stores_pb2.UpsertStoresRequest
) -> Answer:
    return stub.UpsertStores.future(iter([request]), timeout=BLOCK_TIMEOUT_S)


def blocks(stores: Iterable[Store]) -> Iterator[list[stores_pb2.Store]]:
    """The messages of stores in lists of bounded size."""
    block: list[stores_pb2.Store] = []
    size = 0
    for store in stores:
        message = store_message(store)
        if block and size + message.ByteSize() > MESSAGE_BYTES:
            yield block
            block, size = [], 0
        block.append(message)
        size += message.ByteSize() + 8
    if block:
        yield block


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
            if error.code() not in PASSING or (is_nobody and not result.written):
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


def _replaced(
    stub: "stores_pb2_grpc.StoresServiceStub", found: Import, source: str, *, validate_only: bool
) -> Answer:
    def requests() -> Iterator[stores_pb2.UpsertStoresRequest]:
        yield stores_pb2.UpsertStoresRequest(
            source=source, replace=True, validate_only=validate_only
        )
        for block in blocks(found.stores):
            yield stores_pb2.UpsertStoresRequest(stores=block)

    return stub.UpsertStores.future(requests(), timeout=STREAM_TIMEOUT_S)


def _only_source(found: Import) -> str:
    if len(found.sources) != 1:
        sources = ", ".join(sorted(found.sources)) or "none"
        raise CommandError(
            f"--replace needs stores of one source, the file has {sources}; say one by --source"
        )
    return next(iter(found.sources))


def _check_private(channel: grpc.Channel, found: Import, planned: Uploaded, source: str) -> None:
    """Refuse to remove private stores, which no export has: they would all be missing."""
    kept = {store_name(store.id) for store in found.stores}
    statuses = [value for value in stores_pb2.StoreStatus.values() if value]
    public = sum(
        name.startswith(f"stores/{source}-") and name not in kept
        for name in names(channel, stores_pb2.StoreFilter(statuses=statuses))
    )
    if planned.removed > public:
        raise CommandError(
            f"--replace would remove {planned.removed - public:,} private stores of {source}, "
            "which no export has: nothing was changed. Import without --replace"
        )


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
    for name in islice(names(channel), MOST_LISTED):
        source, hyphen, _id = name.removeprefix("stores/").partition("-")
        if hyphen:
            counts[source] = counts.get(source, 0) + 1
    return counts


def names(
    channel: grpc.Channel, store_filter: stores_pb2.StoreFilter | None = None
) -> Iterator[str]:
    """Yields the names of the public stores that a filter admits."""
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    request = stores_pb2.ListStoresRequest(page_size=1000, store_filter=store_filter)
    request.read_mask.paths.append("name")
    while True:
        page = stub.ListStores(request, timeout=TIMEOUT_S)
        yield from (store.name for store in page.stores)
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return


def listed(sources: dict[str, int]) -> str:
    """Sources with their numbers of stores, the largest first."""
    ordered = sorted(sources.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{source} ({number:,})" for source, number in ordered[:20])
