"""Divides messages into requests of a size that the services take."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from google.protobuf.message import Message

from services.chassis.serving.methods import BULK_REQUEST_BYTES

MOST_BYTES = BULK_REQUEST_BYTES - 1024
"""The largest message in a request; the rest is for the other fields of the request."""
BLOCK_BYTES = 512 * 1024
"""The size of a request, unless one message alone is larger."""
BLOCK_MESSAGES = 1000

MessageT = TypeVar("MessageT", bound=Message)


def too_large(message: Message) -> str:
    """Why a message fits into no request; empty if it does."""
    size = message.ByteSize()
    if size <= MOST_BYTES:
        return ""
    return f"{size / 2**20:,.1f} MiB, the services take {BULK_REQUEST_BYTES / 2**20:.1f} MiB"


def blocks(messages: Iterable[MessageT]) -> Iterator[list[MessageT]]:
    """The messages in lists of bounded size, in their order; none is larger than `MOST_BYTES`."""
    block: list[MessageT] = []
    size = 0
    for message in messages:
        added = message.ByteSize() + 8
        if block and (size + added > BLOCK_BYTES or len(block) == BLOCK_MESSAGES):
            yield block
            block, size = [], 0
        block.append(message)
        size += added
    if block:
        yield block
