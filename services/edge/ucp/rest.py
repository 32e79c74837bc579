"""UCP over REST: the routes, and errors in UCP's form."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import orjson
from google.rpc import code_pb2, status_pb2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.chassis.errors import InvalidArgument, ServiceError
from services.edge import problems
from services.edge.addresses import base_url
from services.edge.settings import EdgeSettings
from services.edge.ucp.capability import Locations
from services.edge.ucp.profile import metadata, profile

_CODES = {
    code_pb2.INVALID_ARGUMENT: ("invalid_request", "recoverable"),
    code_pb2.UNAVAILABLE: ("unavailable", "recoverable"),
    code_pb2.DEADLINE_EXCEEDED: ("unavailable", "recoverable"),
    code_pb2.RESOURCE_EXHAUSTED: ("rate_limited", "recoverable"),
}


def routes(edge: EdgeSettings) -> list[Route]:
    """The routes of the profile and of both operations."""

    async def ucp_profile(_: Request) -> Response:
        headers = {"cache-control": "public, max-age=300"}
        return JSONResponse(profile(base_url(edge)), headers=headers)

    return [
        Route("/.well-known/ucp", ucp_profile),
        Route("/ucp/locations/search", search_locations, methods=["POST"]),
        Route("/ucp/locations/lookup", lookup_locations, methods=["POST"]),
    ]


async def search_locations(request: Request) -> Response:
    """Answer a search."""
    locations: Locations = request.app.state.locations
    return await _answered(request, "search", locations.search)


async def lookup_locations(request: Request) -> Response:
    """Answer a lookup."""
    locations: Locations = request.app.state.locations
    return await _answered(request, "lookup", locations.lookup)


async def _answered(
    request: Request, operation: str, answer: Callable[[Any], Awaitable[dict[str, Any]]]
) -> Response:
    try:
        return JSONResponse(await answer(_json(await request.body())))
    except ServiceError as error:
        return _failure(operation, error.status(), [v.field for v in error.violations])
    except grpc.aio.AioRpcError as error:
        return _failure(operation, problems.of_call(error))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidArgument.field("request", "the body must be JSON") from None


def _failure(
    operation: str, status: status_pb2.Status, fields: list[str] | None = None
) -> Response:
    code, severity = _CODES.get(status.code, ("failed", "unrecoverable"))
    message: dict[str, Any] = {
        "type": "error",
        "code": code,
        "content": status.message or "the request failed",
        "severity": severity,
    }
    if fields and fields[0] != "request":
        message["path"] = f"$.{fields[0]}"
    body = {
        "ucp": metadata(operation, status="error"),
        "locations": [],
        "messages": [message],
    }
    return JSONResponse(body, problems.HTTP_STATUS.get(status.code, 500))
