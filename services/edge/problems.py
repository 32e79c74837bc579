"""Errors of the application as google.rpc.Status in JSON, like those of the services."""

import grpc
import structlog
from google.protobuf.json_format import MessageToDict
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.chassis.errors import Internal, ServiceError
from services.chassis.messages.statuses import HTTP_STATUS
from services.chassis.telemetry import correlation
from services.chassis.telemetry.logs import stack_of
from services.edge.envoy.local_replies import DOMAIN, REPLIES

DETAILS = error_details_pb2.DESCRIPTOR
"""Imported so that the JSON printer knows the type of every error detail."""

log = structlog.get_logger()


def of_call(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """The status of a failed call."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # it needs only this error's methods
    if status is not None:
        return status
    code, _ = error.code().value
    return status_pb2.Status(code=code, message=error.details() or "")


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """The reason of a failed call, such as PRODUCT_NOT_FOUND; empty if it has none."""
    info = error_details_pb2.ErrorInfo()
    return info.reason if any(detail.Unpack(info) for detail in of_call(error).details) else ""


def response(status: status_pb2.Status, http_status: int | None = None) -> JSONResponse:
    """The answer to a failed request, with the request id under which the logs have it."""
    if not any(detail.Is(error_details_pb2.RequestInfo.DESCRIPTOR) for detail in status.details):
        id = correlation.current_id()
        status.details.add().Pack(error_details_pb2.RequestInfo(request_id=id))
    body = MessageToDict(status)
    headers = {"retry-after": "1"} if status.code == code_pb2.UNAVAILABLE else None
    return JSONResponse(body, http_status or HTTP_STATUS.get(status.code, 500), headers)


def service_failed(_: Request, error: Exception) -> Response:
    """Answer with the error of a service."""
    assert isinstance(error, grpc.aio.AioRpcError)
    return response(of_call(error))


def refused(_: Request, error: Exception) -> Response:
    """Answer with an error of the application itself."""
    assert isinstance(error, ServiceError)
    return response(error.status())


def not_routed(_: Request, error: Exception) -> Response:
    """Answer an unknown path or method with the same error as Envoy."""
    assert isinstance(error, HTTPException)
    reply = REPLIES.get(error.status_code, REPLIES[400])
    message = reply.message.format(error.detail)
    status = status_pb2.Status(code=reply.code, message=message)
    info = error_details_pb2.ErrorInfo(reason=reply.reason, domain=DOMAIN)
    status.details.add().Pack(info)
    answer = response(status, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


def failed(_: Request, error: Exception) -> Response:
    """Log a bug without the error's text, which may quote the request; the client gets no text."""
    log.error("bug", error=type(error).__qualname__, stack=stack_of(error))
    return response(Internal("internal error").status())


HANDLERS = {
    grpc.aio.AioRpcError: service_failed,
    ServiceError: refused,
    HTTPException: not_routed,
    Exception: failed,
}
"""The `exception_handlers` of the Starlette application."""
