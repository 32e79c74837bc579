"""Sends the stores of a file to the services."""

from collections.abc import Callable, Iterator

import grpc

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.importers import Import
from services.directory.messages.stores import store_message

MESSAGE_BYTES = 512 * 1024
"""Half of the service's limit for a message, so that one more long store still fits."""
TIMEOUT_S = 3600.0


def upload(
    channel: grpc.Channel,
    found: Import,
    *,
    replace: bool = False,
    dry_run: bool = False,
    advance: Callable[[int], object] = lambda _: None,
) -> stores_pb2.UpsertStoresResponse:
    """Send the stores in messages of bounded size.

    Args:
        channel: of the services.
        found: the stores.
        replace: remove the source's stores that are not among them.
        dry_run: check and count, but change nothing.
        advance: called with the number of stores of each message that was sent.
    """
    source = next(iter(found.sources)) if len(found.sources) == 1 else ""

    def requests() -> Iterator[stores_pb2.UpsertStoresRequest]:
        request = stores_pb2.UpsertStoresRequest(
            source=source, replace=replace, validate_only=dry_run
        )
        size = 0
        for store in found.stores:
            message = store_message(store)
            size += message.ByteSize() + 8
            if size > MESSAGE_BYTES and request.stores:
                yield request
                advance(len(request.stores))
                request, size = stores_pb2.UpsertStoresRequest(), message.ByteSize()
            request.stores.append(message)
        yield request
        advance(len(request.stores))

    return stores_pb2_grpc.StoresServiceStub(channel).UpsertStores(requests(), timeout=TIMEOUT_S)
