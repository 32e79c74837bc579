"""Errors with which calls end."""

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


async def refusal(call: Any) -> tuple[grpc.StatusCode, str, list[str]]:
    """The code, the reason and the named fields of a call that must fail."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call
    status = rpc_status.from_call(failure.value)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        for message in (info, bad):
            if detail.Is(message.DESCRIPTOR):
                detail.Unpack(message)
    return failure.value.code(), info.reason, [v.field for v in bad.field_violations]
