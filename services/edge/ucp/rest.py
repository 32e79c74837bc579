"""UCP over REST: the routes, and errors in UCP's form."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import grpc
import orjson
from google.rpc import code_pb2, error_details_pb2, status_pb2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.chassis.errors import InvalidArgument, ServiceError
from services.chassis.messages.statuses import HTTP_STATUS
from services.edge import problems
from services.edge.addresses import base_url
from services.edge.settings import EdgeSettings
from services.edge.ucp.capability import Locations
from services.edge.ucp.fulfillment import Fulfillment, NotFulfilled
from services.edge.ucp.platforms import HEADER, Incompatible, Platforms, Refused, agent_of_header
from services.edge.ucp.profile import LOOKUP, SEARCH, metadata, profile

_CODES = {
    code_pb2.INVALID_ARGUMENT: ("invalid_request", "recoverable"),
    code_pb2.UNAVAILABLE: ("unavailable", "recoverable"),
    code_pb2.DEADLINE_EXCEEDED: ("unavailable", "recoverable"),
    code_pb2.RESOURCE_EXHAUSTED: ("rate_limited", "recoverable"),
}
IDEMPOTENCY_KEY = "idempotency-key"
MAX_KEY = 100
_FIELDS = {"page_token": "pagination.cursor"}
"""Fields of calls to the services, as UCP names them."""

Answer = Callable[[Any], Awaitable[dict[str, Any]]]


def routes(edge: EdgeSettings, platforms: Platforms, *, has_stock: bool = True) -> list[Route]:
    """The routes of the profile, of both operations on locations, and of fulfilment."""
    door = Door(base_url(edge), platforms)

    async def ucp_profile(request: Request) -> Response:
        base = base_url(edge)
        if base:
            return JSONResponse(profile(base), headers={"cache-control": "public, max-age=300"})
        # The Host is the caller's word, so this answer is kept by nobody.
        here = f"{request.url.scheme}://{request.url.netloc}"
        return JSONResponse(profile(here), headers={"cache-control": "no-store"})

    async def search_locations(request: Request) -> Response:
        locations: Locations = request.app.state.locations
        return await door.answered(request, SEARCH, locations.search)

    async def lookup_locations(request: Request) -> Response:
        locations: Locations = request.app.state.locations
        return await door.answered(request, LOOKUP, locations.lookup)

    async def fulfillment_options(request: Request) -> Response:
        fulfillment: Fulfillment = request.app.state.fulfillment
        return await door.answered(request, "", fulfillment.options)

    async def fulfillment_complete(request: Request) -> Response:
        fulfillment: Fulfillment = request.app.state.fulfillment
        key = request.headers.get(IDEMPOTENCY_KEY, "")

        async def complete(body: Any) -> dict[str, Any]:
            if not 0 < len(key) <= MAX_KEY:
                raise InvalidArgument(
                    f"the header Idempotency-Key must have 1 to {MAX_KEY} characters"
                )
            return await fulfillment.complete(body, key)

        return await door.answered(request, "", complete)

    fulfilment = [
        Route("/ucp/fulfillment:options", fulfillment_options, methods=["POST"]),
        Route("/ucp/fulfillment:complete", fulfillment_complete, methods=["POST"]),
    ]
    return [
        *(fulfilment if has_stock else []),
        Route("/.well-known/ucp", ucp_profile),
        Route("/ucp/locations/search", search_locations, methods=["POST"]),
        Route("/ucp/locations/lookup", lookup_locations, methods=["POST"]),
    ]


class Door:
    """Answers requests of platforms that speak our version."""

    def __init__(self, base: str, platforms: Platforms) -> None:
        self._base = base
        self._platforms = platforms

    async def answered(self, request: Request, capability: str, answer: Answer) -> Response:
        """The answer of an operation, or its error."""
        try:
            await self._platforms.check(agent_of_header(request.headers.get(HEADER)), capability)
            return JSONResponse(await answer(_json(await request.body())))
        except Refused as refused:
            page = f"{self._base}/" if self._base else ""
            return JSONResponse(refused.body(page), refused.http_status)
        except Incompatible as outcome:
            return JSONResponse(outcome.body(f"{self._base}/" if self._base else ""))
        except NotFulfilled as outcome:
            return JSONResponse(error_response((), outcome.code, outcome.content, "recoverable"))
        except ServiceError as error:
            return failure(capability, error.status())
        except grpc.aio.AioRpcError as error:
            return failure(capability, problems.of_call(error))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidArgument.field("request", "the body must be JSON") from None


def failure(capability: str, status: status_pb2.Status) -> Response:
    """The answer to a failed request."""
    code, severity = _CODES.get(status.code, ("failed", "unrecoverable"))
    field = next(fields_of(status), "request")
    path = "" if field == "request" else f"$.{_FIELDS.get(field, field)}"
    capabilities = (capability,) if capability else ()
    content = status.message or "the request failed"
    body = error_response(capabilities, code, content, severity, path)
    return JSONResponse(body, HTTP_STATUS.get(status.code, 500))


def error_response(
    capabilities: Sequence[str], code: str, content: str, severity: str, path: str = ""
) -> dict[str, Any]:
    """An `error_response` with one message."""
    message = {"type": "error", "code": code, "content": content, "severity": severity}
    if path:
        message["path"] = path
    return {"ucp": metadata(*capabilities, status="error"), "messages": [message]}


def fields_of(status: status_pb2.Status) -> Iterator[str]:
    """Yields the fields that an error names."""
    bad = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Unpack(bad):
            yield from (violation.field for violation in bad.field_violations)
