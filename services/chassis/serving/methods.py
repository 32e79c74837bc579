"""The RPCs of a service, and the methods of its servicer that answer them.

A servicer has one method for each RPC, in snake case. It takes a request (or an asynchronous
iterator of them) and returns a response (or is an asynchronous generator of them). It may answer
bytes that are encoded already. `protos/generate.py` writes these types as a Protocol, so that mypy
holds a servicer against its contract. A servicer never sees the transport: it raises errors, and
finds the caller in `chassis.caller`. gRPC cancels a call at its deadline.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

BULK_REQUEST_BYTES = 1024 * 1024

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True)
class Method:
    """An RPC and the servicer method that answers it."""

    service: str
    """Full name, for example `enrayon.stores.v1.StoresService`."""
    name: str
    request_type: type[Message]
    function: Callable[[Any], Any]
    client_streaming: bool
    server_streaming: bool
    max_request_bytes: int
    is_long: bool

    @property
    def path(self) -> str:
        """Its path in HTTP/2."""
        return f"/{self.service}/{self.name}"


def bulk(function: Handler) -> Handler:
    """Mark a servicer method that takes requests of up to 1 MiB, as streams of requests are."""
    function.max_request_bytes = BULK_REQUEST_BYTES  # type: ignore[attr-defined]
    return function


def long(function: Handler) -> Handler:
    """Mark a servicer method that may compute for milliseconds: short calls go before it."""
    function.long = True  # type: ignore[attr-defined]
    return function


def endless(function: Handler) -> Handler:
    """Mark a servicer method whose stream ends with its client or with the server only."""
    function.endless = True  # type: ignore[attr-defined]
    return function


def methods_of(
    descriptor: ServiceDescriptor, servicer: object, max_request_bytes: int
) -> list[Method]:
    """Every RPC of a service, with the servicer's method for it.

    Raises:
        TypeError: naming the RPCs that the servicer does not have.
    """
    missing = [m.name for m in descriptor.methods if not hasattr(servicer, snake_case(m.name))]
    if missing:
        raise TypeError(f"{type(servicer).__name__} lacks {', '.join(missing)}")
    methods = []
    for rpc in descriptor.methods:
        function = getattr(servicer, snake_case(rpc.name))
        methods.append(
            Method(
                service=descriptor.full_name,
                name=rpc.name,
                request_type=GetMessageClass(rpc.input_type),
                function=function,
                client_streaming=rpc.client_streaming,
                server_streaming=rpc.server_streaming,
                max_request_bytes=getattr(
                    function,
                    "max_request_bytes",
                    BULK_REQUEST_BYTES if rpc.client_streaming else max_request_bytes,
                ),
                is_long=getattr(function, "long", False),
            )
        )
    return methods


def snake_case(name: str) -> str:
    """`FindNearestStores` as `find_nearest_stores`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
