"""Frames of gRPC-Web, as a browser sends and receives them (gRPC's `PROTOCOL-WEB.md`)."""

import struct
from collections.abc import Iterator

HEADERS = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
TRAILERS = 0x80
"""Flag of the frame with the trailers."""


def framed(message: bytes) -> bytes:
    """The body of a request with one message."""
    return struct.pack(">BI", 0, len(message)) + message


def frames(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The frames of a body: flags and content."""
    while body:
        flags, length = struct.unpack(">BI", body[:5])
        yield flags, body[5 : 5 + length]
        body = body[5 + length :]


def messages(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The messages of an answer as its chunks arrive."""
    received = b""
    for chunk in chunks:
        received += chunk
        while len(received) >= 5 and len(received) >= (end := 5 + int.from_bytes(received[1:5])):
            if not received[0] & TRAILERS:
                yield received[5:end]
            received = received[end:]
