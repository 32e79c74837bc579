"""Details that the error of a call carries."""

from typing import TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

MessageT = TypeVar("MessageT", bound=Message)


def violated_fields(error: grpc.aio.AioRpcError) -> list[str]:
    """The names of the fields that an error refuses."""
    request = detail(error, error_details_pb2.BadRequest())
    return [violation.field for violation in request.field_violations]


def detail(error: grpc.aio.AioRpcError, kind: MessageT) -> MessageT:
    """Fills `kind` with the detail of its type; leaves it empty when the error has none."""
    for packed in rpc_status.from_call(error).details:
        if packed.Is(kind.DESCRIPTOR):
            packed.Unpack(kind)
    return kind
